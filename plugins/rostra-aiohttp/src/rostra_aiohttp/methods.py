"""Decorators that few services need: for a handler of several methods, and for those of HEAD and OPTIONS alone.

The others stand in ``rostra_aiohttp.routes``.
"""

import re
from collections.abc import Callable, Iterable

from rostra_aiohttp.routes import Function, on_method

_METHOD = "[A-Z][A-Z-]*"


def head(path: str, *, status: int | None = None, in_openapi: bool = True) -> Callable[[Function], Function]:
    """Let the function answer HEAD, instead of the one that answers GET; see ``get``."""
    return on_method("HEAD", path, status, in_openapi)


def options(
    path: str, *, status: int | None = None, in_openapi: bool = True
) -> Callable[[Function], Function]:
    """Let the function answer OPTIONS; see ``get``."""
    return on_method("OPTIONS", path, status, in_openapi)


def route(
    path: str,
    *,
    methods: Iterable[str] = ("GET",),
    status: int | None = None,
    in_openapi: bool = True,
) -> Callable[[Function], Function]:
    """Let the function answer several methods. Decorators can also stand above each other, with paths of their own.

    Args:
        path: As aiohttp writes it: ``/orders/{id}``, ``/orders/{id:[0-9]+}``.
        methods: Of RFC 9110 or of somebody's own, in capitals.
        status: Of the answer; by default 200, and 204 for None.
        in_openapi: Whether the document of the service tells of it.

    Raises:
        HandlerError: A method or the path is none.
    """
    words = list(methods) if not isinstance(methods, str) else [methods]
    wrong = next((word for word in words if re.fullmatch(_METHOD, word) is None), None)
    if wrong is not None or not words:
        from rostra_aiohttp import refusals

        raise refusals.no_method(wrong, path)
    marks = [on_method(word, path, status, in_openapi) for word in dict.fromkeys(words)]

    def marked(function: Function) -> Function:
        for each in reversed(marks):
            function = each(function)
        return function

    return marked
