"""What becomes of what a handler returned? It is published, where that was asked for, before its message is done."""

from rostra import log
from rostra_messaging.binding import Subscribed
from rostra_messaging.brokers import Failure, Parcel, Value
from rostra_messaging.envelopes import Decoded, Encoded, Envelope
from rostra_messaging.errors import PublishError
from rostra_messaging.messages import CORRELATION, Message
from rostra_messaging.outcomes import reason_of
from rostra_messaging.publishing import Publisher, carried
from rostra_messaging.replying import FAILURE

_log = log.get("rostra.messaging")


class Answering:
    """Publishes what the handler of one subscription returned.

    Args:
        subscribed: The handler.
        publisher: By which.
    """

    __slots__ = ("_back", "_publisher", "_publishes", "_way")

    def __init__(self, subscribed: Subscribed, publisher: Publisher) -> None:
        self._publisher = publisher
        self._publishes = subscribed.subscription.publishes
        self._way = publisher.way(subscribed.broker, subscribed.envelope)
        self._back = self._way._replace(envelope=_OrNothing(subscribed.envelope))

    async def __call__(self, message: Message, result: object) -> None:
        """Publish it on the subscription's topic, unless it is None, and to whoever asked.

        Raises:
            PublishError: It is not known to be stored. That whoever asked does not get it is only logged: it may be gone.
        """
        if self._publishes is not None and result is not None:
            await self._publish(self._publishes, message, result)
        if message.reply_to is not None:
            await self._reply(message.reply_to, message, result)

    async def died(self, message: Message, failure: Failure) -> None:
        """Tell whoever asked that there is nothing to wait for. If that fails it is only logged: the message is settled."""
        if message.reply_to is None:
            return
        try:
            await self._reply(message.reply_to, message, None, {FAILURE: failure.reason})
        except Exception as error:  # noqa: BLE001  (of a middleware, say; a stage does not end by what others sent)
            _log.warning("reply.lost", topic=message.reply_to, reason=reason_of(error))

    async def _publish(self, topic: str, message: Message, result: object) -> None:
        following = Message(topic=topic, body=result, key=message.key, attributes=carried())
        await self._publisher.send(following, self._way)

    async def _reply(
        self, topic: str, message: Message, result: object, more: dict[str, Value] | None = None
    ) -> None:
        correlation = message.attributes.get(CORRELATION) or message.id
        attributes = {**carried(), CORRELATION: correlation, **(more or {})}
        try:
            await self._publisher.send(Message(topic=topic, body=result, attributes=attributes), self._back)
        except PublishError as error:
            _log.warning("reply.lost", topic=topic, reason=error.reason)


class _OrNothing:
    """An envelope that can say nothing, too: where it has no word for None, by no bytes.

    Args:
        envelope: For all else.
    """

    __slots__ = ("_envelope",)

    def __init__(self, envelope: Envelope) -> None:
        self._envelope = envelope

    @property
    def content_type(self) -> str:
        """Of what it writes."""
        return self._envelope.content_type

    def encode(self, message: Message) -> Encoded:
        """The message as bytes.

        Raises:
            TypeError: Its body is something that the envelope cannot say.
        """
        try:
            return self._envelope.encode(message)
        except TypeError:
            if message.body is not None:
                raise
        return Encoded(b"", message.attributes, self.content_type)

    def decode(self, parcel: Parcel) -> Decoded:
        """What the bytes say, as the envelope reads them."""
        return self._envelope.decode(parcel)
