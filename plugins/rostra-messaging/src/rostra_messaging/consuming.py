"""Consuming: one intake for each subscription, from the first wish for its queue to its last message.

The stage's task waits until every queue is there, and then for the end: nothing more is taken, what runs is finished,
and the rest goes back to the broker. One queue that is lost for good ends the stage in the same good order.
"""

import asyncio
import functools
import itertools
import math
from collections.abc import Callable, Container, Coroutine
from typing import Any, Protocol

from rostra import log, plugin
from rostra.clock import Clock
from rostra.errors import together
from rostra.health import Checks
from rostra.metrics import Histogram, Metrics
from rostra_messaging.answering import Answering
from rostra_messaging.binding import Subscribed, Subscriptions
from rostra_messaging.brokers import Broker, Consumer
from rostra_messaging.connecting import Brokers
from rostra_messaging.delivering import Engine, Note
from rostra_messaging.errors import SubscriptionError
from rostra_messaging.middlewares import Middlewares
from rostra_messaging.outcomes import CANCELLED, Again, Dead, Done, Outcome
from rostra_messaging.publishing import Publisher
from rostra_messaging.tries import Tries

_LOOK_EVERY = 1.0
"""Seconds for which a look at whether all is well is good; it costs nothing."""
_LONG_BLOCK = 1.0
"""Seconds from which on it is told that the loop was blocked."""

_log = log.get("rostra.messaging")


class Waited(Protocol):
    """Something that happens: an event, or Cancel."""

    def wait(self) -> Coroutine[Any, Any, Any]:
        """Return when it has happened."""
        ...


class Intake:
    """One subscription while it is consumed.

    Args:
        subscribed: The handler.
        broker: From which messages come.
        engine: Handles them.
    """

    def __init__(self, subscribed: Subscribed, broker: Broker, engine: Engine) -> None:
        self.subscribed = subscribed
        self.has_entered = asyncio.Event()
        self._broker = broker
        self._engine = engine
        self._consumer: Consumer | None = None
        self._running: asyncio.Task[None] | None = None
        self._is_ending = False
        self._failure: BaseException | None = None

    def start(self, ended: "Callable[[asyncio.Task[None]], None]") -> None:
        """Consume, in a task of its own; ``ended`` is called when that has ended."""
        self._running = asyncio.create_task(self._run(), name=f"messages of {self.subscribed.label}")
        self._running.add_done_callback(self._note_end)
        self._running.add_done_callback(ended)

    async def stop(self) -> None:
        """Take nothing more, and return when what runs has been finished, or has failed."""
        if self._running is None:
            return
        self._is_ending = True
        if self.has_entered.is_set():
            await self._engine.stop()
        else:
            self._running.cancel()
        await asyncio.wait({self._running})

    async def cut(self) -> None:
        """Cancel what runs, and return when it has ended."""
        self._is_ending = True
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait({self._running})

    @property
    def failure(self) -> BaseException | None:
        """Why it ended, if it failed."""
        return self._failure

    def _note_end(self, running: "asyncio.Task[None]") -> None:
        """A task that is cancelled though nobody here did that has failed: its subscription is there no more."""
        if not running.cancelled():
            self._failure = running.exception()
        elif not self._is_ending:
            subscribed = self.subscribed
            self._failure = SubscriptionError(
                subscribed.label, subscribed.broker, CANCELLED, subscribed.where
            )

    def check(self) -> None:
        """Raise if nothing comes at the moment.

        Raises:
            ConnectionError: Why.
        """
        consumer = self._consumer
        trouble = "it waits for its queue" if consumer is None else consumer.trouble
        if trouble is not None:
            raise ConnectionError(trouble)

    async def _run(self) -> None:
        subscribed = self.subscribed
        try:
            async with self._broker.consume(subscribed.queue) as consumer:
                self._consumer = consumer
                self.has_entered.set()
                _log.info("subscription.started", queue=subscribed.label, broker=subscribed.broker)
                await self._engine.consume(consumer)
        except SubscriptionError as error:
            lost = error
        else:
            return
        raise SubscriptionError(lost.queue, lost.broker, lost.reason, subscribed.where, lost.fix)


class Intakes:
    """All subscriptions of a stage while they are consumed.

    Args:
        subscriptions: Which there are.
        make: Makes an intake.
        checks: Told of each subscription.
    """

    def __init__(
        self, subscriptions: Subscriptions, make: Callable[[Subscribed], Intake], checks: Checks
    ) -> None:
        self._subscriptions = subscriptions
        self._make = make
        self._checks = checks
        self._intakes: dict[str, Intake] = {}

    async def run(self, cancel: plugin.Cancel, started: plugin.Started) -> None:
        """Consume until the stage stops, and finish what runs then.

        Raises:
            SubscriptionError: A queue cannot be had, or was lost for good.
        """
        self._subscriptions.take_up = functools.partial(self._take_up, cancel)
        try:
            await self._consume(cancel, started)
            self._close()
            await asyncio.gather(*(each.stop() for each in self._intakes.values()))
        except BaseException:
            self._close()
            await asyncio.gather(*(each.cut() for each in self._intakes.values()))
            raise
        failures = [each.failure for each in self._intakes.values()]
        problems = [each for each in failures if isinstance(each, Exception)]
        if problems:
            raise together("messages cannot be consumed", problems)

    async def _consume(self, cancel: plugin.Cancel, started: plugin.Started) -> None:
        for subscribed in self._subscriptions.known:
            self._take_up(cancel, subscribed)
        for intake in [*self._intakes.values()]:
            await _either(intake.has_entered, cancel)
        if not cancel.is_set():
            started()
            self._subscriptions.are_open.set()
            if self._intakes:
                await cancel.wait()

    def _take_up(self, cancel: plugin.Cancel, subscribed: Subscribed) -> None:
        """Consume one more. If it fails, the stage stops in good order."""
        intake = self._make(subscribed)

        def ended(_: object) -> None:
            if intake.failure is not None:
                cancel.set()

        name = _unlike(f"messages {subscribed.label}", self._intakes)
        self._intakes[name] = intake
        self._checks.add(name, intake.check, every=_LOOK_EVERY)
        intake.start(ended)

    def _close(self) -> None:
        self._subscriptions.take_up, self._subscriptions.is_over = None, True
        self._subscriptions.are_open.set()
        for name in self._intakes:
            self._checks.remove(name)


async def consume(
    cancel: plugin.Cancel,
    started: plugin.Started,
    subscriptions: Subscriptions,
    brokers: Brokers,
    publisher: Publisher,
    middlewares: Middlewares,
    checks: Checks,
    metrics: Metrics,
    clock: Clock,
) -> None:
    """Consume until the stage stops, and finish what runs then.

    Raises:
        SubscriptionError: A queue cannot be had, or was lost for good.
    """
    seconds = metrics.histogram(
        "message_handling_seconds", "How long tries took, by how they ended.", labels=["queue", "outcome"]
    )

    blocked = _telling_of_blocks(clock)

    def make(subscribed: Subscribed) -> Intake:
        answering = Answering(subscribed, publisher)
        tries = Tries(subscribed, middlewares.handling, answering, subscriptions.layer, clock, blocked)
        note = _noting(seconds, subscribed.label)
        broker = brokers.get(subscribed.broker)
        engine = Engine(tries, clock, note, answering.died, cancel.set, lambda: broker.trouble is not None)
        return Intake(subscribed, broker, engine)

    await Intakes(subscriptions, make, checks).run(cancel, started)


def _telling_of_blocks(clock: Clock) -> Callable[[float], None]:
    """Says in the log, once for all subscriptions, that the loop was blocked for so many seconds."""
    told = -math.inf

    def blocked(seconds: float) -> None:
        nonlocal told
        if seconds >= _LONG_BLOCK and clock.monotonic() - told >= _LONG_BLOCK:
            told = clock.monotonic()
            _log.warning("loop.blocked", seconds=round(seconds, 1))

    return blocked


def _noting(seconds: Histogram, label: str) -> Note:
    def note(outcome: Outcome, took: float) -> None:
        seconds.observe(took, queue=label, outcome=_WORDS[type(outcome)])

    return note


_WORDS = {Done: "done", Again: "again", Dead: "dead"}


def _unlike(name: str, taken: Container[str]) -> str:
    """The name, or with a number if that is taken."""
    numbered = (f"{name} ({number})" for number in itertools.count(2))
    return next(each for each in itertools.chain([name], numbered) if each not in taken)


async def _either(*events: Waited) -> None:
    """Return when one of these has happened."""
    waits = [asyncio.ensure_future(each.wait()) for each in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waits:
            each.cancel()
