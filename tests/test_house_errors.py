"""Every error is shown in the documentation with the text that it really has, and survives pickling."""

import importlib
import pickle
import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import house
import pytest

from rostra.errors import RostraError

PAGES = (*(house.ROOT / "docs/reference/errors").glob("*.rst"), *house.ROOT.glob("plugins/*/README.rst"))
SAMPLE_FILES = (
    house.ROOT / "tests/shared/error_samples.py",
    *sorted(house.ROOT.glob("plugins/*/tests/error_samples.py")),
)
SAMPLES: list[RostraError] = [
    sample for file in SAMPLE_FILES for sample in runpy.run_path(str(file))["SAMPLES"]
]
SAY_IT_LINE_BY_LINE = {"ConfigError"}
BLOCK = re.compile(
    r"(?P<indent> *)\.\. code-block:: text\n\n(?P<text>(?:(?P=indent) {3}.*\n| *\n)+)", re.MULTILINE
)


def shown(page: Path) -> Iterator[tuple[str, str]]:
    """The names of errors and the texts that a page shows for them: ``Name: what went wrong`` and so on."""
    for block in BLOCK.finditer(page.read_text() + "\n"):
        margin = len(block["indent"]) + 3
        text = "\n".join(line[margin:] for line in block["text"].rstrip().split("\n"))
        if name := re.match(r"\w+(?=: )", text):
            yield name[0], text


SHOWN = {name: text for page in PAGES for name, text in shown(page)}


def error_classes() -> set[type[RostraError]]:
    """Every error of the core and the plugins that says something itself."""
    for module in house.modules().values():
        if "errors" in module.name or any("errors" in origin for _, origin, _ in module.imports()):
            importlib.import_module(module.name)
    return {cls for cls in descendants(RostraError) if cls.__module__.partition(".")[0] in house.packages()}


def descendants(cls: type[RostraError]) -> Iterator[type[RostraError]]:
    for child in cls.__subclasses__():
        if child.wording is not RostraError.wording:
            yield child
        yield from descendants(child)


def test_there_is_one_sample_of_each_error() -> None:
    sampled = [type(sample).__name__ for sample in SAMPLES]

    assert sorted(sampled) == sorted(cls.__name__ for cls in error_classes())


def test_the_documentation_shows_each_error_and_no_other() -> None:
    existing = {cls.__name__ for cls in error_classes()}

    assert {name for name in SHOWN if name in existing or name.endswith("Error")} == existing


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: type(sample).__name__)
def test_the_documentation_shows_the_whole_text(sample: RostraError) -> None:
    name = type(sample).__name__

    assert SHOWN[name] == f"{name}: {sample}"


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: type(sample).__name__)
def test_an_error_survives_its_way_from_a_worker(sample: RostraError) -> None:
    sample.add_note("in the plugin orders")

    arrived = pickle.loads(pickle.dumps(sample))

    assert type(arrived) is type(sample)
    assert str(arrived) == str(sample)
    assert arrived.__notes__ == ["in the plugin orders"]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: type(sample).__name__)
def test_an_error_is_also_a_builtin_and_tells_what_to_do(sample: RostraError) -> None:
    builtins = [
        cls for cls in type(sample).__mro__ if issubclass(cls, Exception) and cls.__module__ == "builtins"
    ]

    assert builtins[0] is not Exception
    assert "to fix" in str(sample) or type(sample).__name__ in SAY_IT_LINE_BY_LINE
    assert "\n" not in sample.wording().what
