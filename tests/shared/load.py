"""Steady load on an HTTP service: every request is answered, perhaps at a second try, or it has failed.

It speaks HTTP itself, so that a second try is this one's and no library's, and is on a new connection.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import attrs

FIRST_PATIENCE = 1.0
"""Seconds until a client tries a second time; the second try has as long as a busy machine may need."""

LAST_PATIENCE = 20.0


class NoAnswerError(Exception):
    """The connection ended, or what came was no answer."""


@attrs.define(eq=False)
class Seen:
    """What the clients of a service have seen.

    Args:
        bodies: The texts of answers, counted.
        retried: How many requests were answered at the second try, and when each first try had begun.
        failed: What went wrong with those that were not answered at all.
        slowest: Seconds from the first try to the answer.
    """

    bodies: Counter[str] = attrs.field(factory=Counter)
    retried: list[float] = attrs.field(factory=list)
    failed: list[str] = attrs.field(factory=list)
    slowest: float = 0.0
    is_over: bool = False
    changed: asyncio.Condition = attrs.field(factory=asyncio.Condition)

    @property
    def count(self) -> int:
        """How many were answered."""
        return self.bodies.total()

    async def until(self, more: int) -> None:
        """Wait until so many more have been answered."""
        enough = self.count + more
        async with self.changed, asyncio.timeout(60):
            await self.changed.wait_for(lambda: self.count >= enough)

    async def until_failed(self) -> None:
        """Wait until a request has failed."""
        async with self.changed, asyncio.timeout(60):
            await self.changed.wait_for(lambda: bool(self.failed))

    async def fail(self, reason: str) -> None:
        """One request that is not answered."""
        self.failed.append(reason)
        async with self.changed:
            self.changed.notify_all()

    async def note(self, body: str, begun: float, tries: int) -> None:
        """One more answer."""
        self.bodies[body] += 1
        self.slowest = max(self.slowest, time.monotonic() - begun)
        if tries > 1:
            self.retried.append(begun)
        async with self.changed:
            self.changed.notify_all()


@attrs.define(eq=False)
class Client:
    """One client, with one connection at a time.

    Args:
        host: Of the service.
        port: Of the service.
        keeps: Whether it asks again on the same connection.
    """

    host: str
    port: int
    keeps: bool
    path: str = "/"
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self) -> str:
        """The body of one answer."""
        if self.connection is None:
            self.connection = await asyncio.open_connection(self.host, self.port)
        reader, writer = self.connection
        ending = "keep-alive" if self.keeps else "close"
        writer.write(f"GET {self.path} HTTP/1.1\r\nHost: x\r\nConnection: {ending}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        if not head.startswith("http/1.1 200 "):
            raise NoAnswerError(head.partition("\r\n")[0])
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        body = await reader.readexactly(length)
        if not self.keeps or "connection: close" in head:
            self.let_go()
        return body.decode()

    def let_go(self) -> None:
        """Close the connection."""
        if self.connection is not None:
            self.connection[1].transport.abort()
            self.connection = None


async def _ask_on_and_on(client: Client, seen: Seen, pause: float) -> None:
    while not seen.is_over:
        begun = time.monotonic()
        for tries, patience in enumerate((FIRST_PATIENCE, LAST_PATIENCE), 1):
            try:
                async with asyncio.timeout(patience):
                    body = await client.ask()
            except (OSError, EOFError, NoAnswerError) as error:  # TimeoutError is an OSError
                client.let_go()
                if tries > 1:
                    await seen.fail(f"{type(error).__name__}: {error}")
                continue
            await seen.note(body, begun, tries)
            break
        await asyncio.sleep(pause)  # what makes the load steady, and leaves time to the service
    client.let_go()


@asynccontextmanager
async def load(
    address: tuple[str, int], *, keeping: int = 4, coming: int = 2, pause: float = 0.01, path: str = "/"
) -> AsyncIterator[Seen]:
    """Clients that ask during the body, and finish what they have begun.

    Args:
        address: Host and port.
        keeping: How many keep their connections.
        coming: How many come with a new connection each time.
        pause: Seconds between an answer and the next request.
        path: What they ask for.
    """
    seen = Seen()
    clients = [Client(*address, keeps=number < keeping, path=path) for number in range(keeping + coming)]
    async with asyncio.TaskGroup() as tasks:
        for client in clients:
            tasks.create_task(_ask_on_and_on(client, seen, pause))
        try:
            yield seen
        finally:
            seen.is_over = True
    with suppress(OSError):
        for client in clients:
            client.let_go()
