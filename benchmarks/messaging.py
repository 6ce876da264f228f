"""Messages per second in memory, against what one would write by hand; pair by pair, in one run.

A figure is the share of the other's rate: 1.0 is as many messages per second, 0.5 is half as many. What runs in this
process is measured by its CPU time, which other programs on the machine change least.
"""

import asyncio
import statistics
import sys
import time
import types
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import msgspec

from rostra import context, di, plugin
from rostra_messaging import Connection, Parcel, Publisher, Queue, subscribe
from rostra_messaging.memory import connect

COUNT = 10_000
PUBLISHERS = 10
WORKERS = 10
PAIRS = 7
DEADLINE = 300.0

Rate = Callable[[], Awaitable[float]]
"""Handles some messages, and says how many there were for each second."""


@attrs.frozen
class Order:
    item: str
    quantity: int


ORDER = Order("tea", 2)


@attrs.frozen
class Row:
    """What one thing is compared with another.

    Args:
        name: What is done, and by whom it is done otherwise.
        ours: By rostra.
        other: By the other.
        goal: The share that it should have, if there is one.
    """

    name: str
    ours: Rate
    other: Rate
    goal: float | None = None


def compare(row: Row, pairs: int = PAIRS) -> None:
    """Run both in turn, once to warm up, and print the share of the other's rate."""
    shares = [asyncio.run(row.ours()) / asyncio.run(row.other()) for _ in range(pairs + 1)][1:]
    goal = f"goal ≥ {row.goal}" if row.goal is not None else ""
    spread = f"({min(shares):.2f} to {max(shares):.2f})"
    print(f"{row.name:<82} {statistics.median(shares):5.2f}   {spread}  {goal}".rstrip(), flush=True)


class Count:
    """Counts what was handled, and tells when it was all."""

    def __init__(self, wanted: int = COUNT) -> None:
        self.missing = wanted
        self.all = asyncio.Event()

    def one(self) -> None:
        self.missing -= 1
        if not self.missing:
            self.all.set()


async def timed(count: Count, publish: Callable[[], Awaitable[Any]]) -> float:
    """Publish by several tasks at once, wait until all is handled: messages per second of CPU time."""

    async def some() -> None:
        for _ in range(COUNT // PUBLISHERS):
            await publish()

    start = time.process_time()
    async with asyncio.TaskGroup() as publishing:
        for _ in range(PUBLISHERS):
            publishing.create_task(some())
    await count.all.wait()
    return COUNT / (time.process_time() - start)


async def broker_in_memory() -> float:
    """Bytes in, bytes out: nothing stands on top of the broker."""
    count = Count()

    async def work(consumer: Any) -> None:
        async for delivery in consumer:
            count.one()
            await delivery.done()

    billing = Queue(topic="orders.placed", name="billing", prefetch=WORKERS)
    body = msgspec.json.encode(ORDER)
    async with connect(Connection(url="memory://")) as broker, broker.consume(billing) as consumer:
        working = asyncio.create_task(work(consumer))
        rate = await timed(
            count, lambda: broker.publish(Parcel(id="1", topic="orders.placed", body=body), deadline=30)
        )
        await consumer.stop()
        await working
    return rate


async def queue_of_bytes() -> float:
    """A queue of asyncio with one task that takes from it."""
    count, queue = Count(), asyncio.Queue[tuple[str, bytes]](WORKERS)

    async def work() -> None:
        while True:
            await queue.get()
            count.one()
            queue.task_done()

    working = asyncio.create_task(work())
    body = msgspec.json.encode(ORDER)
    rate = await timed(count, lambda: queue.put(("orders.placed", body)))
    working.cancel()
    return rate


async def handlers_in_memory() -> float:
    """A publisher and a subscription, as an application has them, with their default settings."""
    count = Count()

    @subscribe("orders.placed", group="billing", concurrency=WORKERS)
    async def bill(order: Order) -> None:
        count.one()

    with_handlers = types.ModuleType("benchmarked")
    bill.__module__ = with_handlers.__name__
    vars(with_handlers)["bill"] = bill
    sys.modules[with_handlers.__name__] = with_handlers
    async with plugin.Stage(with_handlers.__name__) as stage:
        await stage.start()
        with context.use(stage.components):
            publisher = await di.nject(Publisher)
        return await timed(count, lambda: publisher.publish("orders.placed", ORDER))


async def workers_with_json() -> float:
    """By hand: an id, JSON both ways, and for each message a task and a deadline."""
    count, queue = Count(), asyncio.Queue[tuple[str, bytes]](WORKERS)
    free, running = asyncio.Semaphore(WORKERS), set()

    async def bill(order: Order) -> None:
        count.one()

    async def handle(body: bytes) -> None:
        async with asyncio.timeout(DEADLINE):
            await bill(msgspec.json.decode(body, type=Order))
        queue.task_done()

    def ended(task: Any) -> None:
        free.release()
        running.discard(task)

    async def work() -> None:
        while True:
            await free.acquire()
            _, body = await queue.get()
            task = asyncio.create_task(handle(body))
            running.add(task)
            task.add_done_callback(ended)

    working = asyncio.create_task(work())
    rate = await timed(count, lambda: queue.put((uuid.uuid4().hex, msgspec.json.encode(ORDER))))
    working.cancel()
    return rate


async def workers_with_objects() -> float:
    """By hand, and with nothing that is not needed: workers, to whom the objects themselves are given."""
    count, queue = Count(), asyncio.Queue[Order](WORKERS)

    async def bill(order: Order) -> None:
        count.one()

    async def work() -> None:
        while True:
            await bill(await queue.get())
            queue.task_done()

    working = [asyncio.create_task(work()) for _ in range(WORKERS)]
    rate = await timed(count, lambda: queue.put(ORDER))
    for each in working:
        each.cancel()
    return rate


MEMORY = (
    Row("memory: publish, take and settle bytes / asyncio.Queue", broker_in_memory, queue_of_bytes, 0.25),
    Row(
        "memory: publish and handle / asyncio.Queue, JSON, a task and a deadline for each",
        handlers_in_memory,
        workers_with_json,
        0.25,
    ),
    Row(
        "memory: publish and handle / asyncio.Queue, workers that are given the objects",
        handlers_in_memory,
        workers_with_objects,
    ),
)


if __name__ == "__main__":
    for row in MEMORY:
        compare(row)
