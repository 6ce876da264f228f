"""Who answers a request, and what happens to each, whoever does: it is counted, has a scope, and what goes wrong is worded.

The routes of the application are the handlers', and the classic ones.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, TypeAlias

from aiohttp import web

from rostra import context, di, log
from rostra.components import Components
from rostra.handlers import Bound
from rostra_aiohttp.heads import request_id

Endpoint: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
Take: TypeAlias = Callable[[web.Request], Awaitable[Any]]
"""Calls a handler with what it takes of a request, and gives what it returns."""

Server: TypeAlias = Callable[[Any], Awaitable[web.StreamResponse]]
"""What aiohttp calls with a request: one that has been read, always, since others do not come so far."""

Failures: TypeAlias = Callable[[web.Request, BaseException], Awaitable[web.StreamResponse]]

BOUND = "__rostra_bound__"
"""The attribute under which what aiohttp calls knows its handler."""

_log = log.get("rostra.http")


class Serving:
    """What is shared by the server and its requests. A component.

    Args:
        layer: Of the stage.
        is_draining: Answers close their connection.
        is_cut: Nobody waits for requests any more, and none begins.
        running: The requests that run, by the task in which they do.
        failures: Answers instead of what was raised; None if nobody has asked for that.
        lasting: Called when nobody is accepted any more: ends what talks on and on, and returns when it has ended. Once
            connections are closing aiohttp hears nothing from them any more, no farewell either.
        count: Called for each request that was answered; None if nobody counts.
    """

    __slots__ = ("count", "failures", "is_cut", "is_draining", "lasting", "layer", "running")

    def __init__(self, layer: Components, is_draining: bool = False, is_cut: bool = False) -> None:
        self.layer = layer
        self.is_draining = is_draining
        self.is_cut = is_cut
        self.failures: Failures | None = None
        self.running: dict[asyncio.Task[Any] | None, web.Request] = {}
        self.lasting: list[Callable[[], Awaitable[None]]] = []
        self.count: Callable[[], None] | None = None

    def cut(self) -> None:
        """Cancel the requests that run, and say whose they are. Done once."""
        if self.is_cut:
            return
        self.is_cut = True
        for task, request in self.running.items():
            _log.warning("http.cut", method=request.method, path=request.path, handler=handler_of(request))
            if task is not None:
                task.set_name(
                    f"http: {request.method} {request.path}"
                )  # by which it is named if it does not end
                task.cancel()


def keys_of(request: web.Request) -> dict[str, str]:
    """What all lines of a request have in the log."""
    keys, known = {"method": request.method, "path": request.path}, request_id(request)
    if known:
        keys["request"] = known
    return keys


def surrounded(handle: Server, serving: Serving) -> Server:
    """What is around every request.

    Requests have tasks of their own, so nothing that is set here need be put back.

    Args:
        handle: Finds out who answers, and lets them: what an application gives its server.
        serving: Knows of the requests that run.
    """
    running, below, loop = serving.running, serving.layer, asyncio.get_running_loop()
    enter, bind_late, this_task = context.enter, log.bind_late, asyncio.current_task

    async def around(request: web.Request) -> web.StreamResponse:
        if serving.is_cut:
            return _too_late()
        task = this_task(loop)  # without it, who runs would be asked for, which takes longer
        running[task] = request
        scope = di.LateScope(below, (request,))
        enter(scope)
        bind_late(keys_of, request)
        try:
            try:
                response = await handle(request)
            except BaseException as error:
                if not scope.is_over and (closing := scope.end()) is not None:
                    await closing.close(error)
                raise
            if not scope.is_over and (closing := scope.end()) is not None:
                await closing.close()
        except BaseException as error:  # noqa: BLE001  (raised again if it is no answer)
            response = await _instead(request, error, serving.failures)
        finally:
            del running[task]
        body = request.content
        is_undecodable = body.exception() is not None
        if is_undecodable:
            body.feed_eof()  # or aiohttp would read the rest, and log with a traceback that it cannot
        if (is_undecodable or serving.is_draining) and not response.prepared:
            response.force_close()
        return response

    return around


async def _instead(
    request: web.Request, error: BaseException, failures: Failures | None
) -> web.StreamResponse:
    """The answer to a request whose handler raised ``error``. What words it is not imported before that."""
    from rostra_aiohttp.problems import begin_anew, instead

    begin_anew(request)
    return instead(request, error) if failures is None else await failures(request, error)


def _too_late() -> web.StreamResponse:
    from rostra_aiohttp.problems import problem

    return problem(HTTPStatus.SERVICE_UNAVAILABLE)


def handler_of(request: web.Request) -> str:
    """Who answers a request, for the log."""
    try:
        return whose(request.match_info.handler)
    except (AssertionError, AttributeError):  # nobody has looked yet
        return "not found yet"


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
