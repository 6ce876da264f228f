"""What a broker has to do, so that everything else about messages is the same whichever it is.

A broker moves parcels: bytes with a topic and attributes. It keeps them in queues, hands each to one consumer of the
queue, and forgets it when told what became of it. What a handler is, when it is tried again and what is too much, it does
not know: that is decided above, and settled by one call on the delivery.

A transport is an entry point of the group ``rostra.messaging``, named like the scheme of its URLs; its value names a
``Connect``.
"""

import datetime as dt
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeAlias

import attrs

__all__ = [
    "GROUP",
    "Broker",
    "Connect",
    "Connection",
    "Consumer",
    "DeadLetter",
    "DeadLetters",
    "Delivery",
    "Failure",
    "Looked",
    "Parcel",
    "Queue",
    "Value",
    "nobody_looks",
]

GROUP = "rostra.messaging"
"""Of the entry points."""

Value: TypeAlias = str | bytes | int | float | bool | None
"""What an attribute may be, on every broker."""


@attrs.frozen(kw_only=True)
class Parcel:
    """What a broker moves.

    Args:
        id: Unique for each publish; made by the framework, or whatever a foreign sender wrote.
        topic: Without the broker's prefix; words between dots.
        body: As the envelope wrote it.
        attributes: What travels beside the body.
        content_type: Of the body.
        key: Messages with the same key keep their order, where the queue is ordered.
        time: When it was published, as far as the sender said.
        attempt: Which try this is, from 1 on; each failed try counts, each redelivery does not.
        first_failure: When and of what it failed for the first time, if it did.
    """

    id: str
    topic: str
    body: bytes = attrs.field(repr=lambda body: f"<{len(body)} bytes>")
    attributes: Mapping[str, Value] = attrs.field(factory=dict, repr=lambda found: f"<{', '.join(found)}>")
    content_type: str = "application/json"
    key: str | None = None
    time: dt.datetime | None = None
    attempt: int = 1
    first_failure: "Failure | None" = None


@attrs.frozen
class Failure:
    """Why a message was not handled.

    Args:
        reason: One line: the class of the exception and the first line of its text, or what is wrong with the message.
        time: When.
    """

    reason: str
    time: dt.datetime


@attrs.frozen(kw_only=True)
class Queue:
    """What a subscription wants to consume.

    Args:
        topic: With ``*`` for one word and ``#`` for any number of them.
        name: Of the queue, without the broker's prefix; all who name it share it. None is a queue of this process alone,
            which goes with it.
        prefetch: How many deliveries may be unsettled at once, at least 1.
        ordered: Deliveries with the same key come one after another; one consumer at a time has the queue.
        delays: After how many seconds what fails will be tried again, as far as is known; a broker may prepare for them.
            Others may come all the same.
        held: For how many seconds one delivery may be unsettled though nothing is wrong: that of the longest try, and what
            is waited for in between where order counts. None is without end.
        options: What only one kind of broker understands; each takes those of its own classes and ignores the others.
    """

    topic: str
    name: str | None = None
    prefetch: int = 10
    ordered: bool = False
    delays: tuple[float, ...] = ()
    held: float | None = 0.0
    options: tuple[object, ...] = ()

    @property
    def label(self) -> str:
        """What people call it."""
        return self.name or f"{self.topic} (of this process)"


class Delivery(Protocol):
    """A parcel that was handed to a consumer. One of the four methods is called, once.

    Each returns whether the broker knows it. If the connection was lost meanwhile, it does not; then the parcel comes
    again, and the method has logged that and waits for nothing. They raise nothing but CancelledError: who stops while
    the broker is away cancels them.
    """

    @property
    def parcel(self) -> Parcel:
        """What was delivered."""
        ...

    @property
    def is_redelivered(self) -> bool:
        """Whether it was handed to a consumer before that settled nothing."""
        ...

    async def done(self) -> bool:
        """It was handled; the broker forgets it."""
        ...

    async def retry(self, delay: float, failure: Failure, *, counts: bool = True) -> bool:
        """It failed; deliver it again after ``delay`` seconds.

        Args:
            delay: 0 is at once.
            failure: Why; its ``first_failure`` from then on, if it has none yet.
            counts: Whether ``attempt`` is one higher then.
        """
        ...

    async def dead(
        self, failure: Failure, *, attempts: int | None = None, first_failure: Failure | None = None
    ) -> bool:
        """It failed for good; keep it in the dead queue, with the reason and the number of attempts.

        Args:
            failure: The last one.
            attempts: How often it was tried, if that is not ``parcel.attempt``: who keeps an order tries again in place.
            first_failure: Likewise, if it is not ``parcel.first_failure``; without either it is ``failure``.
        """
        ...

    async def release(self) -> bool:
        """It was not handled at all; let another consumer have it. No attempt is counted."""
        ...


class Consumer(Protocol):
    """Takes parcels from a queue, across reconnects. Iterating gives deliveries; it ends after ``stop``.

    One task iterates; others settle. What is not settled when the body of ``Broker.consume`` is left comes again.

    Raises (while iterating):
        SubscriptionError: The queue cannot be had (again), for a reason that waiting does not mend.
    """

    @property
    def trouble(self) -> str | None:
        """Why nothing comes at the moment; None if all is well."""
        ...

    def __aiter__(self) -> AsyncIterator[Delivery]: ...

    async def stop(self) -> None:
        """Let the broker send no more; what was sent but not yet iterated is released. Deliveries that were handed out
        can still be settled. Returns soon, even if the broker is away.
        """
        ...


@attrs.frozen(kw_only=True)
class DeadLetter:
    """A message that failed for good.

    Args:
        parcel: As it was last delivered; ``attempt`` is how often it was tried.
        reason: Of the last failure.
        time: Of the last failure.
        queue: In which it was handled, without the prefix.
    """

    parcel: Parcel
    reason: str
    time: dt.datetime | None
    queue: str


class DeadLetters(Protocol):
    """The dead queue of a queue."""

    async def exists(self) -> bool:
        """Whether the broker has such a queue, or dead messages of one that is gone. Without, all else finds nothing."""
        ...

    async def count(self) -> int:
        """How many there are."""
        ...

    async def list(self, limit: int = 100) -> Sequence[DeadLetter]:
        """The oldest, at most ``limit``; they stay."""
        ...

    async def replay(self, ids: Sequence[str] | None = None, *, looked: "Looked" = ...) -> int:
        """Put them back into their queue as if new, all or those with these ids; how many it was. None is lost on the way,
        whatever dies meanwhile. ``looked`` is told how many were looked at so far, and how many there are, where that
        takes a while.
        """
        ...

    async def drop(self, ids: Sequence[str] | None = None, *, looked: "Looked" = ...) -> int:
        """Forget them, all or those with these ids; how many it was."""
        ...


Looked: TypeAlias = Callable[[int, int], None]


def nobody_looks(_seen: int, _all: int) -> None:
    """Nobody wants to know."""


class Broker(Protocol):
    """An open connection to a broker (or the promise of one: it may be away at times)."""

    @property
    def trouble(self) -> str | None:
        """Why it cannot be used at the moment; None if all is well. Kept up to date by a real look every few seconds."""
        ...

    async def publish(self, parcel: Parcel, *, deadline: float, delay: float = 0.0) -> None:
        """Return when the parcel is safe: it has been stored wherever it is to go.

        It is tried again, within the deadline, as long as trying again may help.

        Args:
            parcel: What to publish.
            deadline: Seconds in which this ends.
            delay: Seconds before it is to be delivered.

        Raises:
            PublishError: It is not known to be stored. ``is_stored`` of it says "no" or "perhaps".
        """
        ...

    def consume(self, queue: Queue) -> AbstractAsyncContextManager[Consumer]:
        """Make the queue, if need be, and consume it during the body.

        Entering waits until the broker has the queue, also if it is away; the start timeout of the stage ends that.

        Raises:
            SubscriptionError: The queue cannot be had, for a reason that waiting does not mend: it exists otherwise, say.
        """
        ...

    def dead_letters(self, queue: str) -> DeadLetters:
        """The dead queue of the queue of this name."""
        ...

    async def queues_with_dead_letters(self) -> Sequence[str]:
        """The names of the queues that this process knows and whose dead queues are not empty."""
        ...


def _nobody(_reason: str) -> None:
    """Nobody wants to know."""


@attrs.frozen(kw_only=True)
class Connection:
    """What a ``Connect`` is asked for.

    Args:
        name: Of the broker among those of the stage; ``default`` for the only one.
        url: Where it is; with the password, so it is shown nowhere.
        prefix: In front of all names of topics and queues.
        client: What the broker's own tools should call this process.
        settings: Of the section that belongs to this kind of broker, as a mapping; the transport reads it.
        options: The same, read as the class that the transport said it is; None if it has not been read yet.
        raise_unroutable: Whether it is an error to publish what no queue wants.
        delayed: To be called with the reason, on one line, each time that the broker cannot be opened and is tried again.
    """

    name: str = "default"
    url: str = attrs.field(repr=False)
    prefix: str = ""
    client: str = "rostra"
    settings: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    options: Any = attrs.field(default=None, repr=False)
    raise_unroutable: bool = True
    delayed: Callable[[str], object] = attrs.field(default=_nobody, repr=False, eq=False)


Connect: TypeAlias = Callable[[Connection], AbstractAsyncContextManager[Broker]]
"""Opens a broker; returns when it can be used, or waits for it (the start timeout of the stage ends that). Whatever it
needs of the stage it finds in the context. The last to close: publishers of handlers that drain still use it."""
