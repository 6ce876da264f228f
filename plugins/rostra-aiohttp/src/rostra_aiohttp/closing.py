"""How a server ends: who came just before is still heard, and the requests that run are finished, or cut.

Of connections that wait to be accepted, what waits at a socket goes to the other processes that accept from it. Where there is none, as with a port that each process
has a socket of its own for, it would be lost when the socket is closed. So it is taken first, and served.
"""

import asyncio
import contextvars
import socket
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from time import monotonic

from aiohttp import web

from rostra import log
from rostra_aiohttp.connections import Connection
from rostra_aiohttp.handling import Serving

MOMENT = 0.25
"""Seconds for what was sent with the connection, or just after it, to arrive."""

_PAUSE = 0.01
"""Seconds between two looks at whether it has."""

_LONG_PAUSE = 0.05
"""Seconds between two looks at whether the bodies of requests have come."""

_LAST_PATIENCE = 0.5
"""Seconds for requests to end once they were cut; well within what the stage grants to a cancelled task."""

_LAST_MOMENT = 0.05
"""Seconds for connections whose requests ignore that they were cut; aiohttp takes 0 for no limit."""

_TURNS = 3
"""Of the loop, until somebody who was accepted is a connection and has been read from."""

_log = log.get("rostra.http")


def take_all(
    listener: socket.socket, speak: Callable[[socket.socket], Awaitable[object]]
) -> Iterator["asyncio.Task[None]"]:
    """Accept all who wait, each in a task, without giving others the time to come.

    Args:
        listener: It does not block.
        speak: Lets somebody speak on a connection.
    """
    loop = asyncio.get_running_loop()
    while (connection := _accepted(listener)) is not None:
        yield loop.create_task(_open(connection, speak), context=contextvars.Context())


async def hear_the_last(
    server: web.Server | None, taken: "Collection[asyncio.Task[None]]", seconds: float = MOMENT
) -> None:
    """Give those who have connected and said nothing yet the moment in which their request arrives.

    Args:
        server: To which connections belong.
        taken: What lets those speak who were taken at the end.
        seconds: How long the moment is.
    """
    last = monotonic() + seconds
    if taken:
        await asyncio.wait(taken, timeout=seconds)
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    while server is not None and any(map(_is_unheard, server.connections)) and monotonic() < last:  # noqa: ASYNC110  (once per stop; an event would cost every connection)
        await asyncio.sleep(_PAUSE)


async def close_all(
    runners: Sequence[web.AppRunner], stops: Sequence[Callable[[], None]], serving: Serving
) -> None:
    """Close what is for all, and then what is for those who look after it: they want to see the end.

    Args:
        runners: Of these, in this order.
        stops: Let nobody be accepted any more at an address; of those that listen already, in the same order.
        serving: Knows of the requests that run.
    """
    first, *others = runners
    try:
        for stop in stops[:1]:
            stop()
        await _close(first, serving)
    finally:
        for stop in stops:
            stop()
        for runner in others:
            await _close(runner, serving)


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
            await _answered(serving, closing)
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
        await asyncio.sleep(_LONG_PAUSE)


async def _answered(serving: Serving, closing: "asyncio.Task[None]") -> None:
    """Wait for the requests that run by themselves, so that whoever asks what this waits for is shown their handlers."""
    while (running := {task for task in serving.running if task is not None}) and not closing.done():
        await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)


async def _close_by_force(
    closing: "asyncio.Task[None]", server: web.Server, application: web.Application
) -> None:
    """End what waits for requests that do not end, and close their connections."""
    closing.cancel()
    await asyncio.wait({closing})
    await server.shutdown(_LAST_MOMENT)
    await application.cleanup()


def _accepted(listener: socket.socket) -> socket.socket | None:
    while True:
        try:
            return listener.accept()[0]
        except ConnectionAbortedError:  # this one has gone; another may wait
            continue
        except OSError:  # nobody waits, or there is no room for more
            return None


async def _open(connection: socket.socket, speak: Callable[[socket.socket], Awaitable[object]]) -> None:
    try:
        await speak(connection)
    except OSError as error:  # the client has gone, or does not speak TLS as we do
        connection.close()
        _log.debug("http.unopened", reason=str(error))


def _is_unheard(connection: object) -> bool:
    return isinstance(connection, Connection) and connection.is_unheard
