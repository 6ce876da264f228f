"""Who answers what? The routes of the application, the classic ones included."""

import re
from typing import Any

from aiohttp import web

from rostra import di
from rostra.handlers import Bound

BOUND = "__rostra_bound__"
"""The attribute under which what aiohttp calls knows its handler."""


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
