"""Dead letters: what lies in the dead queue of a queue, and what may be done with it.

Looking takes messages and gives them back, in the same order. Each look is a channel of its own, so that they come back
whatever happens meanwhile.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import attrs
from aiormq import Channel
from aiormq.abc import DeliveredMessage
from aiormq.exceptions import ChannelLockedResource, ChannelNotFoundEntity

from rostra_amqp import wire
from rostra_amqp.cancelling import heeding
from rostra_amqp.frames import get, make_queue
from rostra_amqp.links import Link
from rostra_amqp.names import Made, dead_name
from rostra_messaging.brokers import DeadLetter, Looked, Parcel, nobody_looks

Replay = Callable[[Parcel, str | None], Awaitable[bool]]
"""Puts a parcel back into the queue it came from, or that with this name on the wire; whether that is still there."""


class AmqpDeadLetters:
    """The dead queue of a queue; see ``rostra_messaging.brokers.DeadLetters``.

    Args:
        link: The one for publishing.
        queue: In which the messages were handled, without the prefix.
        grave: The dead queue's name on the wire.
        prefix: Of the broker's names.
        replay: Puts one back.
        patience: Seconds for each answer.
    """

    def __init__(
        self, link: Link, queue: str, grave: str, *, prefix: str, replay: Replay, patience: float
    ) -> None:
        self._link, self._queue, self._grave = link, queue, grave
        self._prefix, self._replay, self._patience = prefix, replay, patience

    async def exists(self) -> bool:
        """Whether RabbitMQ has the dead queue, or the queue itself. A dead queue is none that messages die in."""
        name = f"{self._prefix}{self._queue}"
        return await self._has(self._grave) or (not name.endswith(dead_name("")) and await self._has(name))

    async def count(self) -> int:
        """How many there are; 0 if there is no dead queue yet."""
        async with self._channel() as channel:
            first = await self._first(channel)
            if first is None:
                return 0
            await self._give_back(channel, first)
        return 1 + (first.message_count or 0)

    async def list(self, limit: int = 100) -> Sequence[DeadLetter]:
        """The oldest, at most ``limit``; they stay."""
        async with self._channel() as channel:
            found = [message async for message in self._each(channel, limit)]
            await self._give_back(channel, found[-1] if found else None)
        return [wire.dead_letter(message, self._prefix, self._queue) for message in found]

    async def replay(self, ids: Sequence[str] | None = None, *, looked: Looked = nobody_looks) -> int:
        """Put them back into their queue as if new. One whose queue is gone stays, and is not counted."""
        return await self._settle(ids, self._put_back, looked)

    async def drop(self, ids: Sequence[str] | None = None, *, looked: Looked = nobody_looks) -> int:
        """Forget them."""
        return await self._settle(ids, _nothing, looked)

    async def _settle(
        self,
        ids: Sequence[str] | None,
        settle: Callable[[DeliveredMessage], Awaitable[bool]],
        looked: Looked,
    ) -> int:
        """Remove those that are meant, after ``settle`` has done its part; how many it was.

        AMQP finds nothing by an id, so each is looked at. Of those that stay nothing is kept here but how far they go.
        """
        wanted = None if ids is None else set(ids)
        settled = seen = 0
        kept: DeliveredMessage | None = None
        async with self._channel() as channel:
            async for message in self._each(channel):
                is_meant = wanted is None or message.header.properties.message_id in wanted
                if is_meant and await settle(message):
                    await channel.basic_ack(message.delivery_tag or 0)
                    settled += 1
                else:
                    kept = message
                seen += 1
                looked(seen, seen + (message.message_count or 0))
            await self._give_back(channel, kept)
        return settled

    @staticmethod
    async def _give_back(channel: Channel, last: DeliveredMessage | None) -> None:
        """Return what is not settled, up to the last one of that, in order, and not only after the channel is closed: who
        looks next sees it.
        """
        if channel.is_closed:
            return  # there was no such queue
        if last is not None:
            await channel.basic_nack(last.delivery_tag or 0, multiple=True, requeue=True)
        # Answered after all that was said on the channel has arrived.
        await heeding(channel.basic_qos(prefetch_count=1))

    async def _put_back(self, message: DeliveredMessage) -> bool:
        found = wire.dead_letter(message, self._prefix, self._queue).parcel
        return await self._replay(attrs.evolve(found, attempt=1, first_failure=None), wire.home(message))

    async def _each(self, channel: Channel, limit: int | None = None) -> AsyncIterator[DeliveredMessage]:
        """Those that were there at the beginning: what dies again meanwhile is not looked at."""
        message = await self._first(channel) if limit != 0 else None
        more = (message.message_count or 0) if message is not None else 0
        more = more if limit is None else min(more, limit - 1)
        while message is not None:
            yield message
            message = await get(channel, self._grave, self._patience) if more > 0 else None
            more -= 1

    async def _first(self, channel: Channel) -> DeliveredMessage | None:
        """The oldest; it knows how many come after it, which the queue itself tells only roughly."""
        try:
            return await get(channel, self._grave, self._patience)
        except ChannelNotFoundEntity:
            return None

    async def _has(self, name: str) -> bool:
        try:
            async with self._channel() as channel:
                await make_queue(channel, Made(name, is_passive=True), self._patience)
        except ChannelNotFoundEntity:
            return False
        except ChannelLockedResource:
            return True  # of another connection alone
        return True

    @asynccontextmanager
    async def _channel(self) -> AsyncIterator[Channel]:
        live = await self._link.live()
        async with live.passing_channel(self._patience) as channel:
            yield channel


async def _nothing(_: DeliveredMessage) -> bool:
    return True
