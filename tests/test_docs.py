"""What the documentation shows is run: blocks of Python in pages and READMEs, doctests, and docs/examples.

The blocks of one page run in order, in one folder. A block is a file if its caption is a name, if its first line is a
comment with one (``# greeter.py``), or, as READMEs know no captions, if the paragraph before it ends in one and a colon:
it is saved and, if it is Python, imported. Any other block of Python is a program of its own, or a test if it has one.
"""

import doctest
import importlib
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import attrs
import house
import mistakes
import pytest

BLOCK = re.compile(
    r"^(?P<indent> *)\.\. code-block:: (?P<language>\w+)\n"
    r"(?P<options>(?:(?P=indent) +:.*\n)*)"
    r"\s*\n"
    r"(?P<text>(?:(?P=indent) {3,}.*\n|[ \t]*\n)+)",
    re.MULTILINE,
)
NAME = r"(?P<name>[\w./-]+\.(?:py|toml|json|ini|env))"
FILE_COMMENT = re.compile(rf"# {NAME}\b")
FILE_PARAGRAPH = re.compile(rf"``{NAME}``:$")
FILE_CAPTION = re.compile(rf":caption: {NAME}$", re.MULTILINE)
PAGES = [
    path
    for path in house.files()
    if path.suffix == ".rst" and ("docs" in path.parts or path.name == "README.rst")
]
PROGRAMS = sorted((house.ROOT / "docs/examples").glob("*.py"))


@attrs.frozen
class Block:
    """A block of code: its language, its text, and the file that it is, if it is one."""

    language: str
    text: str
    name: str | None


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of a page that are files or programs."""
    source = page.read_text() + "\n"
    for found in BLOCK.finditer(source):
        before = source[: found.start()].rstrip()
        text = textwrap.dedent(found["text"]).strip() + "\n"
        named = (
            FILE_CAPTION.search(found["options"]) or FILE_COMMENT.match(text) or FILE_PARAGRAPH.search(before)
        )
        if named or found["language"] == "python":
            yield Block(found["language"], text, named["name"] if named else None)


def test_blocks_are_found_with_their_names(tmp_path: Path) -> None:
    page = tmp_path / "page.rst"
    page.write_text(
        textwrap.dedent("""
            ``hello.py``:

            .. code-block:: python
               :emphasize-lines: 1

               a = 1

               b = 2

            Its settings:

            .. code-block:: toml

               # config.toml
               c = 3

            - In a list:

              .. code-block:: python

                 print(a)

              .. code-block:: python
                 :caption: greeter.py

                 import hello

            .. code-block:: console

               $ ls
        """)
    )

    found = list(blocks(page))

    assert found == [
        Block("python", "a = 1\n\nb = 2\n", "hello.py"),
        Block("toml", "# config.toml\nc = 3\n", "config.toml"),
        Block("python", "print(a)\n", None),
        Block("python", "import hello\n", "greeter.py"),
    ]


def run(folder: Path, *arguments: str) -> None:
    """Run Python in this folder, where a warning is an error; what it prints is shown if it fails."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "page", [page for page in PAGES if list(blocks(page))], ids=lambda page: str(page.relative_to(house.ROOT))
)
def test_the_code_of_a_page_runs(page: Path, tmp_path: Path) -> None:
    for number, block in enumerate(blocks(page)):
        is_test = re.search(r"^(async )?def test_", block.text, re.MULTILINE)
        name = block.name or f"{'test_' if is_test else ''}block_{number}.py"
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text)
        if block.language != "python":
            continue
        if is_test:
            run(tmp_path, "-m", "pytest", "-q", "-o", "asyncio_default_fixture_loop_scope=function", name)
        elif block.name:
            run(tmp_path, "-c", f"import {block.name.removesuffix('.py').replace('/', '.')}")
        else:
            run(tmp_path, name)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
def test_a_program_that_pages_include_runs(program: Path, tmp_path: Path) -> None:
    run(tmp_path, str(program))


def test_each_program_is_included_by_a_page() -> None:
    included = {
        name for page in PAGES for name in re.findall(r"literalinclude:: .*/([\w-]+\.py)", page.read_text())
    }

    assert {program.name for program in PROGRAMS} - included == set()


def test_the_examples_of_docstrings_are_true() -> None:
    with_examples = [name for name, module in house.modules().items() if ">>> " in module.path.read_text()]

    results = {name: doctest.testmod(importlib.import_module(name)) for name in with_examples}

    assert [name for name, result in results.items() if result.failed or not result.attempted] == []


def test_the_sessions_of_pages_are_true() -> None:
    with_sessions = [page for page in PAGES if ">>> " in page.read_text()]

    results = {page: doctest.testfile(str(page), module_relative=False) for page in with_sessions}

    assert [page for page, result in results.items() if result.failed or not result.attempted] == []


@pytest.mark.parametrize(("command", "shown"), mistakes.sessions(), ids=lambda text: text.split("\n")[0])
def test_a_mistake_is_told_as_the_documentation_shows_it(command: str, shown: str) -> None:
    assert mistakes.printed_by(command) == shown, "python tests/shared/mistakes.py writes the page anew"


def test_each_mistake_is_shown() -> None:
    shown = re.findall(r"mistakes/(\w+)\.py", mistakes.PAGE.read_text())

    assert {path.stem for path in mistakes.PROGRAMS.glob("*.py")} - {"billing"} == set(shown)
    assert len(mistakes.sessions()) == len(shown)
