"""Messages per second over RabbitMQ, against bare aio-pika that does the same, and against peers; pair by pair, in one run.

A figure is the share of the other's rate, by the clock on the wall: 1.0 is as many messages per second. The node is one of
this program's own. Without an installed RabbitMQ nothing is measured; a peer that is not installed is named and left out.

tomodachi makes classic queues only, and does not wait for confirmations: so it is compared on such a queue, and its
publishing is not.
"""

import asyncio
import importlib.util
import statistics
import sys
import tempfile
import types
import uuid
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import aio_pika
import msgspec
from rabbit.loads import BODY, COUNT, PREFETCH, SLOWLY, Count, at_once, bare, message
from rabbit.peers import (
    AS_TOMODACHI,
    TOMODACHI,
    consume_by_faststream,
    consume_by_tomodachi,
    in_envelope,
    publish_by_faststream,
)

from rostra import context, di, plugin
from rostra_amqp import connect
from rostra_amqp.nodes import RabbitNode
from rostra_messaging import Connection, Parcel, Publisher, Queue, subscribe

PAIRS = 3

Rate = Callable[[str], Awaitable[float]]
"""Handles some messages of the node with this URL, and says how many there were for each second."""


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
        tag = await queue.consume(handle)
        rate = await done.rate()
        await queue.cancel(tag)
        return rate


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


async def fill(broker: Any, queue: Queue, count: int, body: Callable[[], bytes] = lambda: BODY) -> None:
    async with broker.consume(queue) as consumer:
        await consumer.stop()
    await at_once(
        lambda: broker.publish(Parcel(id=uuid.uuid4().hex, topic=queue.topic, body=body()), deadline=60),
        count,
    )


async def consume_by_handler(
    url: str,
    *,
    seconds: float = 0.0,
    prefetch: int = PREFETCH,
    count: int = COUNT,
    like_tomodachi: bool = False,
) -> float:
    """A subscription in a stage: a scope, a deadline, a log context and a task for each message."""
    done = Count(count)

    async def handle(order: dict[str, Any]) -> None:
        if seconds:
            await asyncio.sleep(seconds)
        done.one()

    return await handled(url, handle, done, prefetch, like_tomodachi=like_tomodachi)


async def handled(
    url: str,
    handle: Callable[..., Awaitable[None]],
    done: Count,
    prefetch: int,
    *,
    like_tomodachi: bool = False,
) -> float:
    """The messages that ``done`` wants wait in a queue; a stage handles them."""
    topic, count = uuid.uuid4().hex, done.wanted
    options, envelope = ((AS_TOMODACHI,), "json") if like_tomodachi else ((), "bare-json")
    handle = subscribe(topic, group="benchmark", concurrency=prefetch, envelope=envelope, options=options)(
        handle
    )
    queue = Queue(topic=topic, name=f"benchmark.{topic}", prefetch=prefetch, options=options)
    async with connect(Connection(url=url, settings={"settle": 0})) as broker:
        await fill(broker, queue, count, partial(in_envelope, topic) if like_tomodachi else lambda: BODY)
    module = types.ModuleType("benchmarked")
    handle.__module__ = module.__name__
    vars(module)["handle"] = handle
    sys.modules[module.__name__] = module
    config = {"messaging": {"url": url, "options": {"settle": 0}}}
    async with plugin.Stage(module.__name__, config=config) as stage:
        await stage.start()
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
    ours, other = partial(consume_by_handler, **SLOWLY), partial(consume_bare, **SLOWLY)
    compare("rabbitmq: handlers that wait 5 ms, 10 at once: handler / bare aio-pika", ours, other, url, 0.9)
    beside_peers(url)
    flat_memory(url)


def beside_peers(url: str) -> None:
    """Print the rows of those that are installed."""
    if importlib.util.find_spec("faststream") is None:
        print("rabbitmq: FastStream is not installed, and left out", flush=True)
    else:
        beside_faststream(url)
    if not TOMODACHI.exists():
        print("rabbitmq: tomodachi is not installed, and left out", flush=True)
    else:
        beside_tomodachi(url)


def beside_faststream(url: str) -> None:
    name = "rabbitmq: confirmed publish, 200 in flight: Publisher / FastStream"
    compare(name, publish_by_publisher, publish_by_faststream, url)
    name = "rabbitmq: consume and acknowledge: handler / FastStream"
    compare(name, consume_by_handler, consume_by_faststream, url)
    ours, other = partial(consume_by_handler, **SLOWLY), partial(consume_by_faststream, **SLOWLY)
    compare("rabbitmq: handlers that wait 5 ms, 10 at once: handler / FastStream", ours, other, url)


def beside_tomodachi(url: str) -> None:
    ours = partial(consume_by_handler, like_tomodachi=True)
    name = "rabbitmq: consume and acknowledge, classic queue: handler / tomodachi"
    compare(name, ours, consume_by_tomodachi, url)
    ours, other = partial(ours, **SLOWLY), partial(consume_by_tomodachi, **SLOWLY)
    name = "rabbitmq: handlers that wait 5 ms, 10 at once, classic queue: handler / tomodachi"
    compare(name, ours, other, url)


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
