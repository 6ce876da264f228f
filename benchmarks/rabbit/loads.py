"""What is measured: how many messages, how many at once, how they are counted; and what bare aio-pika needs for it."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import aio_pika
import msgspec

COUNT = 4_000
IN_FLIGHT = 200
PREFETCH = 100
SLOW = 0.005
BODY = msgspec.json.encode({"item": "tea", "quantity": 2})
QUORUM = {"x-queue-type": "quorum"}
SLOWLY = {"seconds": SLOW, "prefetch": 10, "count": 1_000}


async def at_once(publish: Callable[[], Awaitable[Any]], count: int = COUNT) -> float:
    """Publish with as many in flight as there may be: messages per second."""

    async def some() -> None:
        for _ in range(count // IN_FLIGHT):
            await publish()

    begun = time.perf_counter()
    async with asyncio.TaskGroup() as publishing:
        for _ in range(IN_FLIGHT):
            publishing.create_task(some())
    return count / (time.perf_counter() - begun)


class Count:
    """Counts what was handled, and tells when it was all."""

    def __init__(self, wanted: int = COUNT) -> None:
        self.missing, self.wanted = wanted, wanted
        self.begun = 0.0
        self.all = asyncio.Event()
        self.running = self.most = 0

    @contextmanager
    def handling(self) -> Iterator[None]:
        """The body handles a message; how many did so at once is remembered."""
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            yield
        finally:
            self.running -= 1

    def one(self) -> None:
        self.begun = self.begun or time.perf_counter()
        self.missing -= 1
        if not self.missing:
            self.all.set()

    async def rate(self) -> float:
        await self.all.wait()
        return self.wanted / (time.perf_counter() - self.begun)


@asynccontextmanager
async def bare(url: str, *, prefetch: int = 0) -> AsyncIterator[tuple[Any, Any, str]]:
    """A channel of aio-pika, a quorum queue bound to amq.topic, and its key."""
    key = uuid.uuid4().hex
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        await channel.set_qos(prefetch_count=prefetch)
        queue = await channel.declare_queue(key, durable=True, arguments=QUORUM)
        await queue.bind("amq.topic", key)
        yield channel, queue, key
        await queue.delete(if_unused=False, if_empty=False)


def message() -> aio_pika.Message:
    mode = aio_pika.DeliveryMode.PERSISTENT
    return aio_pika.Message(
        BODY, delivery_mode=mode, message_id=uuid.uuid4().hex, content_type="application/json"
    )
