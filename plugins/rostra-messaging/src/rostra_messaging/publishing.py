"""Publishing: a message is safe when ``publish`` returns, or there is an exception that says what is known."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from rostra_messaging.brokers import Value
from rostra_messaging.envelopes import Envelope
from rostra_messaging.messages import Message

T = TypeVar("T")


class Publisher:
    """Publishes messages. A component of the stage, closed after everything that was built with it."""

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
            TypeError: The envelope cannot write the body.
        """
        raise NotImplementedError

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
        raise NotImplementedError

    async def request(
        self,
        topic: str,
        body: Any,
        *,
        deadline: float | None = None,
        returns: Any = Any,
        attributes: Mapping[str, Value] | None = None,
        key: str | None = None,
        broker: str | None = None,
        envelope: Envelope | str | None = None,
    ) -> Any:
        """Publish a message, and return what its handler returned.

        Args:
            topic: As with ``publish``, like all that is not said here.
            body: The question.
            deadline: Seconds until the answer has come.
            returns: The type of the answer.
            attributes: As with ``publish``.
            key: As with ``publish``.
            broker: As with ``publish``; the answer comes by it, too.
            envelope: As with ``publish``.

        Raises:
            PublishError: The question is not known to be stored.
            NoReplyError: No answer came in time, or the question died.
            UndecodableError: The answer is something else than ``returns``.
        """
        raise NotImplementedError
