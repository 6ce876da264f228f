"""What happens to every request, whoever answers it: it is counted, has a scope, and what goes wrong is worded."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, TypeAlias

from aiohttp import web

from rostra import context, di, log
from rostra.components import Components
from rostra_aiohttp.heads import request_id
from rostra_aiohttp.table import whose

Endpoint: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
Take: TypeAlias = Callable[[web.Request], Awaitable[Any]]
"""Calls a handler with what it takes of a request, and gives what it returns."""

Server: TypeAlias = Callable[[Any], Awaitable[web.StreamResponse]]
"""What aiohttp calls with a request: one that has been read, always, since others do not come so far."""

Failures: TypeAlias = Callable[[web.Request, BaseException], Awaitable[web.StreamResponse]]

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
