"""What the server bounds: how long a request may take, and how many may run at a time."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TypeAlias

from aiohttp import hdrs, web

from rostra import log
from rostra_aiohttp.probes import PATHS
from rostra_aiohttp.problems import problem

Handler: TypeAlias = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
_RETRY_AFTER = "1"
_LIMIT = web.RequestKey("rostra_time_limit", asyncio.Timeout)

_log = log.get("rostra.http")


def timed(handler: Handler, seconds: float) -> Handler:
    """Cancel a request that has not begun to answer in time, and answer it by 504."""

    async def in_time(request: web.BaseRequest) -> web.StreamResponse:
        limit = asyncio.timeout(seconds)
        request[_LIMIT] = limit
        try:
            async with limit:
                return await handler(request)
        except TimeoutError:
            if not limit.expired():
                raise
        finally:
            del request[_LIMIT]
        _log.warning("http.timed_out", method=request.method, path=request.path, seconds=float(seconds))
        return problem(HTTPStatus.GATEWAY_TIMEOUT, f"it took longer than {seconds:g} seconds")

    return in_time


def lift_limit(request: web.BaseRequest, _response: web.StreamResponse) -> None:
    """An answer has begun: a stream, or a socket, may take as long as it takes."""
    limit = request.get(_LIMIT)
    if limit is not None and not limit.expired():
        limit.reschedule(None)


def shedding(handler: Handler, most: int) -> Handler:
    """Refuse, before anything is read of their bodies, the requests that are more than ``most`` at a time.

    Probes are answered all the same: a service with much to do is not unwell.
    """
    running = 0

    async def admitted(request: web.BaseRequest) -> web.StreamResponse:
        nonlocal running
        if running >= most and request.path not in PATHS:
            _log.debug("http.shed", method=request.method, path=request.path, running=running)
            answer = problem(HTTPStatus.SERVICE_UNAVAILABLE, "too many requests run at the moment")
            answer.headers[hdrs.RETRY_AFTER] = _RETRY_AFTER
            return answer
        running += 1
        try:
            return await handler(request)
        finally:
            running -= 1

    return admitted
