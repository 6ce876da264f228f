"""The server: a task that binds the port, serves, and drains.

When the stage stops: readiness says no, and for a grace period everything else goes on; then nothing new is accepted,
idle connections are closed, and the requests that run are finished, however long the stage lets them.
"""

import asyncio
from collections.abc import Sequence

from aiohttp import web

from rostra import log, plugin
from rostra.clock import Clock
from rostra.config import ConfigSource
from rostra.health import Checks
from rostra_aiohttp.front import fronted
from rostra_aiohttp.handling import Serving
from rostra_aiohttp.listening import Listening, Place, listen
from rostra_aiohttp.probes import add_probes
from rostra_aiohttp.settings import HttpConfig

_LAST_PATIENCE = 0.5
"""Seconds for requests to end once they were cut; well within what the stage grants to a cancelled task."""
_MOMENT = 0.05
"""Seconds for connections whose requests ignore that they were cut; aiohttp takes 0 for no limit."""

_log = log.get("rostra.http")


async def serve(
    cancel: plugin.Cancel,
    started: plugin.Started,
    application: web.Application,
    settings: HttpConfig,
    source: ConfigSource,
    serving: Serving,
    checks: Checks,
    clock: Clock,
) -> None:
    """Serve until the stage stops and the last request is answered.

    Raises:
        ListenError: The port is taken, say.
    """
    if settings.probes:
        add_probes(application, checks)
    front = await fronted(application, settings, serving)
    listening: list[Listening] = []
    try:
        listening.append(await listen(front.open, _place(settings), None, source))
        address = serving.layer.add(listening[0].address)
        _log.info("http.listening", url=address.url)
        started()
        await cancel.wait()
        await _grant_grace(settings.grace, clock)
        _accept_no_more(listening)
        _log.info("http.draining")
    except asyncio.CancelledError:
        serving.cut()
        raise
    finally:
        serving.is_draining = True
        _accept_no_more(listening)
        await _close(front.runner, application, serving)


def _place(settings: HttpConfig) -> Place:
    return Place(
        settings.host,
        settings.port,
        socket=settings.socket,
        mode=int(settings.socket_mode, 8),
        send_timeout=settings.send_timeout,
    )


async def _grant_grace(seconds: float, clock: Clock) -> None:
    """Serve on for a while, not ready, until balancers have noticed."""
    if seconds > 0:
        _log.info("http.waiting", seconds=float(seconds))
        await clock.sleep(seconds)


def _accept_no_more(listening: Sequence[Listening]) -> None:
    for each in listening:
        each.stop()


async def _close(runner: web.AppRunner, application: web.Application, serving: Serving) -> None:
    """Close idle connections, and wait for the requests that run.

    The stage cancels this when it waits no longer. Then they are cut, and what the application wants to put away is
    still put away.
    """
    server = runner.server
    closing = asyncio.create_task(runner.cleanup(), name="http: closing")
    try:
        if not serving.is_cut:
            await asyncio.shield(closing)
    except asyncio.CancelledError:
        serving.cut()
        raise
    finally:
        await asyncio.wait({closing}, timeout=_LAST_PATIENCE)
        if closing.done() or server is None or not server.connections:
            await closing
        else:
            await _close_by_force(closing, server, application)


async def _close_by_force(
    closing: "asyncio.Task[None]", server: web.Server, application: web.Application
) -> None:
    """End what waits for requests that do not end, and close their connections."""
    closing.cancel()
    await asyncio.wait({closing})
    await server.shutdown(_MOMENT)
    await application.cleanup()
