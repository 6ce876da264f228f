"""The server: a task that binds the port, serves, and drains.

When the stage stops: readiness says no, and for a grace period everything else goes on; then nothing new is accepted,
idle connections are closed, and the requests that run are finished, however long the stage lets them.
"""

import asyncio
import functools
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack

from aiohttp import web

from rostra import log, plugin
from rostra.clock import Clock
from rostra.config import ConfigSource, Duration
from rostra.fork import Sockets, Worker
from rostra.health import Checks, Report
from rostra_aiohttp.front import Front, fronted
from rostra_aiohttp.handling import Serving
from rostra_aiohttp.listening import Accept, Listening, Place, listen
from rostra_aiohttp.settings import AccessLogConfig, AdminConfig, CorsConfig, HttpConfig

_LATER = 5.0
"""Seconds after which what the start did not need is imported: its first answer has been given by then."""

_log = log.get("rostra.http")


class Admin:
    """Where to put what is not for everybody. A component of the stage.

    ::

        admin = await di.nject(Admin)
        admin.application.router.add_get("/metrics", metrics)

    Args:
        application: Served on ``[http.admin]``; without that section it is the application that all see.
        is_apart: Whether it is another than that.
    """

    __slots__ = ("application", "is_apart")

    def __init__(self, application: web.Application, *, is_apart: bool) -> None:
        self.application = application
        self.is_apart = is_apart


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
        async with AsyncExitStack() as meanwhile:
            tls = await _enter(meanwhile, settings, source, clock, serving)
            accept = _accept(worker, fronts[0][0])
            await _listen(fronts, tls, source, sockets or Sockets(), accept, listening, serving)
            started()
            await cancel.wait()
            serving.is_draining = True
            if worker is None or not worker.is_relieved:
                await _grant_grace(settings.grace, clock)
        await _drain(fronts[0][0], listening[0], serving)
    except asyncio.CancelledError:
        serving.cut()
        raise
    finally:
        serving.is_draining = True
        from rostra_aiohttp.closing import close_all

        await close_all([front.runner for front, _ in fronts], [each.stop for each in listening], serving)


def add_probes(application: web.Application, checks: Checks) -> None:
    """Answer the probes, but for those whose path a handler has taken."""
    taken = {resource.canonical for resource in application.router.resources()}
    for path, ask in (("/livez", checks.live), ("/readyz", checks.ready), ("/startupz", checks.startup)):
        if path not in taken:
            application.router.add_get(path, _probe(ask))


def _probe(ask: Callable[[], Awaitable[Report]]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def probe(_: web.Request) -> web.Response:
        from rostra_aiohttp.probes import answered  # once in some seconds, and by then it is there

        return answered(await ask())

    return probe


def _accept(worker: Worker | None, front: Front) -> Accept | None:
    """What leaves the others their part of the connections, if others accept from the same sockets."""
    server = front.runner.server
    if worker is None or worker.balance is None or server is None:
        return None
    from rostra_aiohttp.accepting import Share, accepting

    return functools.partial(accepting, share=Share(worker.balance, lambda: len(server.connections)))


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


async def _enter(
    meanwhile: AsyncExitStack, settings: HttpConfig, source: ConfigSource, clock: Clock, serving: Serving
) -> ssl.SSLContext | None:
    """Look after certificates, and at what blocks the loop, where the settings want that; and be ready for the worst soon.

    Returns:
        What speaks TLS; None where nothing does.
    """
    tls = None
    if settings.tls is not None:
        from rostra_aiohttp.tls import certified

        tls = await meanwhile.enter_async_context(certified(settings, settings.tls, source, clock))
    if settings.blocked_after:
        from rostra_aiohttp.blocking import watched

        meanwhile.enter_context(watched(serving, float(settings.blocked_after)))
    meanwhile.callback(asyncio.get_running_loop().call_later(_LATER, _be_ready, serving).cancel)
    return tls


def _be_ready(serving: Serving) -> None:
    """Import what is needed when something goes wrong or ends, or is asked whether it is well: then there may be no file
    left that could be opened.
    """
    from rostra_aiohttp import closing, limits, probes, problems  # noqa: F401  (to be there)

    serving.layer.get(Checks).expect_questions()


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


async def _grant_grace(seconds: float, clock: Clock) -> None:
    """Serve on for a while, not ready, until balancers have noticed.

    Answers end their connections meanwhile: a client that keeps one comes back to us by it, whatever a balancer says, and
    would lose the request that it sends in the moment in which idle connections are closed.
    """
    if seconds > 0:
        _log.info("http.waiting", seconds=float(seconds))
        await clock.sleep(seconds)


async def _drain(front: Front, listening: Listening, serving: Serving) -> None:
    """Accept nobody any more, let those speak who have come, and end what talks on and on."""
    listening.stop()
    _log.info("http.draining")
    from rostra_aiohttp.closing import hear_the_last

    await hear_the_last(front.runner.server, listening.taken)
    for end in serving.lasting:
        await end()
