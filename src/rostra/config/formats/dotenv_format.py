"""Variables in a dotenv file. Nothing in it is expanded: what stands there is what is meant."""

import re
from collections.abc import Iterator

import attrs

from rostra.config.formats.content import MOST_MISTAKES, Keys, Said, mistake, the_first
from rostra.config.tree import Text
from rostra.config.unreadable import UnreadableError

_ASSIGNMENT = re.compile(r"[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_]\w*)[ \t]*=(?P<gap>[ \t]*)", re.ASCII)
_NOTHING = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_QUOTED = {
    '"': re.compile(r'"((?:[^"\\]++|\\.)*+)"', re.DOTALL),
    "'": re.compile(r"'([^']*)'"),
}
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


class _MalformedError(ValueError):
    """Why a line says nothing, and the position from which to go on."""

    def __init__(self, reason: str, end: int) -> None:
        super().__init__(reason, end)
        self.reason = reason
        self.end = end


@attrs.frozen
class _Found:
    name: str
    value: str = attrs.field(repr=False)
    position: int
    end: int


def variables(content: str, name: str) -> Said:
    """The variables that a text sets, the later of two wins.

    Raises:
        UnreadableError: Lines are malformed: all of them.
    """
    if "\0" in content:
        raise UnreadableError(mistake(name, "holds binary data, not text"))
    content = content.replace("\r\n", "\n")
    values: dict[str, Text] = {}
    lines: dict[Keys, int] = {}
    mistakes = []
    line, counted = 1, 0
    for found in _statements(content):
        position = found.position if isinstance(found, _Found) else found[0]
        line, counted = line + content.count("\n", counted, position), position
        if isinstance(found, _Found):
            values[found.name] = Text(found.value)
            lines[found.name,] = line
        else:
            mistakes.append(mistake(name, found[1], line))
        if len(mistakes) > MOST_MISTAKES:
            break
    if mistakes:
        raise UnreadableError(*the_first(mistakes, name))
    return Said(values, lambda path: lines.get(path))  # noqa: PLW0108  (get takes more than a path)


def _statements(content: str) -> Iterator[_Found | tuple[int, str]]:
    """Each variable; or the position and the reason of a mistake."""
    position = 0
    while position < len(content):
        if nothing := _NOTHING.match(content, position):
            position = nothing.end()
            continue
        try:
            found = _variable(content, position)
        except _MalformedError as error:
            yield position, error.reason
            position = error.end
        else:
            yield found
            position = found.end


def _variable(content: str, position: int) -> _Found:
    line_end = _line_end(content, position)
    begin = _ASSIGNMENT.match(content, position, line_end)
    if begin is None:
        raise _MalformedError("expected NAME=value", line_end)
    quote = content[begin.end() : begin.end() + 1]
    if quote not in _QUOTED:
        # A blank before it makes a comment of what follows, also the blank after the equals sign.
        value = re.split(r"[ \t]#", content[begin.start("gap") : line_end], maxsplit=1)[0].strip(" \t\r")
        return _Found(begin["name"], value, position, line_end)
    quoted = _QUOTED[quote].match(content, begin.end())
    if quoted is None:
        raise _MalformedError("a quote that begins here has no end", len(content))
    after = _NOTHING.match(content, quoted.end())
    if after is None:
        raise _MalformedError("something stands behind the closing quote", _line_end(content, quoted.end()))
    value = quoted[1] if quote == "'" else _unescaped(quoted[1], after.end())
    return _Found(begin["name"], value, position, after.end())


def _line_end(content: str, position: int) -> int:
    end = content.find("\n", position)
    return len(content) if end < 0 else end


def _unescaped(text: str, end: int) -> str:
    escaped = set(re.findall(r"\\(.)", text, re.DOTALL))
    if not escaped <= _ESCAPES.keys():
        raise _MalformedError('in double quotes a backslash begins \\n, \\t, \\" or \\\\ only', end)
    return re.sub(r"\\(.)", lambda escape: _ESCAPES[escape[1]], text)
