"""Where in a text in JSON does each value stand, and what is wrong with it that a parser lets pass?"""

import json
import math
import re
from collections.abc import Iterator

import attrs

from rostra.config.formats.content import HALF, TOO_DEEP, Keys, is_half, mistake, place_in, the_first
from rostra.config.tree import DEEPEST
from rostra.errors import Mistake

_TOKEN = re.compile(r""""(?:[^"\\]++|\\.)*+"|[][{}:,]|[^][{}:,"\s]+""")


@attrs.frozen
class _Found:
    """A value.

    Args:
        path: Where it stands in the tables and lists.
        position: Where it, or its key, stands in the text.
        scalar: It, if it is neither a table nor a list.
    """

    path: Keys
    position: int
    scalar: str = attrs.field(default="", repr=False)


def lines_of(content: str) -> dict[Keys, int]:
    """The line of every value in a text in JSON, by its path."""
    lines: dict[Keys, int] = {}
    line, counted = 1, 0
    for found in _values(content):
        line, counted = line + content.count("\n", counted, found.position), found.position
        lines[found.path] = line
    return lines


def amiss(content: str, name: str) -> tuple[Mistake, ...]:
    """Everything in a text that a parser of JSON lets pass and we do not."""
    return the_first(_amiss(content, name), name)


def _amiss(content: str, name: str) -> Iterator[Mistake]:
    places: dict[Keys, int] = {}
    repeated: set[Keys] = set()
    for found in _values(content):
        if len(found.path) > DEEPEST:
            yield mistake(name, TOO_DEEP, *place_in(content, found.position))
            return
        first = places.setdefault(found.path, found.position)
        if found.path[:-1] in repeated:
            repeated.add(found.path)
        elif first != found.position:
            repeated.add(found.path)
            reason = f"the same key stands in line {place_in(content, first)[0]}"
            yield mistake(name, reason, *place_in(content, found.position))
        if reason := _wrong(found):
            yield mistake(name, reason, *place_in(content, found.position))


def _wrong(found: _Found) -> str:
    scalar = found.scalar
    if is_half(str(found.path[-1])) or (scalar.startswith('"') and is_half(_key(scalar))):
        return HALF
    if scalar.lstrip("-") in {"NaN", "Infinity"}:
        return "JSON has no NaN and no Infinity"
    is_number = scalar[:1] in {*"-0123456789"}
    try:
        is_in_range = not is_number or math.isfinite(float(scalar) if "." in scalar else json.loads(scalar))
    except (ValueError, OverflowError):
        is_in_range = False
    return "" if is_in_range else "a number is out of range"


@attrs.define(eq=False)
class _Open:
    """A table or a list that has not ended yet.

    Args:
        path: Of itself.
        is_table: Or a list.
        key: Of the value that comes next; None where a key of a table has to come first.
        position: Where that key stands.
    """

    path: Keys
    is_table: bool
    key: str | int | None
    position: int = 0

    def next(self) -> None:
        self.key = None if self.is_table or self.key is None else int(self.key) + 1


def _values(content: str) -> Iterator[_Found]:
    """Every value that has a key or a position in a list, as it comes, up to where the text is no JSON."""
    around: list[_Open] = []
    for token in _TOKEN.finditer(content):
        text = token[0]
        inner = around[-1] if around else None
        if inner and text in "]},:":
            if text == ",":
                inner.next()
            elif text != ":":
                around.pop()
            continue
        if inner and inner.key is None:
            inner.key, inner.position = _key(text), token.start()
            continue
        path = (*inner.path, inner.key) if inner else ()
        if inner:
            position = inner.position if inner.is_table else token.start()
            yield _Found(path, position, "" if text in "[{" else text)
        if text in "[{":
            around.append(_Open(path, text == "{", None if text == "{" else 0))
        if not around:
            return


def _key(text: str) -> str:
    try:
        return str(json.loads(text))
    except ValueError:  # what follows a mistake may be anything
        return ""
