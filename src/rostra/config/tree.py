"""Settings as plain tables within tables, and how two become one. Pure.

A table is a dict, and what lies above is laid over what lies below. Nothing here changes a table that it was
given: what is merged shares its parts with what it was merged from.
"""

from collections.abc import Callable, Hashable, Mapping
from enum import Enum
from types import NoneType
from typing import Any, TypeAlias

from rostra.config.text import DEEPEST, Text, object_in

Path: TypeAlias = tuple[Hashable, ...]

_INERT = frozenset({int, float, bool, NoneType})
_ATOMS = _INERT | {str}
_STRINGS = {str}


class Nothing(Enum):
    """What is found where no value stands."""

    UNSAID = "nothing is said there"
    COVERED = "something else is said, which leaves no room"


class TooDeepError(ValueError):
    """Tables are nested more than ``DEEPEST`` deep, or contain themselves."""


def copied(table: Mapping[Any, Any]) -> tuple[dict[Any, Any], bool]:
    """A table and what is in it, so that nobody changes it behind our back.

    Returns:
        The copy, and whether a string in it may have references.

    Raises:
        TooDeepError: It is nested more than ``DEEPEST`` deep.
    """
    copy = _Copy()
    return copy.table(table, DEEPEST), copy.refers


class _Copy:
    """A copy that is being made. Every setting of every source comes by here."""

    __slots__ = ("refers",)

    def __init__(self) -> None:
        self.refers = False

    def table(self, table: Mapping[Any, Any], levels: int) -> dict[Any, Any]:
        if not levels:
            raise TooDeepError
        made = dict(table)
        for key, value in table.items():
            kind = type(value)
            if kind is str:
                if "${" in value:
                    self.refers = True
            elif kind not in _ATOMS:
                made[key] = self.value(value, levels - 1)
        return made

    def value(self, value: Any, levels: int) -> Any:
        kind = type(value)
        if kind is dict or isinstance(value, Mapping):
            return self.table(value, levels)
        if kind is list or kind is tuple:
            if not levels:
                raise TooDeepError
            kinds = set(map(type, value))
            if kinds == _STRINGS:
                self.refers = self.refers or "${" in "\0".join(value)
                return kind(value)
            return kind(value if kinds <= _INERT else [self.value(each, levels - 1) for each in value])
        if isinstance(value, str):
            self.refers = self.refers or "${" in value
        return value


def merged(below: Any, above: Any) -> Any:
    """Both as one: tables are merged, everything else is replaced, and the later wins.

    A table over a ``Text`` that holds a JSON object is laid over that.
    """
    if type(above) is not dict:
        return above
    if type(below) is not dict:
        below = opened(below)
    if not below:
        return above
    whole = {**below, **above}
    for key in below.keys() & above.keys():
        if type(above[key]) is dict:
            whole[key] = merged(below[key], above[key])
    return whole


def opened(value: Any) -> dict[Any, Any] | None:
    """The table that a value is, or that a text says."""
    if type(value) is Text:
        return object_in(value)
    return value if type(value) is dict else None


def at(value: Any, path: Path) -> Any:
    """What stands at a path of keys and of positions in lists, or a ``Nothing``."""
    nothing = Nothing.UNSAID
    for key in path:
        if type(value) is not dict:
            nothing = Nothing.COVERED
        parts = value if type(value) is list and isinstance(key, int) else opened(value)
        if isinstance(parts, list):
            parts = dict(enumerate(parts))
        if parts is None or key not in parts:
            return nothing
        value = parts[key]
    return value


def branch(path: Path, value: Any) -> Any:
    """Tables that hold nothing but ``value`` at ``path``."""
    for key in reversed(path):
        value = {key: value}
    return value


def with_strings(value: Any, transform: Callable[[Path, str], Any], path: Path = ()) -> Any:
    """The same, with what ``transform`` makes of each string, also of those in lists. Keys stay as they are."""
    if isinstance(value, str):
        return transform(path, value)
    if type(value) is dict:
        return {key: with_strings(each, transform, (*path, key)) for key, each in value.items()}
    if type(value) is list or type(value) is tuple:
        return type(value)(with_strings(each, transform, (*path, n)) for n, each in enumerate(value))
    return value


def dotted(path: Path) -> str:
    """How a path is written: ``greeter.names[0]``."""
    written = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return written.removeprefix(".")
