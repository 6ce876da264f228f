"""Handlers on the routes of aiohttp: bound once, called in a scope, with answers in one shape whoever gives them."""

import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import attrs
from aiohttp import hdrs, web

from rostra import context, di, log
from rostra.components import Components
from rostra.errors import HandlerError
from rostra.handlers import Bound, where_of
from rostra_aiohttp.answers import answer
from rostra_aiohttp.problems import answered
from rostra_aiohttp.reading import reader_of
from rostra_aiohttp.routes import Route

Endpoint: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

_BOUND = "__rostra_bound__"


@attrs.define(eq=False)
class Serving:
    """What is shared by the server and its requests. A component.

    Args:
        layer: Of the stage.
        is_draining: Answers close their connection.
    """

    layer: Components
    is_draining: bool = False


async def bind(chosen: tuple[Bound, ...]) -> None:
    """Put handlers on the routes of the stage's application.

    Raises:
        HandlerError: Two answer the same, a parameter cannot be read, or it is too late. Several are raised as an
            ExceptionGroup.
    """
    application = await di.nject(web.Application)
    taken = _taken(application)
    problems = []
    for bound in chosen:
        try:
            _bind(application, bound, taken)
        except HandlerError as problem:
            problems.append(problem)
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise ExceptionGroup("handlers cannot be bound", problems)


def middleware(serving: Serving) -> Any:
    """What is around every request: what went wrong is worded, what was bound to the log is gone afterwards."""

    @web.middleware
    async def around(request: web.Request, handler: Endpoint) -> web.StreamResponse:
        with log.bound():
            response = await answered(request, _scoped(serving, request, handler))
        if serving.is_draining and not response.prepared:
            response.force_close()
        return response

    return around


def _scoped(serving: Serving, request: web.Request, handler: Endpoint) -> Endpoint:
    """Handlers of the classic kind get a scope here; ours open their own, and a 404 needs none."""
    match = request.match_info
    if match.http_exception is not None or hasattr(match.handler, _BOUND):
        return handler

    async def scoped(request: web.Request) -> web.StreamResponse:
        with context.use(serving.layer):
            async with di.scope() as scope:
                scope.layer.add(request)
                return await handler(request)

    return scoped


def _bind(application: web.Application, bound: Bound, taken: dict[tuple[str, str], str]) -> None:
    route = _route(bound)
    if application.frozen:
        raise _too_late(bound)
    endpoint = _endpoint(bound)
    resource = application.router.add_resource(route.path)
    path = _shape(resource)
    other = taken.get((route.method, path)) or taken.get((hdrs.METH_ANY, path))
    if other is not None:
        raise _twice(bound, other)
    resource.add_route(route.method, endpoint)
    taken[route.method, path] = _described(bound)
    if route.method == hdrs.METH_GET and (hdrs.METH_HEAD, path) not in taken:
        resource.add_route(hdrs.METH_HEAD, endpoint)


def _endpoint(bound: Bound) -> Endpoint:
    reader, status = reader_of(bound), _route(bound).status

    async def endpoint(request: web.Request) -> web.StreamResponse:
        values = await reader.read(request)
        return answer(await bound.call(values, (request,)), status)

    setattr(endpoint, _BOUND, bound)
    return endpoint


def _taken(application: web.Application) -> dict[tuple[str, str], str]:
    """Which method and path is answered by whom, those of the classic kind included."""
    taken = {}
    for route in application.router.routes():
        if route.resource is not None:
            bound = getattr(route.handler, _BOUND, None)
            taken[route.method, _shape(route.resource)] = (
                _described(bound) if bound else _classic(route.handler)
            )
    return taken


def _shape(resource: web.AbstractResource) -> str:
    """The path without its names: ``/orders/{id}`` and ``/orders/{number}`` are one."""
    pattern = resource.get_info().get("pattern")
    return re.sub(r"\(\?P<\w+>", "(", pattern.pattern) if pattern is not None else resource.canonical


def _route(bound: Bound) -> Route:
    route = bound.declared.trigger
    assert isinstance(route, Route), "only these are bound here"  # noqa: S101  (for type checkers)
    return route


def _described(bound: Bound) -> str:
    return f"handler {bound.declared.label}, {bound.declared.place}"


def _classic(handler: Any) -> str:
    return f"route to {getattr(handler, '__qualname__', handler)}, {di.signature(handler).place}"


def _twice(bound: Bound, other: str) -> HandlerError:
    return HandlerError(
        f"{_route(bound).describe()} is answered twice",
        (other, _described(bound)),
        ("only one can answer",),
        ("give one of them another path or method",),
    )


def _too_late(bound: Bound) -> HandlerError:
    return HandlerError(
        f"{_route(bound).describe()} comes too late",
        where_of(bound.declared),
        ("the server runs already, and its routes are fixed then",),
        ("load its plugin in a prepare, before the server starts",),
    )
