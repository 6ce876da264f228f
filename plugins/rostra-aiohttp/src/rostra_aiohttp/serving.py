"""The server: a task that binds the port, serves, and drains.

When the stage stops: readiness says no, and for a grace period everything else goes on; then nothing new is accepted,
idle connections are closed, and the requests that run are finished, however long the stage lets them.
"""

import asyncio
import functools
import ssl
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

from aiohttp import web

from rostra import log, plugin
from rostra.clock import Clock
from rostra.config import ConfigSource, Duration
from rostra.fork import Sockets, Worker
from rostra.health import Checks
from rostra_aiohttp.front import Front, fronted
from rostra_aiohttp.handling import Serving
from rostra_aiohttp.listening import Accept, Listening, Place, listen
from rostra_aiohttp.probes import Admin, add_probes
from rostra_aiohttp.settings import AccessLogConfig, AdminConfig, CorsConfig, HttpConfig

_LAST_PATIENCE = 0.5
"""Seconds for requests to end once they were cut; well within what the stage grants to a cancelled task."""
_MOMENT = 0.05
"""Seconds for connections whose requests ignore that they were cut; aiohttp takes 0 for no limit."""

_PAUSE = 0.05
"""Seconds between two looks at whether the bodies of requests have come."""

_log = log.get("rostra.http")


async def serve(
    cancel: plugin.Cancel,
    started: plugin.Started,
    application: web.Application,
    admin: Admin,
    settings: HttpConfig,
    source: ConfigSource,
    serving: Serving,
    checks: Checks,
    clock: Clock,
    sockets: Sockets | None = None,
    worker: Worker | None = None,
) -> None:
    """Serve until the stage stops and the last request is answered.

    Raises:
        ListenError: The port is taken, say, or the certificate has expired.
    """
    if settings.probes:
        add_probes(admin.application, checks)
    if settings.openapi.enabled:
        from rostra_aiohttp.openapi_pages import add_openapi

        add_openapi(application, settings.openapi)
    serving.count = None if worker is None else worker.count_request
    fronts = [(await fronted(application, settings, serving), settings)]
    if admin.is_apart and settings.admin is not None:
        apart = _apart(settings, settings.admin)
        fronts.append((await fronted(admin.application, apart, serving), apart))
    listening: list[Listening] = []
    try:
        async with _certified(settings, source, clock) as tls, _watched(serving, settings):
            accept = _accept(worker, fronts[0][0])
            await _listen(fronts, tls, source, sockets or Sockets(), accept, listening, serving)
            started()
            await cancel.wait()
            serving.is_draining = True
            if worker is None or not worker.is_relieved:
                await _grant_grace(settings.grace, clock)
        _accept_no_more(listening[:1])
        _log.info("http.draining")
        await _hear_the_last(fronts[0][0], listening[0])
        for end in serving.lasting:
            await end()
    except asyncio.CancelledError:
        serving.cut()
        raise
    finally:
        serving.is_draining = True
        await _close_all([front for front, _ in fronts], listening, serving)


def _accept(worker: Worker | None, front: Front) -> Accept | None:
    """What leaves the others their part of the connections, if others accept from the same sockets."""
    server = front.runner.server
    if worker is None or worker.balance is None or server is None:
        return None
    from rostra_aiohttp.accepting import Accepting, Share

    return functools.partial(Accepting, share=Share(worker.balance, lambda: len(server.connections)))


def _apart(settings: HttpConfig, admin: AdminConfig) -> HttpConfig:
    """How the address for those who look after the service is served: as plainly as can be."""
    import attrs

    return attrs.evolve(  # type: ignore[misc]  # to mypy only classes of attrs' own decorators are attrs classes
        settings,
        host=admin.host,
        port=admin.port,
        socket=None,
        tls=None,
        timeout=Duration(0.0),
        most_requests=0,
        trusted_proxies=(),
        access_log=AccessLogConfig(),
        cors=CorsConfig(),
    )


@asynccontextmanager
async def _watched(serving: Serving, settings: HttpConfig) -> AsyncIterator[None]:
    """Whether something blocks the loop is looked at while the body runs, if anybody wants that."""
    if not settings.blocked_after:
        yield
        return
    from rostra_aiohttp.blocking import watched

    with watched(serving, float(settings.blocked_after)):
        yield


@asynccontextmanager
async def _certified(
    settings: HttpConfig, source: ConfigSource, clock: Clock
) -> AsyncIterator[ssl.SSLContext | None]:
    """The certificate, looked after while the body runs; None where none is served."""
    if settings.tls is None:
        yield None
        return
    from rostra_aiohttp.tls import certificate, renewing

    served = certificate(settings, source, clock.now())
    every = settings.tls.check_every
    looking = (
        asyncio.create_task(renewing(served, every, clock), name="http: certificates") if every else None
    )
    try:
        yield served.context
    finally:
        if looking is not None:
            looking.cancel()
            await asyncio.wait({looking})


async def _listen(
    fronts: Sequence[tuple[Front, HttpConfig]],
    tls: ssl.SSLContext | None,
    source: ConfigSource,
    sockets: Sockets,
    accept: Accept | None,
    listening: list[Listening],
    serving: Serving,
) -> None:
    """Listen at the main address, and then at that of its own."""
    for (front, settings), section, context in zip(fronts, ("http", "http.admin"), (tls, None), strict=False):
        is_main = section == "http"
        place, its = _place(settings, section), accept if is_main else None
        listening.append(await listen(front.open, place, context, source, sockets, its))
        first, *others = listening[-1].addresses
        serving.layer.add(first, name=None if is_main else "admin")
        for address in others:
            serving.layer.add(address, name=address.url)
        for address in listening[-1].addresses:
            _log.info("http.listening", url=address.url, **({} if is_main else {"for": "admin"}))


def _place(settings: HttpConfig, section: str) -> Place:
    return Place(
        settings.host,
        settings.port,
        section,
        socket=settings.socket,
        mode=int(settings.socket_mode, 8),
        send_timeout=settings.send_timeout,
        headers_timeout=settings.headers_timeout,
    )


async def _close_all(fronts: Sequence[Front], listening: Sequence[Listening], serving: Serving) -> None:
    """Close what is for all, and then what is for those who look after it: they want to see the end."""
    try:
        _accept_no_more(listening[:1])
        await _close(fronts[0].runner, serving)
    finally:
        _accept_no_more(listening)
        for front in fronts[1:]:
            await _close(front.runner, serving)


async def _grant_grace(seconds: float, clock: Clock) -> None:
    """Serve on for a while, not ready, until balancers have noticed.

    Answers end their connections meanwhile: a client that keeps one comes back to us by it, whatever a balancer says, and
    would lose the request that it sends in the moment in which idle connections are closed.
    """
    if seconds > 0:
        _log.info("http.waiting", seconds=float(seconds))
        await clock.sleep(seconds)


async def _hear_the_last(front: Front, listening: Listening) -> None:
    from rostra_aiohttp.closing import hear_the_last

    await hear_the_last(front.runner.server, listening.taken)


def _accept_no_more(listening: Iterable[Listening]) -> None:
    for each in listening:
        each.stop()


async def _close(runner: web.AppRunner, serving: Serving) -> None:
    """Close idle connections, and wait for the requests that run.

    The stage cancels this when it waits no longer. Then they are cut, and what the application wants to put away is
    still put away.
    """
    server = runner.server
    closing: asyncio.Task[None] | None = None
    try:
        if not serving.is_cut:
            await _received(serving)
            closing = _closing(runner)
            await asyncio.shield(closing)
    except asyncio.CancelledError:
        serving.cut()
        raise
    finally:
        closing = closing or _closing(runner)
        await asyncio.wait({closing}, timeout=_LAST_PATIENCE)
        if closing.done() or server is None or not server.connections:
            await closing
        else:
            await _close_by_force(closing, server, runner.app)


def _closing(runner: web.AppRunner) -> "asyncio.Task[None]":
    return asyncio.create_task(runner.cleanup(), name="http: closing")


async def _received(serving: Serving) -> None:
    """Wait until the bodies of requests that run have come: once it closes, aiohttp drops what arrives."""
    while any(not request.content.is_eof() for request in serving.running.values()):  # noqa: ASYNC110  (once per stop; an event would cost every request)
        await asyncio.sleep(_PAUSE)


async def _close_by_force(
    closing: "asyncio.Task[None]", server: web.Server, application: web.Application
) -> None:
    """End what waits for requests that do not end, and close their connections."""
    closing.cancel()
    await asyncio.wait({closing})
    await server.shutdown(_MOMENT)
    await application.cleanup()
