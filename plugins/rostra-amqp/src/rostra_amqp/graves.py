"""Dead letters: what lies in the dead queue of a queue, and what may be done with it.

Looking takes messages and gives them back: each look is a channel of its own, and whatever is not settled on it returns
when it is closed, in the same order.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import attrs
from aiormq import Channel
from aiormq.abc import DeliveredMessage

from rostra_amqp import wire
from rostra_amqp.declaring import make_queue
from rostra_amqp.faults import diagnose
from rostra_amqp.links import Link
from rostra_amqp.names import Made
from rostra_messaging.brokers import DeadLetter, Parcel

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

    async def count(self) -> int:
        """How many there are; 0 if there is no dead queue yet."""
        async with self._channel() as channel:
            return await self._waiting(channel)

    async def list(self, limit: int = 100) -> Sequence[DeadLetter]:
        """The oldest, at most ``limit``; they stay."""
        async with self._channel() as channel:
            return [
                wire.dead_letter(message, self._prefix, self._queue)
                async for message in self._each(channel, limit)
            ]

    async def replay(self, ids: Sequence[str] | None = None) -> int:
        """Put them back into their queue as if new. One whose queue is gone stays, and is not counted."""
        return await self._settle(ids, self._put_back)

    async def drop(self, ids: Sequence[str] | None = None) -> int:
        """Forget them."""
        return await self._settle(ids, _nothing)

    async def _settle(
        self, ids: Sequence[str] | None, settle: Callable[[DeliveredMessage], Awaitable[bool]]
    ) -> int:
        """Remove those that are meant, after ``settle`` has done its part; how many it was."""
        wanted = None if ids is None else set(ids)
        settled = 0
        async with self._channel() as channel:
            async for message in self._each(channel):
                is_meant = wanted is None or message.header.properties.message_id in wanted
                if is_meant and await settle(message):
                    await channel.basic_ack(message.delivery_tag or 0)
                    settled += 1
            await self._waiting(channel)  # answered after all acknowledgements have arrived
        return settled

    async def _put_back(self, message: DeliveredMessage) -> bool:
        found = wire.dead_letter(message, self._prefix, self._queue).parcel
        return await self._replay(attrs.evolve(found, attempt=1, first_failure=None), wire.home(message))

    async def _each(self, channel: Channel, limit: int | None = None) -> AsyncIterator[DeliveredMessage]:
        """Those that were there at the beginning: what dies again meanwhile is not looked at."""
        count = await self._waiting(channel)
        for _ in range(count if limit is None else min(limit, count)):
            message = await channel.basic_get(self._grave, timeout=self._patience)
            if message.delivery_tag is None:
                break
            yield message

    async def _waiting(self, channel: Channel) -> int:
        if channel.is_closed:
            return 0
        try:
            return await make_queue(channel, Made(self._grave, is_passive=True), self._patience)
        except Exception as error:
            fault = diagnose(error)
            if fault is None or fault.kind != "missing":
                raise
            return 0

    @asynccontextmanager
    async def _channel(self) -> AsyncIterator[Channel]:
        live = await self._link.live()
        async with live.passing_channel(self._patience) as channel:
            yield channel


async def _nothing(_: DeliveredMessage) -> bool:
    return True
