"""Other frameworks, doing the same: FastStream in this process, tomodachi in one of its own."""

import asyncio
import datetime as dt
import os
import sys
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aio_pika
import msgspec
from rabbit.loads import BODY, COUNT, PREFETCH, QUORUM, Count, at_once, bare, message

from rostra_amqp import Options
from rostra_messaging import Message
from rostra_messaging.envelopes import JsonEnvelope

AS_TOMODACHI = Options(type="classic", arguments={"x-expires": 86_400_000})
TOMODACHI = Path(sys.prefix, "apart", "tomodachi", "bin", "python")
HERE = Path(__file__).parent
sys.path[:] = [
    each for each in sys.path if Path(each) != HERE.parent
]  # whose http.py is not Python's, which they import


def in_envelope(topic: str) -> bytes:
    """A message as tomodachi writes it, and rostra by default; one of an id that it has seen it would not even acknowledge."""
    now = dt.datetime.now(dt.UTC)
    return JsonEnvelope().encode(Message(topic=topic, body=msgspec.json.decode(BODY), time=now)).body


async def publish_by_faststream(url: str) -> float:
    from faststream.rabbit import RabbitBroker

    async with bare(url) as (_, _, key), RabbitBroker(url, logger=None) as broker:
        order = {"item": "tea", "quantity": 2}
        return await at_once(lambda: broker.publish(order, key, exchange="amq.topic", persist=True))


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


async def consume_by_tomodachi(
    url: str, *, seconds: float = 0.0, prefetch: int = PREFETCH, count: int = COUNT
) -> float:
    """In a process of its own, which says how long it took from the first message to the last."""
    topic = uuid.uuid4().hex
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        await channel.declare_queue(topic, durable=True, arguments=dict(AS_TOMODACHI.arguments))
        mode, exchange = aio_pika.DeliveryMode.PERSISTENT, channel.default_exchange

        def made() -> aio_pika.Message:
            return aio_pika.Message(in_envelope(topic), delivery_mode=mode)

        await at_once(lambda: exchange.publish(made(), topic), count)
    told = {
        "COUNT": count,
        "SECONDS": seconds,
        "TOPIC": topic,
        "PREFETCH": prefetch,
        "PORT": urlsplit(url).port,
    }
    serving = await asyncio.create_subprocess_exec(
        TOMODACHI, "-u", "-m", "tomodachi", "run", "tomodachi_service.py", "--production",
        env={**os.environ, **{f"PEER_{name}": str(value) for name, value in told.items()}},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=HERE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(300):
            return await told_rate(serving)
    finally:
        serving.kill()
        await serving.wait()


async def told_rate(serving: asyncio.subprocess.Process) -> float:
    assert serving.stdout is not None
    lines = []
    async for line in serving.stdout:
        if line.startswith(b"rate "):
            return float(line.split()[1])
        lines.append(line.decode())
    raise RuntimeError("".join(lines[-20:]))
