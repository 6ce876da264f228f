"""Handlers on the routes of aiohttp: bound once, called in a scope, with answers in one shape whoever gives them."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, TypeAlias

from aiohttp import hdrs, web

from rostra import context, di, log
from rostra.components import Components
from rostra.errors import AnnotationError, HandlerError
from rostra.handlers import Bound, where_of
from rostra_aiohttp.answers import UnsayableError, answer, may_say_status
from rostra_aiohttp.problems import answered, problem
from rostra_aiohttp.reading import reader_of
from rostra_aiohttp.routes import Route

Endpoint: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

_BOUND = "__rostra_bound__"

_log = log.get("rostra.http")


class Serving:
    """What is shared by the server and its requests. A component.

    Args:
        layer: Of the stage.
        is_draining: Answers close their connection.
        is_cut: Nobody waits for requests any more, and none begins.
        running: The requests that run, by the task in which they do.
    """

    __slots__ = ("is_cut", "is_draining", "layer", "running")

    def __init__(self, layer: Components, is_draining: bool = False, is_cut: bool = False) -> None:
        self.layer = layer
        self.is_draining = is_draining
        self.is_cut = is_cut
        self.running: dict[asyncio.Task[Any], web.Request] = {}

    @contextmanager
    def counting(self, request: web.Request) -> Iterator[None]:
        """Know of a request while the body runs."""
        task = asyncio.current_task()
        assert task is not None, "aiohttp calls this in a task"  # noqa: S101  (for type checkers)
        self.running[task] = request
        try:
            yield
        finally:
            del self.running[task]

    def cut(self) -> None:
        """Cancel the requests that run, and say whose they are. Done once."""
        if self.is_cut:
            return
        self.is_cut = True
        for task, request in self.running.items():
            handler = _whose(request.match_info.handler)
            _log.warning("http.cut", method=request.method, path=request.path, handler=handler)
            task.set_name(f"http: {request.method} {request.path}")  # by which it is named if it does not end
            task.cancel()


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
        if serving.is_cut:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE)
        with serving.counting(request), log.bound(method=request.method, path=request.path):
            response = await answered(request, _scoped(serving, request, handler))
        is_undecodable = request.content.exception() is not None
        if is_undecodable:
            request.content.feed_eof()  # or aiohttp would read the rest, and log with a traceback that it cannot
        if (serving.is_draining or is_undecodable) and not response.prepared:
            response.force_close()
        return response

    return around


def _scoped(serving: Serving, request: web.Request, handler: Endpoint) -> Endpoint:
    """Handlers of the classic kind get a scope here; ours open their own, and a 404 needs none."""
    match = request.match_info
    if match.http_exception is not None or hasattr(match.handler, _BOUND):
        return handler

    async def scoped(request: web.Request) -> web.StreamResponse:
        async with di.scope_above(serving.layer):
            context.add(request)
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
    if di.signature(bound.declared.function).is_generator:
        raise _yields(bound)
    reader, status, has_status = reader_of(bound), _route(bound).status, _may_say_status(bound)

    async def endpoint(request: web.Request) -> web.StreamResponse:
        values = await reader.read(request)
        result = await bound.call(values, (request,))
        try:
            return answer(result, status, has_status=has_status)
        except UnsayableError as error:
            raise _unsayable(bound, error) from None

    setattr(endpoint, _BOUND, bound)
    return endpoint


def _may_say_status(bound: Bound) -> bool:
    try:
        returned = di.signature(bound.declared.function).returns(context.get(di.Registry).names)
    except AnnotationError:  # nothing else depends on it
        return True
    return may_say_status(returned)


def _taken(application: web.Application) -> dict[tuple[str, str], str]:
    """Which method and path is answered by whom, those of the classic kind included."""
    taken = {}
    for route in application.router.routes():
        if route.resource is not None:
            taken[route.method, _shape(route.resource)] = _whose(route.handler)
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


def _whose(handler: Any) -> str:
    bound = getattr(handler, _BOUND, None)
    return _described(bound) if bound else _classic(handler)


def _classic(handler: Any) -> str:
    return f"route to {getattr(handler, '__qualname__', handler)}, {di.signature(handler).place}"


def _twice(bound: Bound, other: str) -> HandlerError:
    return HandlerError(
        f"{_route(bound).describe()} is answered twice",
        (other, _described(bound)),
        ("only one can answer",),
        ("give one of them another path or method",),
    )


def _yields(bound: Bound) -> HandlerError:
    return HandlerError(
        f"{bound.declared.label} yields, and a handler returns its answer",
        where_of(bound.declared),
        ("it is a generator, and answers in parts are not made from one yet",),
        ("return a list", "for a stream, prepare an aiohttp.web.StreamResponse, write to it and return it"),
    )


def _unsayable(bound: Bound, error: UnsayableError) -> HandlerError:
    return HandlerError(
        f"{bound.declared.label} returned {error.what}", where_of(bound.declared), (error.why,), (error.fix,)
    )


def _too_late(bound: Bound) -> HandlerError:
    return HandlerError(
        f"{_route(bound).describe()} comes too late",
        where_of(bound.declared),
        ("the server runs already, and its routes are fixed then",),
        ("load its plugin in a prepare, before the server starts",),
    )
