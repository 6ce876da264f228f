"""Messages per second over RabbitMQ, against bare aio-pika that does the same, and against peers; pair by pair, in one run.

A figure is the share of the other's rate, by the clock on the wall: 1.0 is as many messages per second. The node is one of
this program's own. Without an installed RabbitMQ nothing is measured.
"""

import asyncio
import importlib.util
import statistics
import sys
import tempfile
import time
import types
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aio_pika
import msgspec

from rostra import context, di, plugin
from rostra_amqp import connect
from rostra_amqp.nodes import RabbitNode
from rostra_messaging import Connection, Parcel, Publisher, Queue, subscribe

COUNT = 4_000
IN_FLIGHT = 200
PREFETCH = 100
SLOW = 0.005
PAIRS = 3
BODY = msgspec.json.encode({"item": "tea", "quantity": 2})
QUORUM = {"x-queue-type": "quorum"}

Rate = Callable[[str], Awaitable[float]]
"""Handles some messages of the node with this URL, and says how many there were for each second."""


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


async def publish_bare(url: str) -> float:
    async with bare(url) as (channel, _, key):
        exchange = await channel.get_exchange("amq.topic", ensure=False)
        return await at_once(lambda: exchange.publish(message(), key))


async def publish_by_broker(url: str) -> float:
    """Without a stage: what the transport alone costs."""
    queue = Queue(topic=uuid.uuid4().hex, name=uuid.uuid4().hex)
    async with connect(Connection(url=url, settings={"settle": 0})) as broker:
        async with broker.consume(queue) as consumer:
            await consumer.stop()

        def publish() -> Awaitable[None]:
            parcel = Parcel(id=uuid.uuid4().hex, topic=queue.topic, body=BODY)
            return broker.publish(parcel, deadline=30)

        return await at_once(publish)


async def publish_by_publisher(url: str) -> float:
    """As an application does, with its envelope, and a queue that nobody empties meanwhile."""
    topic = uuid.uuid4().hex
    config = {"messaging": {"url": url, "envelope": "bare-json", "options": {"settle": 0}}}
    made = Queue(topic=topic, name=topic)
    async with (
        connect(Connection(url=url, settings={"settle": 0})) as broker,
        broker.consume(made) as consumer,
    ):
        await consumer.stop()
    async with plugin.Stage("rostra_messaging", config=config) as stage:
        await stage.start()
        with context.use(stage.components):
            publisher = await di.nject(Publisher)
        order = {"item": "tea", "quantity": 2}
        return await at_once(lambda: publisher.publish(topic, order))


async def consume_bare(
    url: str, *, seconds: float = 0.0, prefetch: int = PREFETCH, count: int = COUNT
) -> float:
    """As its documentation has it: a callback for each message, JSON read, acknowledged in the end."""
    done = Count(count)

    async def handle(incoming: aio_pika.abc.AbstractIncomingMessage) -> None:
        async with incoming.process():
            msgspec.json.decode(incoming.body)
            if seconds:
                await asyncio.sleep(seconds)
        done.one()

    async with bare(url, prefetch=prefetch) as (channel, queue, key):
        exchange = await channel.get_exchange("amq.topic", ensure=False)
        await at_once(lambda: exchange.publish(message(), key), count)
        await queue.consume(handle)
        return await done.rate()


async def consume_by_broker(url: str) -> float:
    done, queue = Count(), Queue(topic=uuid.uuid4().hex, name=uuid.uuid4().hex, prefetch=PREFETCH)
    async with connect(Connection(url=url, settings={"settle": 0})) as broker:
        await fill(broker, queue, COUNT)
        async with broker.consume(queue) as consumer:
            counting = asyncio.create_task(done.rate())
            async for delivery in consumer:
                msgspec.json.decode(delivery.parcel.body)
                await delivery.done()
                done.one()
                if not done.missing:
                    break
            return await counting


async def fill(broker: Any, queue: Queue, count: int) -> None:
    async with broker.consume(queue) as consumer:
        await consumer.stop()
    await at_once(
        lambda: broker.publish(Parcel(id=uuid.uuid4().hex, topic=queue.topic, body=BODY), deadline=60), count
    )


async def consume_by_handler(
    url: str, *, seconds: float = 0.0, prefetch: int = PREFETCH, count: int = COUNT
) -> float:
    """A subscription in a stage: a scope, a deadline, a log context and a task for each message."""
    done = Count(count)

    async def handle(order: dict[str, Any]) -> None:
        if seconds:
            await asyncio.sleep(seconds)
        done.one()

    return await handled(url, handle, done, prefetch)


async def handled(url: str, handle: Callable[..., Awaitable[None]], done: Count, prefetch: int) -> float:
    """The messages that ``done`` wants wait in a queue; a stage handles them."""
    topic, count = uuid.uuid4().hex, done.wanted
    handle = subscribe(topic, group="benchmark", concurrency=prefetch, envelope="bare-json")(handle)
    async with connect(Connection(url=url, settings={"settle": 0})) as broker:
        await fill(broker, Queue(topic=topic, name=f"benchmark.{topic}", prefetch=prefetch), count)
    module = types.ModuleType("benchmarked")
    handle.__module__ = module.__name__
    vars(module)["handle"] = handle
    sys.modules[module.__name__] = module
    config = {"messaging": {"url": url, "options": {"settle": 0}}}
    async with plugin.Stage(module.__name__, config=config) as stage:
        await stage.start()
        return await done.rate()


async def consume_by_faststream(
    url: str, *, seconds: float = 0.0, prefetch: int = PREFETCH, count: int = COUNT
) -> float:
    from faststream.rabbit import Channel, RabbitBroker, RabbitQueue
    from faststream.rabbit.schemas import QueueType

    done, name = Count(count), uuid.uuid4().hex
    broker = RabbitBroker(url, logger=None, default_channel=Channel(prefetch_count=prefetch))

    @broker.subscriber(RabbitQueue(name, queue_type=QueueType.QUORUM, durable=True))
    async def handle(order: dict[str, Any]) -> None:
        if seconds:
            await asyncio.sleep(seconds)
        done.one()

    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        await channel.declare_queue(name, durable=True, arguments=QUORUM)
        await at_once(lambda: channel.default_exchange.publish(message(), name), count)
    async with broker:
        await broker.start()
        return await done.rate()


def compare(name: str, ours: Rate, other: Rate, url: str, goal: float | None = None) -> None:
    """Run both in turn, once to warm up, and print the share of the other's rate."""
    shares = [asyncio.run(ours(url)) / asyncio.run(other(url)) for _ in range(PAIRS + 1)][1:]
    spread = f"({min(shares):.2f} to {max(shares):.2f})"
    wanted = f"goal ≥ {goal}" if goal is not None else ""
    print(f"{name:<82} {statistics.median(shares):5.2f}   {spread}  {wanted}".rstrip(), flush=True)


def flat_memory(url: str) -> None:
    """100,000 messages wait; only as many as the prefetch are ever in the process, and no more of them are handled at once."""
    import resource

    def run(count: int) -> tuple[float, int]:
        done = Count(count)

        async def handle(order: dict[str, Any]) -> None:
            with done.handling():
                await asyncio.sleep(0)
            done.one()

        return asyncio.run(handled(url, handle, done, PREFETCH)), done.most

    run(1_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rate, most = run(100_000)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(
        f"rabbitmq: 100,000 queued messages handled, {rate:.0f}/s: the process grew by {grown:.0f} MiB, and handled {most} at"
        f" once, of {PREFETCH} that it may",
        flush=True,
    )


def main(url: str) -> None:
    compare(
        "rabbitmq: confirmed publish, 200 in flight: transport / bare aio-pika",
        publish_by_broker,
        publish_bare,
        url,
        0.9,
    )
    compare(
        "rabbitmq: confirmed publish, 200 in flight: Publisher / bare aio-pika",
        publish_by_publisher,
        publish_bare,
        url,
        0.9,
    )
    compare(
        "rabbitmq: consume and acknowledge: transport / bare aio-pika",
        consume_by_broker,
        consume_bare,
        url,
        0.85,
    )
    compare(
        "rabbitmq: consume and acknowledge: handler / bare aio-pika",
        consume_by_handler,
        consume_bare,
        url,
        0.85,
    )
    slow = {"seconds": SLOW, "prefetch": 10, "count": 1_000}
    ours, other = partial(consume_by_handler, **slow), partial(consume_bare, **slow)
    compare("rabbitmq: handlers that wait 5 ms, 10 at once: handler / bare aio-pika", ours, other, url, 0.9)
    if importlib.util.find_spec("faststream") is not None:
        compare(
            "rabbitmq: consume and acknowledge: handler / FastStream",
            consume_by_handler,
            consume_by_faststream,
            url,
        )
    flat_memory(url)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="rostra-bench-", ignore_cleanup_errors=True) as folder:
        try:
            node = RabbitNode(Path(folder))
        except FileNotFoundError as missing:
            print(missing)
        else:
            node.start()
            try:
                main(node.url)
            finally:
                node.stop()
