"""What stands in the tree: versions that agree, examples that run, nothing that holds on one machine only."""

import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import house
import pytest

# Put together here, so that this file does not contain what it looks for.
OF_ONE_MACHINE = re.compile(
    "|".join(
        [
            r"(?<![\w.])/" + "(?:root|home|Users|work|opt)/",
            "file:" + "//",
            "(?:extra-)?index" + "-url",
            "find" + "-links",
            "PIP_" + r"\w+|UV_(?:DEFAULT_)?INDEX",
            r"pypi\.org" + "/simple|pythonhosted" + r"\.org",
        ]
    )
)


def project(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "pyproject.toml").read_text())["project"]


PLUGINS = sorted(path.parent for path in house.ROOT.glob("plugins/*/pyproject.toml"))


def test_each_folder_of_plugins_is_a_distribution_with_a_readme_and_tests() -> None:
    folders = [path for path in (house.ROOT / "plugins").iterdir() if path.is_dir()]

    incomplete = [
        f"{folder.name}: {part}"
        for folder in folders
        for part in ("pyproject.toml", "README.rst", "src", "tests")
        if not (folder / part).exists()
    ]

    assert incomplete == []


@pytest.mark.parametrize("folder", PLUGINS, ids=lambda folder: folder.name)
def test_a_plugin_has_the_cores_version_and_needs_exactly_that(folder: Path) -> None:
    version = project(house.ROOT)["version"]

    plugin = project(folder)

    assert plugin["version"] == version
    assert plugin["name"] == folder.name
    assert {f"rostra=={version}", f"rostra[json]=={version}"} & {*plugin["dependencies"]}
    ours = [each for each in plugin["dependencies"] if re.match(r"rostra\b", each)]
    assert [each for each in ours if not each.endswith(f"=={version}")] == []


def test_nothing_in_the_repository_holds_on_one_machine_or_behind_one_index_only() -> None:
    telling = [path for path in (house.ROOT, Path.home(), Path(sys.base_prefix)) if len(path.parts) > 2]
    here = re.compile("|".join(re.escape(str(path)) for path in telling) or "(?!)")

    found = []
    for path in house.files():
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1):
            if OF_ONE_MACHINE.search(line) or here.search(line):
                found.append(f"{path.relative_to(house.ROOT)}:{number}: {line.strip()}")

    assert found == []


def test_each_example_is_run_by_a_test() -> None:
    examples = [
        path
        for path in (house.ROOT / "examples").iterdir()
        if any(path in file.parents or file == path for file in house.python_files())
    ]

    untested = [path.name for path in examples if not any(path.rglob("test_*.py"))]

    assert untested == []


def test_no_folder_of_tests_is_a_package() -> None:
    packages = [path for path in house.python_files() if path.name == "__init__.py" and "tests" in path.parts]

    assert packages == []
