"""What goes out over a channel, messages and acknowledgements: as one what is to be sent at about the same time.

aiormq sends one frame after the other, each in its own turn with the writer. With hundreds on their way that is most of what
a publish, or a handled message, costs.
"""

import asyncio
from typing import Any

from aiormq import Channel
from aiormq.abc import ChannelFrame
from aiormq.exceptions import AMQPError
from pamqp.body import ContentBody
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from rostra_amqp.links import close_channel


class Pen:
    """Writes frames on a channel: at once what is written at about the same time.

    Args:
        channel: On which.
    """

    __slots__ = ("_channel", "_loop", "_payloads", "_writing")

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._loop = asyncio.get_running_loop()
        self._payloads: list[bytes] = []
        self._writing: asyncio.Task[None] | None = None
        channel.closing.add_done_callback(self._end)

    def write(self, *frames: Any, most_bytes: int | None = None) -> None:
        """Write these soon, one after the other, after all that was written before. Lost if the channel is closed before.

        Args:
            frames: Of AMQP.
            most_bytes: Longer they may not be, all together.

        Raises:
            ValueError, TypeError and so on: AMQP cannot carry them; nothing is written.
        """
        payload = ChannelFrame.marshall(self._channel.number, frames).payload
        if most_bytes is not None and len(payload) > most_bytes:
            raise ValueError(TOO_LONG)
        self._payloads.append(payload)
        if self._writing is None or self._writing.done():
            self._writing = self._loop.create_task(self._write())

    async def written(self) -> None:
        """Return when all is with the socket, or the channel is closed."""
        if self._writing is not None:
            await asyncio.wait([self._writing])

    async def _write(self) -> None:
        """Write all there is, and what comes meanwhile when the socket has taken that."""
        while self._payloads:
            payload = b"".join(self._payloads)
            self._payloads.clear()
            taken = self._loop.create_future()
            await self._channel.write_queue.put(ChannelFrame(payload, should_close=False, drain_future=taken))
            await taken

    def _end(self, _: object) -> None:
        if self._writing is not None:
            self._writing.cancel()


class Outlet:
    """Publishes on one channel that nobody else publishes on.

    Args:
        channel: With confirms, whose returns raise.
    """

    __slots__ = ("_channel", "_loop", "_pen", "_since", "_watched")

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._loop = asyncio.get_running_loop()
        self._pen = Pen(channel)
        self._watched, self._since = 0, 0.0
        channel.closing.add_done_callback(self._fail)

    @property
    def is_closed(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._channel.is_closed

    @property
    def silence(self) -> float:
        """For how many seconds RabbitMQ has owed an answer here at least; 0 if it owes none to what is watched for that."""
        return self._loop.time() - self._since if self._watched in self._channel.confirmations else 0.0

    async def close(self, patience: float) -> None:
        """Close the channel, which ends what is on its way; in so many seconds, whether RabbitMQ answers or not."""
        await close_channel(self._channel, patience)

    def send(
        self, exchange: str, key: str, properties: Basic.Properties, body: bytes
    ) -> "asyncio.Future[Any]":
        """Send a message soon; what is returned is done when RabbitMQ has stored it, or has the exception.

        Raises:
            ValueError, TypeError and so on: AMQP cannot carry it; nothing was sent.
        """
        if len(key.encode()) > _SHORT_BYTES:
            raise ValueError("the routing key is too long")
        channel = self._channel
        publish = Basic.Publish(exchange=exchange, routing_key=key, mandatory=True)
        header = ContentHeader(properties=properties, body_size=len(body))
        step = channel.max_content_size
        bodies = [ContentBody(body[start : start + step]) for start in range(0, len(body), step)]
        # A header that is longer than a frame would end the connection for all; so it has one for itself at most.
        longest = step + len(body) + _AROUND_BYTES * len(bodies)
        self._pen.write(publish, header, *bodies, most_bytes=longest)
        return self._expect(properties.message_id or "")

    def _expect(self, name: str) -> "asyncio.Future[Any]":
        """The next message gets the next number, and is known by its id if it is returned."""
        channel = self._channel
        channel.delivery_tag += 1
        tag = channel.delivery_tag
        if self._watched not in channel.confirmations:
            self._watched, self._since = tag, self._loop.time()
        confirmed = channel.confirmations[tag] = self._loop.create_future()
        names = channel.message_id_delivery_tag
        names[name] = tag

        def forget(_: object) -> None:
            if names.get(name) == tag:
                del names[name]

        confirmed.add_done_callback(forget)
        return confirmed

    def _fail(self, closing: "asyncio.Future[Any]") -> None:
        """Tell all who wait that the channel is closed, and why."""
        said = None if closing.cancelled() else closing.exception()
        error = said if isinstance(said, AMQPError) else ConnectionResetError()
        for confirmed in list(self._channel.confirmations.values()):
            if not confirmed.done():
                confirmed.set_exception(error)
                confirmed.exception()  # who does not wait any more need not be reminded


TOO_LONG = "its headers are longer than a frame of AMQP"
_SHORT_BYTES = 255
_AROUND_BYTES = 8
"""Of each frame: what stands before and behind its content."""
