"""Who came just before the end: connections that wait to be accepted, and those that have not said anything yet.

What waits at a socket goes to the other processes that accept from it. Where there is none, as with a port that each process
has a socket of its own for, it would be lost when the socket is closed. So it is taken first, and served.
"""

import asyncio
import contextvars
import socket
from collections.abc import Awaitable, Callable, Collection, Iterator
from time import monotonic

from aiohttp import web

from rostra import log
from rostra_aiohttp.connections import Connection

MOMENT = 0.25
"""Seconds for what was sent with the connection, or just after it, to arrive."""

_PAUSE = 0.01
"""Seconds between two looks at whether it has."""

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
