"""The server: a task that binds the port, serves, and drains.

When the stage stops: readiness says no, and for a grace period everything else goes on; then nothing new is accepted,
idle connections are closed, and the requests that run are finished, however long the stage lets them.
"""

import asyncio
import contextvars
import errno
import socket
from typing import NamedTuple

from aiohttp import web

from rostra import log, plugin
from rostra.clock import Clock
from rostra.config import ConfigSource
from rostra.health import Checks
from rostra_aiohttp.errors import ListenError
from rostra_aiohttp.handling import Serving, middleware
from rostra_aiohttp.probes import add_probes
from rostra_aiohttp.settings import HttpConfig

_WITHOUT_END = 365 * 86400.0
_LAST_PATIENCE = 0.5
"""Seconds for requests to end once they were cut; well within what the stage grants to a cancelled task."""
_MOMENT = 0.05
"""Seconds for connections whose requests ignore that they were cut; aiohttp takes 0 for no limit."""

_NO_ADDRESS = "this machine has no such address"
_NO_ADDRESS_AT_ALL = "could not bind on any address"
"""How asyncio says so since Python 3.13, without a number."""
_REASONS: dict[int | None, str] = {
    errno.EADDRINUSE: "another process listens there already",
    errno.EACCES: "this user may not listen on a port below 1024",
}

_log = log.get("rostra.http")


class Address(NamedTuple):
    """Where the server listens. A component of the stage from the moment in which the port is bound.

    Args:
        host: As bound.
        port: As bound, never 0.
    """

    host: str
    port: int

    @property
    def url(self) -> str:
        """Without a slash at the end: ``http://127.0.0.1:8080``."""
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"


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
    application.middlewares.insert(0, middleware(serving))
    if settings.probes:
        add_probes(application, checks)
    runner = web.AppRunner(
        application,
        access_log=None,
        handle_signals=False,
        keepalive_timeout=settings.keep_alive,
        shutdown_timeout=_WITHOUT_END,
    )
    await runner.setup()
    try:
        await _listen(runner, settings, source)
        address = serving.layer.add(Address(*runner.addresses[0][:2]))
        _log.info("http.listening", url=address.url)
        started()
        await cancel.wait()
        await _grant_grace(settings.grace, clock)
        await _accept_no_more(runner)
    except asyncio.CancelledError:
        serving.cut()
        raise
    finally:
        serving.is_draining = True
        await _close(runner, application, serving)


async def _listen(runner: web.AppRunner, settings: HttpConfig, source: ConfigSource) -> None:
    """Bind the port. Connections inherit the context variables of whoever does: here nobody's, since the lines
    that a handler logs are not lines of this task.
    """
    site = web.TCPSite(runner, settings.host, settings.port)
    try:
        await asyncio.create_task(site.start(), name="http: listen", context=contextvars.Context())
    except OSError as error:
        raise _refused(error, settings, source) from None


async def _grant_grace(seconds: float, clock: Clock) -> None:
    """Serve on for a while, not ready, until balancers have noticed."""
    if seconds > 0:
        _log.info("http.waiting", seconds=float(seconds))
        await clock.sleep(seconds)


async def _accept_no_more(runner: web.AppRunner) -> None:
    for site in list(runner.sites):
        await site.stop()
    _log.info("http.draining")


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


def _refused(error: OSError, settings: HttpConfig, source: ConfigSource) -> ListenError:
    if isinstance(error, socket.gaierror):
        reason, setting, value = f"its name cannot be resolved: {error.strerror}", "host", "127.0.0.1"
    elif error.errno == errno.EADDRNOTAVAIL or str(error).startswith(_NO_ADDRESS_AT_ALL):
        reason, setting, value = _NO_ADDRESS, "host", "127.0.0.1"
    else:
        reason = _REASONS.get(error.errno) or str(error)
        setting, value = "port", str(_another(settings.port))
    origin = source.origin(f"http.{setting}")
    variable = source.variable(f"http.{setting}") or f"with --env-prefix APP, APP_HTTP_{setting.upper()}"
    said = f"[http] {setting} = {getattr(settings, setting)}, from {origin}"
    free = (
        "stop that process, or listen elsewhere; port 0 takes any that is free:" if setting == "port" else ""
    )
    ways = (
        f"--set http.{setting}={value}",
        f"{variable}={value}",
        f"[http] {setting} = {value} in a file of settings",
    )
    return ListenError(settings.host, settings.port, reason, (said,), (*filter(None, [free]), *ways))


def _another(port: int) -> int:
    return port + 1 if 1024 <= port < 65535 else 8080  # noqa: PLR2004  (below, one needs to be root)
