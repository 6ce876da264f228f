"""What does the return annotation of a handler promise of its answers? It is asked once, when the handler is bound.

A text promises nothing more, so a service of texts does without.
"""

import inspect
import typing
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterator
from typing import Any, Literal

from rostra.handlers import bare, union_members

_STREAMS = frozenset({AsyncIterator, AsyncGenerator, AsyncIterable, Iterator, Generator})


def may_say_status(annotation: Any) -> bool:
    """Whether a pair that begins with a whole number is ``(status, body)`` for a handler that returns this.

    So it is without an annotation, and where a ``tuple[int, X]`` is, or is a member of the union: then two numbers,
    too, are a status and a body.
    """
    return any(map(_is_pair_with_status, union_members(bare(annotation)) or (bare(annotation),)))


def item_of_stream(annotation: Any, *, is_generator: bool) -> Any:
    """What a handler yields that returns this, or is a generator; None if it answers at once."""
    kind = bare(annotation)
    if is_generator or (typing.get_origin(kind) or kind) in _STREAMS:
        return (typing.get_args(kind) or (Any,))[0]
    return None


def _is_pair_with_status(annotation: Any) -> bool:
    if annotation in (inspect.Parameter.empty, Any, object, tuple):
        return True
    items = typing.get_args(annotation)
    if typing.get_origin(annotation) is not tuple or len(items) != 2 or items[1] is Ellipsis:  # noqa: PLR2004  (a pair)
        return False
    return all(map(_is_whole_kind, union_members(bare(items[0])) or (bare(items[0]),)))


def _is_whole_kind(kind: Any) -> bool:
    if typing.get_origin(kind) is Literal:
        return all(map(is_whole, typing.get_args(kind)))
    return isinstance(kind, type) and issubclass(kind, int) and kind is not bool


def is_whole(value: Any) -> bool:
    """Whether this is a number that may be a status."""
    return isinstance(value, int) and not isinstance(value, bool)
