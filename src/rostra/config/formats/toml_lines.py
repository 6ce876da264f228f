"""Where in a text in TOML does each value stand? A scan of its structure alone, for text that has been read as TOML.

The answer is never wrong: it counts only if what was found is exactly what was read.
"""

import re
from collections.abc import Iterator
from typing import Any

import attrs

from rostra.config.formats.content import Keys
from rostra.config.tree import DEEPEST

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\r\n]+")
_STRING_ENDS = {
    '"""': re.compile(r'\\.|"{3,5}', re.DOTALL),
    "'''": re.compile(r"'{3,5}"),
    '"': re.compile(r'\\.|"'),
    "'": re.compile("'"),
}


class _LostError(Exception):
    """Something that this scan does not understand."""


class _TooDeepError(_LostError):
    """A key of too many parts, or too many arrays and tables within each other."""


def lines_of(text: str, values: dict[str, Any]) -> dict[Keys, int]:
    """The line of every value in a text, by its path.

    Args:
        text: TOML.
        values: What a parser made of it.

    Returns:
        Nothing, if the scan finds other values than the parser did.
    """
    scan = _Scan(text)
    try:
        scan.document()
    except _LostError:
        return {}
    return scan.lines if scan.lines.keys() == set(_paths(values, ())) else {}


def too_deep(text: str) -> int | None:
    """The line of a key of more parts than anybody needs, if there is one."""
    scan = _Scan(text)
    try:
        scan.document()
    except _TooDeepError:
        return scan.line()
    except _LostError:
        pass
    return None


def _paths(value: Any, path: Keys) -> Iterator[Keys]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield (*path, key)
        yield from _paths(part, (*path, key))


@attrs.define(eq=False)
class _Scan:
    """How far the text has been read, and what stood there.

    Args:
        text: All of it.
        lines: The line of what stands at each path.
        sizes: How many tables each array of tables has so far.
    """

    text: str
    lines: dict[Keys, int] = attrs.field(factory=dict)
    sizes: dict[Keys, int] = attrs.field(factory=dict)
    position: int = 0
    _line: int = 1
    _counted: int = 0

    def document(self) -> None:
        """Read all of it."""
        table: Keys = ()
        while self.skip():
            if self.takes("[["):
                table = self.next_of(self.header("]]"))
            elif self.takes("["):
                table = self.header("]")
                self.lines[table] = self.line()
            else:
                self.entry(table)

    def header(self, end: str) -> Keys:
        """The path of a table, in the last one of each array of tables on its way."""
        *outer, last = self.key()
        self.expect(end)
        path: Keys = ()
        for part in outer:
            path = (*path, part)
            self.lines.setdefault(path, self.line())
            if path in self.sizes:
                path = (*path, self.sizes[path] - 1)
        return (*path, last)

    def next_of(self, array: Keys) -> Keys:
        """One more table at the end of an array of tables."""
        size = self.sizes.get(array, 0)
        self.sizes[array] = size + 1
        self.lines.setdefault(array, self.line())
        self.lines[*array, size] = self.line()
        return (*array, size)

    def entry(self, table: Keys) -> None:
        """``key = value``, where parts of the key may be tables of their own."""
        path = table
        for part in self.key():
            path = (*path, part)
            self.lines.setdefault(path, self.line())
        self.expect("=")
        self.skip()
        self.value(path)

    def key(self) -> list[str]:
        """The parts of a key."""
        parts = [self.key_part()]
        while self.skip() and self.takes("."):
            parts.append(self.key_part())
            if len(parts) > DEEPEST:
                raise _TooDeepError
        return parts

    def key_part(self) -> str:
        self.skip()
        if match := _BARE.match(self.text, self.position):
            self.position = match.end()
            return match[0]
        begin = self.position
        self.string()
        raw = self.text[begin : self.position]
        return _unescaped(raw) if "\\" in raw else raw[1:-1]

    def value(self, path: Keys) -> None:
        """A value of any kind, and the values in it."""
        if len(path) > DEEPEST + 1:
            raise _TooDeepError
        if self.takes("["):
            self.array(path)
        elif self.takes("{"):
            self.inline_table(path)
        elif self.text.startswith(('"', "'"), self.position):
            self.string()
        else:
            self.match(_SCALAR)

    def array(self, path: Keys) -> None:
        size = 0
        while self.skip() and not self.takes("]"):
            self.lines[*path, size] = self.line()
            self.value((*path, size))
            size += 1
            self.separator("]")

    def inline_table(self, path: Keys) -> None:
        while self.skip() and not self.takes("}"):
            self.entry(path)
            self.separator("}")

    def separator(self, end: str) -> None:
        """A comma, unless the end follows."""
        self.skip()
        if not self.takes(",") and not self.text.startswith(end, self.position):
            raise _LostError

    def string(self) -> None:
        quotes = next((each for each in _STRING_ENDS if self.takes(each)), None)
        if quotes is None:
            raise _LostError
        while self.match(_STRING_ENDS[quotes], search=True).startswith("\\"):
            pass

    def match(self, pattern: re.Pattern[str], *, search: bool = False) -> str:
        found = (pattern.search if search else pattern.match)(self.text, self.position)
        if found is None:
            raise _LostError
        self.position = found.end()
        return found[0]

    def skip(self) -> bool:
        """Go on to the next that is neither blank nor comment: is there any?"""
        self.match(_BLANK)
        return self.position < len(self.text)

    def takes(self, token: str) -> bool:
        """Go beyond a token, if it stands here."""
        stands_here = self.text.startswith(token, self.position)
        if stands_here:
            self.position += len(token)
        return stands_here

    def expect(self, token: str) -> None:
        self.skip()
        if not self.takes(token):
            raise _LostError

    def line(self) -> int:
        """The line of the position."""
        self._line += self.text.count("\n", self._counted, self.position)
        self._counted = self.position
        return self._line


def _unescaped(raw: str) -> str:
    import tomllib

    key: str = tomllib.loads(f"key = {raw}")["key"]
    return key
