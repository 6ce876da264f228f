"""Settings in the INI format: sections and keys, of which each value is a text.

``[db.pool]`` is a table in a table, and keys above any section are the root's. Nothing is interpolated, no section
is the default of the others, and a key keeps its case.
"""

import configparser
import io
from collections.abc import Iterator
from typing import Any, cast

import attrs

from rostra.config.formats.content import TOO_DEEP, Keys, Said, UnreadableError, mistake, the_first
from rostra.config.text import DEEPEST, Text
from rostra.errors import Mistake

_ROOT = "\0"
_NO_DEFAULTS = "\0\0"


class _Key(str):
    """A key that knows its line."""

    __slots__ = ("line",)

    line: int


class _Lines:
    """The lines of a text below a header for what stands above the first one, and how far they have been read."""

    def __init__(self, content: str) -> None:
        self._lines = io.StringIO(content, newline=None)
        self.line = 0

    def __iter__(self) -> Iterator[str]:
        yield f"[{_ROOT}]\n"
        for line in self._lines:
            self.line += 1
            yield line


class _Parser(configparser.RawConfigParser):
    """A parser that remembers on which line each section and each key stands."""

    def __init__(self, lines: _Lines) -> None:
        self._begins: list[int] = []
        self._text = lines
        super().__init__(
            dict_type=cast("type[dict[str, str]]", self._section),  # it is only ever called
            default_section=_NO_DEFAULTS,
            empty_lines_in_values=False,
        )
        self._begins.clear()  # what it makes before it reads are no sections

    def _section(self) -> dict[str, Any]:
        self._begins.append(self._text.line)
        return {}

    def optionxform(self, optionstr: str) -> str:
        key = _Key(optionstr)
        key.line = self._text.line
        return key

    def begins(self) -> dict[str, int]:
        """The line of each section's header."""
        return dict(zip(self.sections(), self._begins, strict=True))

    def line_of(self, section: str, key: str) -> int:
        """The line on which a key stands for the first time."""
        return next(_line(each) for each in self.options(section) if each == key)


def _line(key: str) -> int:
    return key.line if isinstance(key, _Key) else 0


def ini(content: str, name: str) -> Said:
    """What a text in the INI format says.

    Raises:
        UnreadableError: Lines are no such thing, or something stands twice.
    """
    if "\0" in content:
        raise UnreadableError(mistake(name, "holds binary data, not text"))
    lines = _Lines(content)
    parser = _Parser(lines)
    try:
        parser.read_file(lines)
    except configparser.DuplicateSectionError as error:
        twice = f"the same section stands in line {parser.begins()[error.section]}"
        wrong = [mistake(name, twice, lines.line)]
    except configparser.DuplicateOptionError as error:
        twice = f"the same key stands in line {parser.line_of(error.section, error.option)}"
        wrong = [mistake(name, twice, lines.line)]
    except configparser.ParsingError as error:
        reason = "expected [section] or key = value"
        wrong = list(the_first((mistake(name, reason, line - 1) for line, _ in error.errors), name))
    else:
        return _said(parser, name)
    raise UnreadableError(*wrong)


def _said(parser: _Parser, name: str) -> Said:
    tree = _Tree(name)
    for section, line in parser.begins().items():
        path = () if section == _ROOT else tuple(part.strip() for part in section.split("."))
        table = tree.table(path, line)
        for key, value in parser.items(section):
            tree.put(table, path, key, value)
    if tree.mistakes:
        raise UnreadableError(*the_first(tree.mistakes, name))
    return Said(tree.values, lambda path: tree.lines.get(path))  # noqa: PLW0108  (get takes more than a path)


@attrs.define(eq=False)
class _Tree:
    """Tables within tables that grow.

    Args:
        name: The file's.
        values: The outermost table.
        lines: Where each value and table stands.
        mistakes: What cannot stand there.
    """

    name: str
    values: dict[str, Any] = attrs.field(factory=dict)
    lines: dict[Keys, int] = attrs.field(factory=dict)
    mistakes: list[Mistake] = attrs.field(factory=list)

    def table(self, path: Keys, line: int) -> dict[str, Any]:
        """The table of a section; one that belongs nowhere if it cannot stand there."""
        if not all(path) or len(path) > DEEPEST:
            reason = TOO_DEEP if all(path) else "a section has no name beside a dot"
            self.mistakes.append(mistake(self.name, reason, line))
            return {}
        table = self.values
        for end in range(1, len(path) + 1):
            inner = table.setdefault(str(path[end - 1]), {})
            if not isinstance(inner, dict):
                self.twice(path[:end], line)
                return {}
            table = inner
            self.lines.setdefault(path[:end], line)
        return table

    def put(self, table: dict[str, Any], section: Keys, key: str, value: str) -> None:
        """A value under its key."""
        path, line = (*section, str(key)), _line(key)
        if key in table:
            self.twice(path, line)
            return
        table[str(key)] = Text(value)
        self.lines[path] = line

    def twice(self, path: Keys, line: int) -> None:
        self.mistakes.append(mistake(self.name, f"the same name stands in line {self.lines[path]}", line))
