"""Who waits for a reply? A queue of this process for each broker, made when the first request needs it."""

import asyncio
import contextvars
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, NamedTuple

from rostra import context, log
from rostra.components import Components
from rostra_messaging.brokers import Parcel, Queue
from rostra_messaging.envelopes import Envelope
from rostra_messaging.errors import NoReplyError
from rostra_messaging.messages import CORRELATION, new_id
from rostra_messaging.opening import Opening
from rostra_messaging.outcomes import reason_of

FAILURE = "reply_failure"
"""The attribute of a reply that says why there is none."""
_PREFETCH = 100

_log = log.get("rostra.messaging")


class _Waiting(NamedTuple):
    topic: str
    reply_to: str
    envelope: Envelope
    reply: "asyncio.Future[Any]"


class _Ear(NamedTuple):
    topic: str
    is_open: "asyncio.Future[None]"
    listening: "asyncio.Task[None]"


class Replies:
    """The replies that somebody waits for. A component of the stage; ``replies`` opens and closes it.

    Args:
        opening: The brokers over which they come.
        layer: Of the stage.
    """

    def __init__(self, opening: Opening, layer: Components) -> None:
        self._opening = opening
        self._layer = layer
        self._ears: dict[str | None, _Ear] = {}
        self._waiting: dict[str, _Waiting] = {}

    async def topic(self, broker: str | None) -> str:
        """The topic on which this process gets its replies; it has a queue when this returns.

        Raises:
            SubscriptionError: It cannot have one.
        """
        ear = self._ears.get(broker)
        if ear is None or ear.listening.done():
            ear = self._ears[broker] = self._listen(broker)
        await asyncio.shield(ear.is_open)
        return ear.topic

    @contextmanager
    def expected(
        self, correlation: str, topic: str, reply_to: str, envelope: Envelope
    ) -> "Iterator[asyncio.Future[Any]]":
        """The data of a reply, which is listened for during the body.

        Args:
            correlation: The id of the request.
            topic: Of the request, for errors.
            reply_to: Where the reply is to come.
            envelope: How the reply is written.
        """
        reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[correlation] = _Waiting(topic, reply_to, envelope, reply)
        try:
            yield reply
        finally:
            del self._waiting[correlation]
            if not reply.cancel() and not reply.cancelled():
                reply.exception()  # looked at, also when nobody waits any more

    async def close(self) -> None:
        """Listen no more."""
        listening = {ear.listening for ear in self._ears.values()}
        for task in listening:
            task.cancel()
        if listening:
            await asyncio.wait(listening)

    def _listen(self, broker: str | None) -> _Ear:
        topic = f"replies.{new_id()}"
        is_open: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        listening = asyncio.create_task(
            self._hear(broker, topic, is_open),
            name=f"messages: {topic}",
            context=contextvars.Context(),  # not that of the first who asks
        )
        return _Ear(topic, is_open, listening)

    async def _hear(self, broker: str | None, topic: str, is_open: "asyncio.Future[None]") -> None:
        queue = Queue(topic=topic, prefetch=_PREFETCH)
        try:
            with context.use(self._layer):
                open_broker = await self._opening.broker(broker)
                async with open_broker.consume(queue) as consumer:
                    is_open.set_result(None)
                    async for delivery in consumer:
                        self._take(delivery.parcel)
                        await delivery.done()
        except Exception as error:  # noqa: BLE001  (whoever waits gets it)
            self._fail(topic, is_open, error)
        finally:
            is_open.cancel()

    def _take(self, parcel: Parcel) -> None:
        waiting = self._waiting.get(str(parcel.attributes.get(CORRELATION)))
        if waiting is None or waiting.reply.done():
            return  # it came too late, or a second time
        if isinstance(failure := parcel.attributes.get(FAILURE), str):
            waiting.reply.set_exception(NoReplyError(waiting.topic, failure))
            return
        try:
            waiting.reply.set_result(waiting.envelope.decode(parcel).data)
        except Exception as error:  # noqa: BLE001  (likewise)
            waiting.reply.set_exception(error)

    def _fail(self, topic: str, is_open: "asyncio.Future[None]", error: Exception) -> None:
        """Nothing comes there any more; whoever asks next gets another queue."""
        _log.warning("replies.lost", topic=topic, reason=reason_of(error))
        if not is_open.done():
            is_open.set_exception(error)
            is_open.exception()  # looked at, also when nobody waits any more
        for waiting in self._waiting.values():
            if waiting.reply_to == topic and not waiting.reply.done():
                waiting.reply.set_exception(error)


@asynccontextmanager
async def replies(opening: Opening, layer: Components) -> AsyncIterator[Replies]:
    """Who waits for replies; nobody listens after the body."""
    found = Replies(opening, layer)
    try:
        yield found
    finally:
        await found.close()
