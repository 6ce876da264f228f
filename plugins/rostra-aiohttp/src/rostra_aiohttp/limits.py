"""What the server bounds: how long a request may take, how many may run at a time, and how slowly a body may come."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TypeAlias

from aiohttp import hdrs, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.streams import StreamReader

from rostra import log
from rostra_aiohttp.connections import Connection
from rostra_aiohttp.probes import PATHS
from rostra_aiohttp.problems import problem

Handler: TypeAlias = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
_RETRY_AFTER = "1"
_SLOWEST = 500
"""Bytes per second, below which a body is not worth the wait: a tenth of the worst mobile line."""
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


class SlowBody:
    """Watches over a body that is on its way: what comes too slowly is answered by 408.

    Args:
        payload: Where it arrives.
        writer: Of the answer.
        connection: Over which it comes.
        seconds: How long it may be too slow.

    It is looked at twice in that time, and has to be too slow both times: at one look, it may be the handler that
    has let it wait until a moment ago.
    """

    __slots__ = ("_connection", "_payload", "_seconds", "_seen", "_timer", "_was_slow", "_writer")

    def __init__(
        self,
        payload: StreamReader,
        writer: AbstractStreamWriter,
        connection: Connection,
        seconds: float,
    ) -> None:
        self._payload, self._writer, self._connection = payload, writer, connection
        self._seconds = seconds / 2
        self._seen = 0
        self._was_slow = False
        self._look_later()
        payload.on_eof(self.look_no_more)
        connection.on_body_lost = self.look_no_more

    def _look_later(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._look)

    def look_no_more(self) -> None:
        """It has come, or never will."""
        self._timer.cancel()

    def _look(self) -> None:
        transport, payload = self._connection.transport, self._payload
        if transport is None or payload.is_eof() or payload.exception() is not None:
            return
        come, self._seen = payload.total_bytes - self._seen, payload.total_bytes
        is_slow = come < _SLOWEST * self._seconds and transport.is_reading()
        if is_slow and self._was_slow:
            self._end()
        else:
            self._was_slow = is_slow
            self._look_later()

    def _end(self) -> None:
        if self._writer.output_size > 0:  # it is answered already, and only waited for
            self._connection.force_close()
        else:
            self._payload.set_exception(web.HTTPRequestTimeout(text="the body comes too slowly"))
