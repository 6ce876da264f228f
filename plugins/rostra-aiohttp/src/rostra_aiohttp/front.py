"""What is between the connections and the application, put together once, of what the settings ask for.

Whatever is off is not imported and costs a request nothing.
"""

import functools
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeAlias

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import RawRequestMessage
from aiohttp.streams import EmptyStreamReader, StreamReader

from rostra.metrics import Metrics
from rostra.values import Values
from rostra_aiohttp.connections import Connection, Mark, opening
from rostra_aiohttp.handling import Serving, surrounded
from rostra_aiohttp.heads import Asked, identify
from rostra_aiohttp.settings import HttpConfig

_WITHOUT_END = 365 * 86400.0

Make: TypeAlias = Callable[..., Any]
Handler: TypeAlias = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Front(Values):
    """An application that is ready for connections.

    Args:
        runner: To be cleaned up at the end.
        open: Makes one for each connection.
    """

    runner: web.AppRunner
    open: Callable[[], Connection]


async def fronted(application: web.Application, settings: HttpConfig, serving: Serving) -> Front:
    """Start up the application, and put around it what the settings ask for."""
    runner = web.AppRunner(
        application,
        handle_signals=False,
        keepalive_timeout=settings.keep_alive,
        shutdown_timeout=_WITHOUT_END,
        max_line_size=settings.header_limit,
        max_field_size=settings.header_limit,
        auto_decompress=False,  # it takes what was cut off for whole
        **_access_log(settings),
    )
    await runner.setup()
    server = runner.server
    assert server is not None, "it was set up"  # noqa: S101  (for type checkers)
    make: Make = server.request_factory
    server.request_factory = _requests(functools.partial(make, _cls=Asked), settings)
    handler = _around(surrounded(server.request_handler, serving), settings)
    counted = handler if serving.count is None else _counted(handler, serving.count)
    server.request_handler = _measured(counted, serving.layer.get(Metrics))
    return Front(runner, opening(server, settings.headers_timeout, _marks(settings)))


def _counted(handler: Handler, count: Callable[[], None]) -> Handler:
    async def counted(request: web.BaseRequest) -> web.StreamResponse:
        try:
            return await handler(request)
        finally:
            count()

    return counted


def _measured(handler: Handler, metrics: Metrics) -> Handler:
    """Measured, once somebody exports metrics; as long as nobody does, there is nothing around the handler."""
    telling: Handler | None = None

    def measured(request: web.BaseRequest) -> Awaitable[web.StreamResponse]:
        nonlocal telling
        if not metrics.is_exported:
            return handler(request)
        if telling is None:
            from rostra_aiohttp import measuring

            telling = measuring.telling(handler, metrics)
        return telling(request)

    return measured


def _access_log(settings: HttpConfig) -> dict[str, Any]:
    if not settings.access_log.enabled:
        return {"access_log": None}
    from rostra_aiohttp import access_log

    made = access_log.logger_of(settings.access_log, has_ids=settings.request_id)
    return {"access_log": access_log.LOGGER, "access_log_class": made}


def _marks(settings: HttpConfig) -> Iterator[Mark]:
    """What is done to each answer, streams included, just before its headers are sent."""
    if settings.timeout:
        from rostra_aiohttp.limits import lift_limit

        yield lift_limit
    if settings.cors.origins:
        from rostra_aiohttp.cors import Cors

        yield Cors(settings.cors).mark


def _requests(make: Make, settings: HttpConfig) -> Make:
    """Requests are made in the task of their connection, before that of their own begins."""
    patience, is_identified = float(settings.body_timeout), settings.request_id
    through = _seen_through(settings)

    def made(
        message: RawRequestMessage,
        payload: StreamReader,
        connection: Connection,
        writer: AbstractStreamWriter,
        task: Any,
    ) -> web.BaseRequest:
        body = payload if message.compression is None else _inflated(payload, message.compression)
        request: web.BaseRequest = make(message, body, connection, writer, task)
        if through is not None:
            request = through(request)
        if is_identified:
            identify(request)
        if patience and not payload.is_eof():
            _slow_body()(payload, writer, connection, patience)
        return request

    return made


def _inflated(payload: StreamReader, encoding: str) -> StreamReader:
    """The body as it was before it was compressed."""
    if isinstance(payload, EmptyStreamReader):
        return payload
    from rostra_aiohttp.inflating import Inflated

    return Inflated(payload, encoding)


@functools.cache
def _slow_body() -> Callable[..., object]:
    """What watches over a body that has not come with its request."""
    from rostra_aiohttp.limits import SlowBody

    return SlowBody


def _seen_through(settings: HttpConfig) -> Callable[[web.BaseRequest], web.BaseRequest] | None:
    if not settings.trusted_proxies:
        return None
    from rostra_aiohttp.proxies import Proxies

    return Proxies(settings.trusted_proxies, settings.proxy_header).seen_through


def _around(handler: Handler, settings: HttpConfig) -> Handler:
    if settings.compression.enabled:
        from rostra_aiohttp.compression import compressing

        handler = compressing(handler, settings.compression)
    if settings.timeout:
        from rostra_aiohttp.limits import timed

        handler = timed(handler, settings.timeout)
    if settings.most_requests:
        from rostra_aiohttp.limits import shedding

        handler = shedding(handler, settings.most_requests)
    if settings.cors.origins:
        from rostra_aiohttp.cors import Cors

        handler = Cors(settings.cors).before(handler)
    return handler
