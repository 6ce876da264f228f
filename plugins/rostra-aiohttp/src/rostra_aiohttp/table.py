"""Who answers what, and what has each promised? The routes of the application, the classic ones included.

What a return annotation promises is asked once, when the handler is bound.
"""

import inspect
import re
import typing
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterator
from typing import Any, Literal

from aiohttp import web

from rostra import context, di, errors
from rostra.handlers import Bound, bare, union_members

BOUND = "__rostra_bound__"
"""The attribute under which what aiohttp calls knows its handler."""

_STREAMS = frozenset({AsyncIterator, AsyncGenerator, AsyncIterable, Iterator, Generator})


def taken(application: web.Application) -> dict[tuple[str, str], str]:
    """Which method and path is answered by whom, those of the classic kind included."""
    found = {}
    for route in application.router.routes():
        if route.resource is not None:
            found[route.method, shape(route.resource)] = whose(route.handler)
    return found


def shape(resource: web.AbstractResource) -> str:
    """The path without its names: ``/orders/{id}`` and ``/orders/{number}`` are one."""
    pattern = resource.get_info().get("pattern")
    return re.sub(r"\(\?P<\w+>", "(", pattern.pattern) if pattern is not None else resource.canonical


def described(bound: Bound) -> str:
    """A handler and its place, as errors say it."""
    return f"handler {bound.declared.label}, {bound.declared.place}"


def whose(handler: Any) -> str:
    """The same of whatever aiohttp calls."""
    bound = getattr(handler, BOUND, None)
    return described(bound) if bound else _classic(handler)


def _classic(handler: Any) -> str:
    return f"route to {getattr(handler, '__qualname__', handler)}, {di.signature(handler).place}"


def returned(bound: Bound) -> Any:
    """The return annotation, or what stands for none where it cannot be read: nothing else depends on it."""
    try:
        return di.signature(bound.declared.function).returns(context.get(di.Registry).names)
    except errors.AnnotationError:
        return inspect.Parameter.empty


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
