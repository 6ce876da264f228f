"""Settings as plain tables within tables, and how two become one. Pure.

A table is a dict, and what lies above is laid over what lies below. Nothing here changes a table that it was
given: what is merged shares its parts with what it was merged from.
"""

from collections.abc import Hashable
from typing import Any, ClassVar, TypeAlias

Path: TypeAlias = tuple[Hashable, ...]

DEEPEST = 64
"""Tables within tables and lists within lists; anything deeper is an accident or an attack."""


class Text(str):
    """A string without a type of its own: what it means is for the setting's type to say.

    What comes from the environment, a secret's file or ``--set`` is one, and so are the parts of such a text.
    """

    __slots__ = ()


class Nothing:
    """What is found where no value stands: ``UNSAID`` or ``COVERED``."""

    __slots__ = ()

    UNSAID: ClassVar["Nothing"]
    """Nothing is said there."""
    COVERED: ClassVar["Nothing"]
    """Something else is said, which leaves no room."""


Nothing.UNSAID, Nothing.COVERED = Nothing(), Nothing()


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


def object_in(text: str) -> dict[str, Any] | None:
    """The JSON object that a text holds, or None if it holds anything else."""
    try:
        found = json_in(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def json_in(text: str) -> Any:
    """What a JSON text says. A key that stands twice is as wrong as a missing bracket."""
    import json

    try:
        return _bounded(json.loads(text, object_pairs_hook=_once), DEEPEST)
    except (ValueError, RecursionError):
        raise ValueError from None  # json's own error holds the whole text


def _bounded(value: Any, levels: int) -> Any:
    if levels < 0:
        raise ValueError
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _bounded(part, levels - 1)
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


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


def bracketed(place: Path) -> str:
    """How a section is written in messages."""
    return f"[{dotted(place)}]" if place else "the root"
