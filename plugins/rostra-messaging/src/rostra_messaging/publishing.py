"""Publishing: a message is safe when ``publish`` returns, or there is an exception that says what is known."""

import asyncio
import functools
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar, overload

import attrs
from typing_extensions import TypeForm

from rostra import log
from rostra.clock import Clock
from rostra.handlers import Bound
from rostra.metrics import Metrics
from rostra_messaging.binding import Subscriptions
from rostra_messaging.brokers import Broker, Parcel, Value
from rostra_messaging.envelopes import Envelope, Envelopes
from rostra_messaging.errors import NoReplyError, PublishError
from rostra_messaging.messages import (
    CORRELATION,
    REPLY_TO,
    REQUEST,
    TRACE_PARENT,
    TRACE_STATE,
    Message,
    new_id,
)
from rostra_messaging.middlewares import Middlewares, Send, raise_if_forgotten
from rostra_messaging.opening import Opening
from rostra_messaging.outcomes import CANCELLED
from rostra_messaging.overlapping import Overlapping
from rostra_messaging.payloads import reader_of
from rostra_messaging.replying import Replies
from rostra_messaging.settings import DEFAULT, MessagingConfig
from rostra_messaging.topics import has_wildcards, mistake_in
from rostra_messaging.tries import current
from rostra_messaging.waits import GivenUpError

T = TypeVar("T")

_CARRIED = (TRACE_PARENT, TRACE_STATE, REQUEST)
"""What is taken over from the message that is being handled."""


class Way(NamedTuple):
    """How a message is published.

    Args:
        broker: The name of the broker; None is that of ``[messaging]`` itself.
        envelope: How it is written.
        deadline: Seconds in which it ends.
        delay: Seconds before it is to be delivered.
    """

    broker: str | None
    envelope: Envelope
    deadline: float
    delay: float = 0.0


class Publisher:
    """Publishes messages. A component of the stage, closed after everything that was built with it.

    Args:
        opening: The brokers.
        envelopes: How messages may be written.
        replies: Where replies arrive.
        middlewares: What stands around publishing.
        subscriptions: Whose queues are waited for while the stage starts, if nothing else wants a message.
        settings: Of messaging.
        clock: What time it is.
        metrics: Counts what is published.
    """

    def __init__(
        self,
        opening: Opening,
        envelopes: Envelopes,
        replies: Replies,
        middlewares: Middlewares,
        subscriptions: Subscriptions,
        settings: MessagingConfig,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._opening = opening
        self._envelopes = envelopes
        self._replies = replies
        self._middlewares = middlewares
        self._subscriptions = subscriptions
        self._deadline = float(settings.deadline)
        self._clock = clock
        self._published = metrics.counter(
            "messages_published_total", "Messages by what became of them.", labels=["broker", "outcome"]
        )

    async def publish(
        self,
        topic: str,
        body: Any,
        *,
        attributes: Mapping[str, Value] | None = None,
        key: str | None = None,
        deadline: float | None = None,
        delay: float | None = None,
        broker: str | None = None,
        envelope: Envelope | str | None = None,
        id: str | None = None,  # noqa: A002  (what it is called in a Message)
    ) -> str:
        """Publish one message, and return when it is safe.

        Args:
            topic: Words between dots.
            body: Whatever the envelope can write: for JSON, classes of attrs and msgspec, dataclasses, dicts, lists and
                so on.
            attributes: What travels beside it. Trace and request id of the message or request at hand are added.
            key: Messages with the same key keep their order, where a subscription is ordered.
            deadline: Seconds in which this ends; by default ``[messaging] deadline``, which is 30.
            delay: Seconds before it is to be delivered.
            broker: Its name in ``[messaging.brokers]``; None is that of ``[messaging]`` itself.
            envelope: How it is written, if not as the broker's settings say.
            id: Of the message; a new one by default.

        Returns:
            The id.

        Raises:
            PublishError: It is not known to be stored.
            BrokerNotFoundError: There is no broker of that name.
            EnvelopeNotFoundError: There is no envelope of that name.
            TypeError: The envelope cannot write the body.
        """
        way = self.way(broker, envelope, deadline, delay)
        message = Message(
            topic=topic,
            body=body,
            id=id or new_id(),
            attributes=carried(attributes),
            key=key,
            time=self._clock.now(),
        )
        await self.send(message, way)
        return message.id

    async def publish_many(
        self,
        messages: Iterable[Message],
        *,
        deadline: float | None = None,
        broker: str | None = None,
        envelope: Envelope | str | None = None,
        at_once: int = 100,
    ) -> list[str]:
        """Publish several messages, many of them at once; their order is kept by those with the same key only.

        Args:
            messages: What to publish: ``Message(topic=..., body=...)``. They may be made while others are on their way.
            deadline: Seconds for each.
            broker: As with ``publish``.
            envelope: As with ``publish``.
            at_once: How many may be on their way, at most.

        Returns:
            The ids, in order.

        Raises:
            PublishError: One of them is not known to be stored; several are an ExceptionGroup. All others are stored.
        """
        way = self.way(broker, envelope, deadline)

        async def send(message: Message) -> None:
            await self.send(attrs.evolve(message, attributes=carried(message.attributes)), way)

        return await Overlapping(send, messages, at_once).run()

    @overload
    async def request(
        self,
        topic: str,
        body: Any,
        *,
        returns: TypeForm[T],
        deadline: float | None = ...,
        attributes: Mapping[str, Value] | None = ...,
        key: str | None = ...,
        broker: str | None = ...,
        envelope: Envelope | str | None = ...,
    ) -> T: ...
    @overload
    async def request(
        self,
        topic: str,
        body: Any,
        *,
        deadline: float | None = ...,
        attributes: Mapping[str, Value] | None = ...,
        key: str | None = ...,
        broker: str | None = ...,
        envelope: Envelope | str | None = ...,
    ) -> Any: ...
    async def request(
        self,
        topic: str,
        body: Any,
        *,
        returns: Any = Any,
        deadline: float | None = None,
        attributes: Mapping[str, Value] | None = None,
        key: str | None = None,
        broker: str | None = None,
        envelope: Envelope | str | None = None,
    ) -> Any:
        """Publish a message, and return what its handler returned.

        Args:
            topic: As with ``publish``, like all that is not said here.
            body: The question.
            returns: The type of the answer.
            deadline: Seconds until the answer has come.
            attributes: As with ``publish``.
            key: As with ``publish``.
            broker: As with ``publish``; the answer comes by it, too.
            envelope: As with ``publish``.

        Raises:
            PublishError: The question is not known to be stored.
            NoReplyError: No answer came in time, or the question died.
            UndecodableError: The answer is something else than ``returns``.
            SubscriptionError: There is no queue for answers.
        """
        read = reader_of(returns)
        way = self.way(broker, envelope, deadline)
        message = Message(topic=topic, body=body, key=key, attributes=carried(attributes))
        waiting = asyncio.timeout(way.deadline)
        reason = f"nothing came within {way.deadline:g} s"
        try:
            async with waiting:
                asking = self._asked(message, way)
                return read(await self._opening.waits.bound(broker or DEFAULT, asking))
        except TimeoutError:
            if not waiting.expired():
                raise
        except GivenUpError as given_up:
            reason = f"the stage stops, and {given_up.reason}"
        raise NoReplyError(topic, reason)

    async def _asked(self, message: Message, way: Way) -> Any:
        """The data of the reply."""
        reply_to = await self._replies.topic(way.broker)
        attributes = {**message.attributes, REPLY_TO: reply_to, CORRELATION: message.id}
        with self._replies.expected(message.id, message.topic, reply_to, way.envelope) as reply:
            await self.send(attrs.evolve(message, attributes=attributes), way)
            return await reply

    def way(
        self,
        broker: str | None,
        envelope: Envelope | str | None,
        deadline: float | None = None,
        delay: float | None = None,
    ) -> Way:
        """How a message is published, with what the settings say of it.

        Raises:
            BrokerNotFoundError: There is no broker of that name.
            EnvelopeNotFoundError: There is no envelope of that name.
        """
        chosen = self._envelopes.choose(envelope, self._opening.envelope_of(broker))
        return Way(broker, chosen, self._deadline if deadline is None else deadline, delay or 0.0)

    async def send(self, message: Message, way: Way) -> None:
        """Publish a message that is whole, through the middlewares.

        Raises:
            PublishError: It is not known to be stored.
            TypeError: The envelope cannot write the body.
        """
        if message.time is None:
            message = attrs.evolve(message, time=self._clock.now())
        if not self._middlewares.publishing:
            return await self._deliver(way, message)
        go_on: Callable[[Message], Awaitable[None]] = functools.partial(self._deliver, way)
        for middleware in reversed(self._middlewares.publishing):
            go_on = _surrounded(middleware, go_on)
        try:
            return await go_on(message)
        except asyncio.CancelledError:
            if _is_being_cancelled():
                raise
        raise PublishError(message.topic, way.broker or DEFAULT, CANCELLED, "perhaps")

    async def _deliver(self, way: Way, message: Message) -> None:
        name = way.broker or DEFAULT
        if (mistake := _mistake_in_topic(message.topic)) is not None:
            raise PublishError(message.topic, name, mistake, "no", ("words between dots: orders.placed",))
        encoded = way.envelope.encode(message)
        parcel = Parcel(
            id=message.id,
            topic=message.topic,
            body=encoded.body,
            attributes=encoded.attributes,
            content_type=encoded.content_type,
            key=message.key,
            time=message.time,
        )
        try:
            await self._opening.waits.bound(name, self._store(parcel, way))
        except PublishError:
            self._published.add(broker=name, outcome="failed")
            raise
        except GivenUpError as given_up:
            reason = f"the stage stops, and {given_up.reason}"
        else:
            self._published.add(broker=name, outcome="stored")
            return
        self._published.add(broker=name, outcome="failed")
        raise PublishError(message.topic, name, reason, "perhaps" if name in self._opening.opened else "no")

    async def _store(self, parcel: Parcel, way: Way) -> None:
        """Publish it; again, if that failed before this stage had the queues that it will have when it runs."""
        ends = self._clock.monotonic() + way.deadline
        broker = self._opening.opened.get(way.broker or DEFAULT) or await self._opened(parcel, way)
        try:
            await broker.publish(parcel, deadline=ends - self._clock.monotonic(), delay=way.delay)
        except PublishError as error:
            left = ends - self._clock.monotonic()
            if error.is_stored != "no" or not await self._subscriptions.open_within(left):
                raise
        else:
            return
        await broker.publish(parcel, deadline=ends - self._clock.monotonic(), delay=way.delay)

    async def _opened(self, parcel: Parcel, way: Way) -> Broker:
        """The broker, which has not answered yet.

        Raises:
            PublishError: It does not within the deadline.
        """
        waiting = asyncio.timeout(way.deadline)
        try:
            async with waiting:
                return await self._opening.broker(way.broker)
        except TimeoutError:
            if not waiting.expired():
                raise
        raise PublishError(parcel.topic, way.broker or DEFAULT, "the broker has not answered yet")


def carried(attributes: Mapping[str, Value] | None = None) -> Mapping[str, Value]:
    """These attributes, and before them what belongs to the message, or the request, that is being handled."""
    handled = current.get()
    if handled is not None:
        taken: dict[str, Value] = {
            name: handled.attributes[name] for name in _CARRIED if name in handled.attributes
        }
    else:
        request = log.bound_keys().get("request")
        taken = {REQUEST: str(request)} if request else {}
    return {**taken, **attributes} if attributes else taken


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _surrounded(
    middleware: Bound, go_on: Callable[[Message], Awaitable[None]]
) -> Callable[[Message], Awaitable[None]]:
    async def around(message: Message) -> None:
        send = Send(go_on)
        await middleware.call({}, (message, send))
        raise_if_forgotten(send.begun, middleware)

    return around


@functools.lru_cache(maxsize=1024)
def _mistake_in_topic(topic: str) -> str | None:
    return (
        "a message is published on one topic, without wildcards"
        if has_wildcards(topic)
        else mistake_in(topic)
    )
