"""What does my code do when the network is bad? A real TCP proxy that delays, stalls and cuts.

It listens on a free port of 127.0.0.1 and passes bytes on to a real server. Delays are kept by a clock, so a
test may move them by hand; nothing here sleeps of its own accord.
"""

import asyncio
import contextlib
import socket
import struct
from types import TracebackType
from typing import Self

from rostra.clock import Clock, SystemClock

__all__ = ["TcpProxy"]

_CHUNK_BYTES = 65536


class TcpProxy:
    """An async context manager: between clients and the server at ``host`` and ``port``, while the body runs.

    Args:
        host: Where the server listens.
        port: Where the server listens.
        delay: Seconds that each piece of data waits before it is passed on, in each direction. May be changed
            at any time.
        clock: What measures the delay; a ``ManualClock`` holds data back until it is moved.

    Attributes:
        host: Where clients connect to: 127.0.0.1.
        port: The free port that was found when the body was entered.
    """

    def __init__(self, host: str, port: int, *, delay: float = 0.0, clock: Clock | None = None) -> None:
        self.delay = delay
        self.host = "127.0.0.1"
        self.port = 0
        self._target = (host, port)
        self._clock: Clock = clock or SystemClock()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._is_refusing = False
        self._links: set[asyncio.Task[None]] = set()
        self._joined = 0
        self._changed = asyncio.Event()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._link, self.host, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        await self.cut()

    @property
    def connections(self) -> int:
        """How many clients are connected through to the server now."""
        return self._joined

    async def wait_for_connections(self, count: int) -> None:
        """Return when exactly ``count`` clients are connected through to the server."""
        while self._joined != count:
            self._changed.clear()
            await self._changed.wait()

    def stall(self) -> None:
        """Pass nothing on from now on; connections stay open, and new ones are accepted and hang.

        So behaves a network that drops packets: nobody is told.
        """
        self._flowing.clear()

    def resume(self) -> None:
        """Pass everything on again, first what was held back."""
        self._flowing.set()

    def refuse(self) -> None:
        """Reset new connections as soon as they are made, as a balancer does whose servers are down."""
        self._is_refusing = True

    def accept(self) -> None:
        """Serve new connections again, after ``refuse``."""
        self._is_refusing = False

    async def cut(self) -> None:
        """Reset all connections on both sides, in the middle of whatever is on its way. New ones may come."""
        links = list(self._links)
        for link in links:
            link.cancel()
        if links:
            await asyncio.wait(links)

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  (asyncio serves each client in a task of its own)
        self._links.add(task)
        try:
            if not self._is_refusing:
                await self._join(reader, writer)
        except asyncio.CancelledError:
            pass  # this is how ``cut`` ends a link; asyncio would log the end of a cancelled server task
        finally:
            _reset(writer)
            self._links.discard(task)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._flowing.wait()
        try:
            upstream, to_server = await asyncio.open_connection(*self._target)
        except OSError:
            return
        self._count(+1)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(reader, to_server))
                both.create_task(self._pump(upstream, writer))
            await _farewell(to_server)
            await _farewell(writer)
        except* OSError:
            pass  # one side was reset: so is the other, below
        finally:
            _reset(to_server)
            self._count(-1)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(_CHUNK_BYTES):
            if self.delay > 0:
                await self._clock.sleep(self.delay)
            await self._flowing.wait()
            writer.write(data)
            await writer.drain()
        await self._flowing.wait()
        writer.write_eof()

    def _count(self, more: int) -> None:
        self._joined += more
        self._changed.set()


async def _farewell(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close at once and without a farewell, unless it is closed already."""
    if writer.is_closing():
        return
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
