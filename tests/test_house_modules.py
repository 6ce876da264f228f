"""How our modules are written: no circles, annotations that can be read at run time, exceptions that are explained."""

import ast
import graphlib
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import house
import pytest

LONGEST = {"source": 400, "tests": 600}
EXEMPTION = re.compile(r"#\s*(noqa|type:\s*ignore|pyright:\s*ignore)")
CODES = re.compile(r"(?:noqa:\s*|ignore\[)(?P<codes>[\w\-, ]*\w)")


@pytest.mark.parametrize("package", sorted(house.packages()))
def test_no_module_needs_itself_not_even_inside_a_function(package: str) -> None:
    needs = {
        module.name: set(needed(module)) for module in house.modules().values() if module.package == package
    }

    try:
        graphlib.TopologicalSorter(needs).prepare()
        circle = []
    except graphlib.CycleError as error:
        circle = error.args[1]

    assert circle == []


def needed(module: house.Module) -> Iterator[str]:
    """The modules of ours that this one imports."""
    for _, origin, name in module.imports():
        if f"{origin}.{name}" in house.modules():
            yield f"{origin}.{name}"
        elif origin in house.modules():
            yield origin


@pytest.mark.parametrize("rule", ["TYPE_CHECKING", "from __future__ import annotations", "unittest.mock"])
def test_no_file_of_ours_uses(rule: str) -> None:
    used = [
        f"{path.relative_to(house.ROOT)}:{line}"
        for path in house.python_files()
        for line, what in forbidden(ast.parse(path.read_text()))
        if what == rule
    ]

    assert used == []


def forbidden(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Where a file does what makes annotations unreadable at run time, or mocks."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
                yield node.lineno, "TYPE_CHECKING"
            case ast.ImportFrom(module="__future__", names=names) if any(
                n.name == "annotations" for n in names
            ):
                yield node.lineno, "from __future__ import annotations"
            case ast.ImportFrom(module="unittest.mock") | ast.Import(names=[ast.alias(name="unittest.mock")]):
                yield node.lineno, "unittest.mock"
            case ast.ImportFrom(module="unittest", names=names) if any(n.name == "mock" for n in names):
                yield node.lineno, "unittest.mock"


def test_each_exemption_from_a_rule_names_it_and_its_reason_once_in_the_file() -> None:
    unexplained = [
        f"{path.relative_to(house.ROOT)}:{line}: {what}"
        for path in house.python_files()
        for line, what in unexplained_exemptions(path)
    ]

    assert unexplained == []


def unexplained_exemptions(path: Path) -> Iterator[tuple[int, str]]:
    """Comments that silence a tool without a code, or with one that has no reason anywhere in the file."""
    explained: set[str] = set()
    first_use: dict[str, int] = {}
    with path.open("rb") as file:
        comments = [token for token in tokenize.tokenize(file.readline) if token.type == tokenize.COMMENT]
    for comment in comments:
        if not EXEMPTION.search(comment.string):
            continue
        found = CODES.search(comment.string)
        codes = re.findall(r"[\w\-]+", found["codes"]) if found else ["no code"]
        for code in codes:
            first_use.setdefault(code, comment.start[0])
        is_test = "tests" in path.parts  # a test's name says why
        if found and (is_test or re.search(r"\w", comment.string[found.end() :])):
            explained |= set(codes)
    yield from ((line, code) for code, line in first_use.items() if code not in explained)


@pytest.mark.parametrize("kind", LONGEST)
def test_no_file_is_longer_than_a_reader_can_hold(kind: str) -> None:
    paths = [path for path in house.python_files() if (kind == "tests") == ("tests" in path.parts)]

    lengths = {str(path.relative_to(house.ROOT)): len(path.read_text().splitlines()) for path in paths}

    assert {path: lines for path, lines in lengths.items() if lines > LONGEST[kind]} == {}
