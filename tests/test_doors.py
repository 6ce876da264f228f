"""Front doors that open on demand offer what their stubs say, and nothing that a module's name would hide."""

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import house
import pytest

from rostra import doors, errors

STUBS = {
    ".".join(path.relative_to(root).parent.parts): path
    for root in house.SOURCE_ROOTS
    for path in sorted(root.rglob("__init__.pyi"))
}


def says(stub: Path) -> Iterator[tuple[str, str]]:
    """The module and the name of each import in a stub that is also an export (PEP 484): ``from here import this as this``."""
    for node in ast.parse(stub.read_text()).body:
        if isinstance(node, ast.ImportFrom):
            assert node.module is not None, stub
            yield from ((node.module, alias.name) for alias in node.names if alias.asname == alias.name)


@pytest.mark.parametrize("door", STUBS)
def test_a_door_offers_what_its_stub_says(door: str) -> None:
    module = importlib.import_module(door)
    offered = {name: getattr(importlib.import_module(home), name) for home, name in says(STUBS[door])}

    found = {name: getattr(module, name) for name in house.public_names(door)}

    assert found.keys() >= offered.keys()
    assert [name for name, item in offered.items() if found[name] is not item] == []


@pytest.mark.parametrize("door", STUBS)
def test_no_name_that_is_asked_for_is_hidden_by_a_module(door: str) -> None:
    module = importlib.import_module(door)
    on_demand = {name for names in getattr(module, "_HOMES", {}).values() for name in names}

    assert on_demand & {path.stem for path in STUBS[door].parent.iterdir()} == set()


def test_a_name_that_is_not_there_is_an_attribute_error_like_any_other() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'ConfgError'") as caught:
        errors.ConfgError  # type: ignore[attr-defined]  # noqa: B018

    assert caught.value.obj is errors
    with pytest.raises(ImportError):
        from rostra.errors import ConfgError  # type: ignore[attr-defined]  # noqa: F401


def test_a_door_knows_what_it_offers() -> None:
    assert set(errors.__all__) <= {*dir(errors)}


def test_what_nobody_asks_for_is_not_imported() -> None:
    program = (
        "import sys; from rostra import errors; errors.ConfigError;"
        "print(*sorted(name for name in sys.modules if name.startswith('rostra.errors.')))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout.split() == ["rostra.errors.base", "rostra.errors.config"]


def test_what_was_asked_for_is_an_attribute_from_then_on() -> None:
    find, _ = doors.on_demand("rostra.errors", {"config": ("ConfigError",)})

    assert find("ConfigError") is vars(errors)["ConfigError"]
