"""A message that RabbitMQ handed to us, and what becomes of it.

Whatever is to outlive the message is confirmed first, and only then is the message acknowledged. Whoever settles one
whose channel is gone is told so: RabbitMQ hands it out again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from random import SystemRandom
from typing import Protocol

import attrs
from aiormq import Channel
from aiormq.abc import DeliveredMessage
from pamqp.commands import Basic

from rostra import log
from rostra_amqp import wire
from rostra_amqp.faults import LASTING, Fault, Kind
from rostra_amqp.links import Live
from rostra_amqp.outlets import Pen
from rostra_amqp.pacing import Repeats, pauses
from rostra_amqp.sending import NotStoredError
from rostra_messaging.brokers import Failure, Parcel

_NO_USE: frozenset[Kind] = LASTING | frozenset[Kind]({"unroutable"})
"""What will be so at the next try, too: a queue for retries that is none of ours, or that may not be made."""
_NEVER_SENT: frozenset[Kind] = frozenset({"unsendable"})
_RELEASED = "release"
_log = log.get(__name__)


class _Refused(Exception):  # noqa: N818  (it never leaves this file)
    """It cannot be stored there, and trying again is no use."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.reason)
        self.fault = fault


class Home(Protocol):
    """What a delivery needs of the subscription that it belongs to."""

    label: str

    async def send_back(self, parcel: Parcel, delay: float) -> None:
        """Store it where it comes back from after so many seconds; one try, which may be followed by others.

        Raises:
            NotStoredError: It is not known to be stored.
        """
        ...

    async def bury(self, parcel: Parcel, failure: Failure) -> None:
        """Store it in the dead queue; likewise.

        Raises:
            NotStoredError: It is not known to be stored.
        """
        ...


class AmqpDelivery:
    """A delivery; see ``rostra_messaging.brokers.Delivery``.

    Args:
        home: The subscription.
        message: As aiormq hands it over.
        live: Over which it came.
        channel: On which it came, the only one on which it can be settled.
        pen: Which writes on it.
        prefix: Of the broker's names.
        settled: Told when it is decided what becomes of it.
        is_ordered: What is released keeps its place.
        again: Hands it over again in this process after so many seconds; for a stream, into which nothing can be put back
            for one of its readers.
    """

    __slots__ = (
        "_again",
        "_channel",
        "_home",
        "_is_ordered",
        "_live",
        "_pen",
        "_settled",
        "_tag",
        "is_redelivered",
        "offset",
        "parcel",
    )

    def __init__(
        self,
        home: Home,
        message: DeliveredMessage,
        live: Live,
        channel: Channel,
        pen: Pen,
        *,
        prefix: str,
        settled: "Callable[[AmqpDelivery], None]",
        is_ordered: bool = False,
        again: "Callable[[AmqpDelivery, float], None] | None" = None,
    ) -> None:
        self.parcel = wire.parcel(message, prefix)
        self.is_redelivered = bool(message.redelivered)
        self._home, self._live, self._channel, self._pen = home, live, channel, pen
        self.offset = wire.offset(message)
        self._settled, self._is_ordered, self._again = settled, is_ordered, again
        self._tag = message.delivery_tag or 0

    @property
    def is_lost(self) -> bool:
        """Whether it cannot be settled any more."""
        return self._channel.is_closed

    async def done(self) -> bool:
        """RabbitMQ forgets it."""
        return await self._tell("done", acknowledge=True)

    async def retry(self, delay: float, failure: Failure, *, counts: bool = True) -> bool:
        """It is stored in the retry queue of this delay, and then forgotten here; in a stream it waits here, unsettled."""
        again = attrs.evolve(
            self.parcel,
            attempt=self.parcel.attempt + counts,
            first_failure=self.parcel.first_failure or failure,
        )
        if self._again is not None and not self.is_lost:
            self.parcel = again
            self._again(self, delay)
            return True
        try:
            return await self._move("retry", lambda: self._home.send_back(again, delay))
        except _Refused as refused:
            reason = f"{failure.reason}; it could not be stored for its next try: {refused.fault.reason}"
        return await self.dead(attrs.evolve(failure, reason=reason))

    async def dead(
        self, failure: Failure, *, attempts: int | None = None, first_failure: Failure | None = None
    ) -> bool:
        """It is stored in the dead queue, and then forgotten here."""
        died = attrs.evolve(
            self.parcel,
            attempt=self.parcel.attempt if attempts is None else attempts,
            first_failure=first_failure or self.parcel.first_failure or failure,
        )
        try:
            return await self._move("dead", lambda: self._home.bury(died, failure), gives_up=_NEVER_SENT)
        except _Refused as refused:
            reason = f"{failure.reason}; without its attributes: {refused.fault.reason}"
        bare = attrs.evolve(died, attributes={}, key=None, content_type="")
        why = attrs.evolve(failure, reason=reason)
        return await self._move("dead", lambda: self._home.bury(bare, why), gives_up=frozenset())

    async def release(self) -> bool:
        """RabbitMQ hands it to whoever is next. Where order counts it does so when the channel is closed, which returns
        all that is unsettled in its order; one by one, what comes back last would be handed out last.
        """
        if (self._is_ordered or self._again is not None) and not self.is_lost:
            return True
        return await self.give_back()

    async def give_back(self) -> bool:
        """RabbitMQ hands it to whoever is next, at once."""
        return await self._tell(_RELEASED, acknowledge=False)

    async def _move(
        self, outcome: str, store: Callable[[], Awaitable[None]], *, gives_up: frozenset[Kind] = _NO_USE
    ) -> bool:
        """Store it elsewhere and acknowledge it; try for as long as RabbitMQ holds it for us, and never lose it.

        Raises:
            _Refused: It failed again and again for the same reason, one of those for which to give up.
        """
        tries = pauses(SystemRandom(), first=1.0, longest=30.0)
        repeats = Repeats(kinds=gives_up)
        while not self.is_lost:
            try:
                async with self._live.as_long_as_it_is_up():
                    await store()
            except (TimeoutError, ConnectionResetError):
                break  # it is handed out again; what became of the other one, nobody knows
            except NotStoredError as error:
                self._note(outcome, error.fault, is_over=repeats.are_too_many(error.fault))
            else:
                return await self._tell(outcome, acknowledge=True)
            await asyncio.wait([self._channel.closing], timeout=next(tries))
        return self._is_gone(outcome)

    def _note(self, outcome: str, fault: Fault, *, is_over: bool) -> None:
        tell, event = (_log.error, "message.unstorable") if is_over else (_log.warning, "message.unsettled")
        tell(
            event,
            outcome=outcome,
            queue=self._home.label,
            message=self.parcel.id,
            reason=fault.reason,
        )
        if is_over:
            raise _Refused(fault)

    async def _tell(self, outcome: str, *, acknowledge: bool) -> bool:
        if self.is_lost:
            return self._is_gone(outcome)
        if acknowledge:
            self._pen.write(Basic.Ack(self._tag))
        else:
            self._pen.write(Basic.Nack(self._tag, requeue=True))
        self._settled(self)
        return True

    def _is_gone(self, outcome: str) -> bool:
        self._settled(self)
        if outcome != _RELEASED:
            reason = "the connection over which it came is lost"
            _log.warning(
                "message.unsettled",
                outcome=outcome,
                queue=self._home.label,
                message=self.parcel.id,
                reason=reason,
            )
        return False
