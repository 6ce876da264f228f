"""On which line of a file in TOML a value stands: known for every value of every document, or not told at all."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rostra.config.formats import Said, UnreadableError, settings_in
from rostra.config.formats.toml_lines import lines_of

KEYS = ("k{}", "1{}", '"k {}"', "'k.{}#['", r'"\"k\u00e9]{} ="', '"é=\\t{}"', "-_{}")
SCALARS = (
    "1", "-0.5e3", "true", "1979-05-27 07:32:00", "1979-05-27T07:32:00.5Z", "07:32:00", "inf", "0xFF", "1_000",
    '""', "''", '""""""', "''''''", '"a # [b] = {"', r'"\"]\\"', r"'C:\'", "'\"\"\"'", '"\'\'\'"',
    '"""\n[a]\nb = "c"\n"""', '"""x""\\"" \\\n   y"""""', "'''\n# ''a'' \\\n'''", "''''a'''''", '"""\\\\"""',
)  # fmt: skip
COMMENTS = ("", " # [a.b]", ' # x = """', "\t# ''' \"", " #", ' # ]}"\\')


@attrs.define
class Writer:
    """A document that is written piece by piece, and the line of each value in it."""

    draw: Any
    text: str = ""
    lines: dict[tuple[Any, ...], int] = attrs.field(factory=dict)
    tables: list[tuple[list[str], tuple[Any, ...]]] = attrs.field(factory=lambda: [([], ())])
    arrays: dict[tuple[Any, ...], tuple[list[str], int]] = attrs.field(factory=dict)
    count: int = 0

    def line(self) -> int:
        return self.text.count("\n") + 1

    def one_of(self, options: Any) -> Any:
        return self.draw(st.sampled_from(tuple(options)))

    def number(self, most: int) -> int:
        number: int = self.draw(st.integers(0, most))
        return number

    def new_key(self) -> tuple[str, str]:
        """A key that nobody else has, as it is written and as it is read."""
        self.count += 1
        written = self.one_of(KEYS).format(self.count)
        (read,) = tomllib.loads(f"{written} = 1")
        return written, read

    def document(self) -> None:
        self.entries(())
        for _ in range(self.number(4)):
            self.gap()
            self.header()

    def gap(self) -> None:
        self.text += "".join(f"{self.one_of(('', '  '))}{each}\n" for each in self.some(COMMENTS, 2))

    def some(self, options: Any, most: int) -> list[Any]:
        return [self.one_of(options) for _ in range(self.number(most))]

    def header(self) -> None:
        if self.arrays and self.number(1):
            path = self.one_of(self.arrays)
            written, size = self.arrays[path]
            self.one_more(path, written, size)
            return
        written, path = self.one_of(self.tables)
        for _ in range(self.number(1) + 1):
            key, read = self.new_key()
            written, path = [*written, key], (*path, read)
            self.lines[path] = self.line()
        if self.number(1):
            self.one_more(path, written, 0)
        else:
            self.text += f"[{self.one_of(('.', ' . ')).join(written)}]{self.one_of(COMMENTS)}\n"
            self.tables.append((written, path))
            self.entries(path)

    def one_more(self, path: tuple[Any, ...], written: list[str], size: int) -> None:
        """One more table of an array; those before it are out of reach from now on."""
        self.tables = [each for each in self.tables if each[1][: len(path)] != path]
        self.arrays = {each: how for each, how in self.arrays.items() if each[: len(path)] != path}
        self.arrays[path] = (written, size + 1)
        self.lines[*path, size] = self.line()
        self.text += f"[[ {'.'.join(written)}]]{self.one_of(COMMENTS)}\n"
        self.tables.append((written, (*path, size)))
        self.entries((*path, size))

    def entries(self, table: tuple[Any, ...]) -> None:
        for _ in range(self.number(3)):
            self.gap()
            self.text += self.one_of(("", "\t"))
            self.entry(table, 2)
            self.text += f"{self.one_of(COMMENTS)}\n"

    def entry(self, table: tuple[Any, ...], depth: int) -> None:
        path = table
        keys = [self.new_key() for _ in range(self.number(2) + 1)]
        for _, read in keys:
            path = (*path, read)
            self.lines[path] = self.line()
        self.text += ".".join(written for written, _ in keys) + self.one_of((" = ", "="))
        self.value(path, depth)

    def value(self, path: tuple[Any, ...], depth: int) -> None:
        kind = self.number(3) if depth else 0
        if kind == 1:
            self.array(path, depth)
        elif kind == 2:
            self.inline_table(path, depth)
        else:
            self.text += self.one_of(SCALARS)

    def array(self, path: tuple[Any, ...], depth: int) -> None:
        self.text += "["
        size = self.number(3)
        for index in range(size):
            self.text += self.one_of(("", " ", "\n", " # ],\n"))
            self.lines[*path, index] = self.line()
            self.value((*path, index), depth - 1)
            self.text += self.one_of(("", "\n")) + ("," if index < size - 1 or self.number(1) else "")
        self.text += self.one_of(("", " ", '\n# "\n')) + "]"

    def inline_table(self, path: tuple[Any, ...], depth: int) -> None:
        self.text += "{ "
        for index in range(self.number(2)):
            self.text += ", " if index else ""
            self.entry(path, depth - 1)
        self.text += " }"


@st.composite
def documents(draw: Any) -> Writer:
    writer = Writer(draw)
    writer.document()
    return writer


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield (*path, key)
        yield from paths(part, (*path, key))


@given(documents(), st.booleans())
def test_the_line_of_every_value_is_the_one_where_it_was_written(written: Writer, is_dos: bool) -> None:
    text = written.text.replace("\n", "\r\n") if is_dos else written.text
    values = tomllib.loads(text)

    lines = lines_of(text, values)

    assert lines == {path: written.lines[path] for path in paths(values)}


PIECES = [
    *"[]{}.=,#\n'\"\\ a1",
    '"""',
    "'''",
    "[[a]]\n",
    "[a.b]\n",
    "a = [",
    "a.b = {",
    "x = 1\n",
    "]\n",
    "}\n",
]


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_whatever_is_read_as_toml_has_lines_for_all_values_in_the_order_of_a_reader(text: str) -> None:
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return

    lines = lines_of(text, values)

    assert lines.keys() == set(paths(values))
    rows = text.split("\n")
    for path, line in lines.items():
        key = next((part for part in reversed(path) if isinstance(part, str)), "")
        assert isinstance(path[-1], int) or key in rows[line - 1]


def said_by(tmp_path: Path, text: str) -> Said:
    file = tmp_path / "config.toml"
    file.write_text(text)
    ((name, said),) = settings_in(file)
    assert name == str(file)
    return said


def test_a_file_says_its_values_and_on_which_lines(tmp_path: Path) -> None:
    said = said_by(tmp_path, '# ours\ndebug = true\n\n[db]\nhosts = [\n  "a",\n  "b",\n]\npool.size = 3\n')

    assert said.values == {"debug": True, "db": {"hosts": ["a", "b"], "pool": {"size": 3}}}
    assert said.lines(("debug",)) == 2
    assert said.lines(("db",)) == 4
    assert said.lines(("db", "hosts")) == 5
    assert said.lines(("db", "hosts", 1)) == 7
    assert said.lines(("db", "pool", "size")) == 9
    assert said.lines(("db", "url")) is None


def test_what_a_file_says_shows_no_value(tmp_path: Path) -> None:
    said = said_by(tmp_path, 'password = "hunter2"\n')

    assert "hunter2" not in repr(said)


def test_lines_are_not_told_for_values_that_the_text_does_not_have() -> None:
    assert lines_of("a = 1\n", {"b": 1}) == {}
    assert lines_of("a ! 1\n", {"a": 1}) == {}


@pytest.mark.parametrize(
    "key", [".".join("a" * 40_000), '[x]\n"b" . ' + " . ".join(["'a'"] * 100), "a = {" + ".".join("a" * 99)]
)
def test_a_key_of_very_many_parts_is_refused_at_once(tmp_path: Path, key: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        said_by(tmp_path, f"first = 1\n{key} = 1\n")

    (mistake,) = caught.value.mistakes
    assert mistake.reason == "nested deeper than 64 tables"
    assert re.fullmatch(r".*config\.toml:\d", mistake.setting)


def test_a_string_may_hold_as_many_dots_as_it_likes(tmp_path: Path) -> None:
    text = ".".join("a" * 500)

    assert said_by(tmp_path, f'a = """{text}"""\n').values == {"a": text}
