"""Settings in the INI format: sections and keys, of which each value is a text.

What a line means is what ``configparser`` says, which is not used: it does not tell lines, and its time and memory grow
with the square of what is wrong. ``[db.pool]`` is a table in a table, and keys above any section are the root's.
Nothing is interpolated, no section is the default of the others, a key keeps its case, and a value ends with an empty
line or a comment.
"""

import io
import sys
from typing import Any

from rostra.config.formats.content import MOST_MISTAKES, TOO_DEEP, Keys, Said, mistake, the_first
from rostra.config.tree import DEEPEST, Text
from rostra.config.unreadable import UnreadableError
from rostra.errors import Mistake


def ini(content: str, name: str) -> Said:
    """What a text in the INI format says.

    Raises:
        UnreadableError: Lines are no such thing, or something stands twice: all that is wrong.
    """
    if "\0" in content:
        raise UnreadableError(mistake(name, "holds binary data, not text"))
    reading = _Reading(name)
    for line in io.StringIO(content, newline=None):
        reading.take(line)
        if len(reading.mistakes) > MOST_MISTAKES:
            break
    reading.end_value()
    if reading.mistakes:
        raise UnreadableError(*the_first(reading.mistakes, name))
    lines = reading.lines
    return Said(reading.values, lambda path: lines.get(path))  # noqa: PLW0108  (get takes more than a path)


class _Reading:
    """How far a text has been read.

    Args:
        name: The file's.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.values: dict[str, Any] = {}
        self.lines: dict[Keys, int] = {}
        self.mistakes: list[Mistake] = []
        self._line = 0
        self._sections: dict[Keys, int] = {}
        self._place: Keys = ()
        self._table = self.values
        self._key = ""
        self._value: list[str] = []
        self._indent = sys.maxsize
        """Of the key above: a line that stands further to the right goes on with its value."""

    def take(self, line: str) -> None:
        """Read one more line."""
        self._line += 1
        text = line.strip()
        indent = len(line) - len(line.lstrip())
        if not text or text.startswith(("#", ";")):
            self._indent = sys.maxsize
        elif indent > self._indent:
            self._value.append(text)
        else:
            self.end_value()
            if text.startswith("[") and text.rfind("]") > 1:
                self._begin_section(text[1 : text.rfind("]")])
            else:
                self._begin_value(text, indent)

    def end_value(self) -> None:
        """Put the value in its place, if one has begun."""
        if self._key:
            self._table[self._key] = Text("\n".join(self._value).rstrip())
        self._key, self._indent = "", sys.maxsize

    def _begin_section(self, header: str) -> None:
        path = tuple(part.strip() for part in header.split("."))
        self._place, self._table = path, {}
        if not all(path):
            self._wrong("a section has no name beside a dot")
        elif len(path) > DEEPEST:
            self._wrong(TOO_DEEP)
        elif first := self._sections.get(path):
            self._wrong(f"the same section stands in line {first}")
        else:
            self._sections[path] = self._line
            self._table = self._opened(path)

    def _opened(self, path: Keys) -> dict[str, Any]:
        """The table at a path; one that belongs nowhere if a value stands there."""
        table = self.values
        for end in range(1, len(path) + 1):
            inner = table.setdefault(str(path[end - 1]), {})
            if not isinstance(inner, dict):
                self._wrong(f"the same name stands in line {self.lines[path[:end]]}")
                return {}
            table = inner
            self.lines.setdefault(path[:end], self._line)
        return table

    def _begin_value(self, text: str, indent: int) -> None:
        end = min((at for at in map(text.find, "=:") if at >= 0), default=0)
        key = text[:end].rstrip()
        if not key:
            self._wrong("expected [section] or key = value")
            return
        self._indent = indent
        path = (*self._place, key)
        if key in self._table:
            kind = "name" if isinstance(self._table[key], dict) else "key"
            self._wrong(f"the same {kind} stands in line {self.lines[path]}")
            return
        self._key, self._value = key, [text[end + 1 :].strip()]
        self.lines[path] = self._line

    def _wrong(self, reason: str) -> None:
        self.mistakes.append(mistake(self.name, reason, self._line))
