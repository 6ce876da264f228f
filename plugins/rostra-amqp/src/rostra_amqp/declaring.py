"""Making what is to be there at the broker, on channels that are thrown away: what RabbitMQ refuses closes them.

A quorum queue that is new is left alone for a moment, before anything can get into it: RabbitMQ 3.10 killed within its
first second comes back with the queue, but neither with what it confirmed there nor with a leader (measured: up to 0.8 s on
an idle machine).
"""

import asyncio
from collections.abc import Iterable

from aiormq import Channel
from aiormq.exceptions import ChannelNotFoundEntity

from rostra_amqp.cancelling import heeding
from rostra_amqp.frames import bind_queue, make_queue
from rostra_amqp.links import Live
from rostra_amqp.names import Exchange, Made, Topology


async def declare(live: Live, wanted: Topology, *, patience: float, settle: float) -> None:
    """Make whatever a subscription needs and is not there, or raise what RabbitMQ says.

    Args:
        live: Over which it is asked for.
        wanted: What is to be there.
        patience: Seconds for each answer.
        settle: Seconds for which new quorum queues are left alone.
    """
    queues = [wanted.queue] if wanted.dead is None else [wanted.dead, wanted.queue]
    await make_queues(live, queues, patience=patience, settle=settle)
    async with live.passing_channel(patience) as channel:
        await make_exchanges(channel, wanted.exchanges, patience)
        for binding in wanted.bindings:
            await bind_queue(channel, wanted.queue.name, binding, patience)


async def make_queues(live: Live, queues: Iterable[Made], *, patience: float, settle: float) -> None:
    """Make queues that are not there, and leave those alone for a while that are new."""
    are_new = False
    for queue in queues:
        may_be_new = not queue.is_passive and queue.arguments.get("x-queue-type") == "quorum"
        are_new = (may_be_new and not await _exists(live, queue.name, patience)) or are_new
        async with live.passing_channel(patience) as channel:
            await make_queue(channel, queue, patience)
    if are_new:
        await asyncio.sleep(settle)


async def make_exchanges(channel: Channel, exchanges: Iterable[Exchange], patience: float) -> None:
    """Make exchanges that are not there."""
    for exchange in exchanges:
        made = channel.exchange_declare(
            exchange.name, exchange_type=exchange.type, durable=True, timeout=patience
        )
        await heeding(made)


async def _exists(live: Live, name: str, patience: float) -> bool:
    async with live.passing_channel(patience) as channel:
        try:
            await make_queue(channel, Made(name, is_passive=True), patience)
        except ChannelNotFoundEntity:
            return False
    return True
