"""Settings as plain tables within tables, and how two become one. Pure.

A table is a dict, and what lies above is laid over what lies below. Nothing here changes a table that it was
given: what is merged shares its parts with what it was merged from.
"""

from collections.abc import Hashable
from enum import Enum
from typing import Any, TypeAlias

from rostra.config.text import Text, object_in

Path: TypeAlias = tuple[Hashable, ...]


class Nothing(Enum):
    """What is found where no value stands."""

    UNSAID = "nothing is said there"
    COVERED = "something else is said, which leaves no room"


def merged(below: Any, above: Any) -> Any:
    """Both as one: tables are merged, everything else is replaced, and the later wins.

    A table over a ``Text`` that holds a JSON object is laid over that.
    """
    if not isinstance(above, dict):
        return above
    below = opened(below)
    if not below:
        return above
    whole = {**below, **above}
    for key in below.keys() & above.keys():
        if isinstance(above[key], dict):
            whole[key] = merged(below[key], above[key])
    return whole


def opened(value: Any) -> dict[Any, Any] | None:
    """The table that a value is, or that a text says."""
    if type(value) is Text:
        return object_in(value)
    return value if isinstance(value, dict) else None


def at(value: Any, path: Path) -> Any:
    """What stands at a path of keys and of positions in lists, or a ``Nothing``."""
    is_covered = False
    for key in path:
        parts = value
        if not isinstance(value, dict):
            is_covered, parts = True, _within(value, key)
        if parts is None or key not in parts:
            return Nothing.COVERED if is_covered else Nothing.UNSAID
        value = parts[key]
    return value


def _within(value: Any, key: Hashable) -> dict[Any, Any] | None:
    """The table in which ``key`` may stand: the items of a list by their positions, or what a text says."""
    return dict(enumerate(value)) if type(value) is list and isinstance(key, int) else opened(value)


def branch(path: Path, value: Any) -> Any:
    """Tables that hold nothing but ``value`` at ``path``."""
    for key in reversed(path):
        value = {key: value}
    return value


def dotted(path: Path) -> str:
    """How a path is written: ``greeter.names[0]``."""
    written = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return written.removeprefix(".")
