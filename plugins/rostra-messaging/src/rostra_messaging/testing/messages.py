"""The messages of a test's stage: to publish some, to see what was published, to wait until it was handled."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest

from rostra import context, di, plugin
from rostra.components import Components
from rostra_messaging.brokers import DeadLetter, DeadLetters, Parcel
from rostra_messaging.connecting import Brokers
from rostra_messaging.envelopes import Envelope, Envelopes
from rostra_messaging.errors import UndecodableError
from rostra_messaging.memory import Opened, Watcher
from rostra_messaging.messages import Message
from rostra_messaging.publishing import Publisher
from rostra_messaging.reading import message_of
from rostra_messaging.settings import DEFAULT
from rostra_messaging.testing.watching import Seen, Watch

Item = TypeVar("Item")

_PATIENCE = 10.0


class Messages:
    """The messages of a running stage whose broker is the one in memory.

    What it waits for and what does not come within ``patience`` fails the test, which then says what was seen instead.

    Args:
        layer: Of the stage.
        watch: Sees what happens.
        broker: Its name among those of the stage.
        patience: Seconds.
    """

    def __init__(
        self, layer: Components, watch: Watch, broker: str = DEFAULT, patience: float = _PATIENCE
    ) -> None:
        self._layer = layer
        self._watch = watch
        self._broker = broker
        self.patience = patience

    def of(self, broker: str) -> "Messages":
        """Those of another broker of the stage: ``[messaging.brokers.NAME]``."""
        return Messages(self._layer, self._watch, broker, self.patience)

    async def publish(self, topic: str, body: Any, **about: Any) -> str:
        """Publish a message as the stage would; see ``Publisher.publish``. It returns the id."""
        publisher = await self._get(Publisher)
        return await publisher.publish(topic, body, broker=self._broker, **about)

    async def published(self, topic: str = "#", count: int = 1) -> list[Message]:
        """What was published since the test began, oldest first.

        Args:
            topic: On this topic, or on those that match it.
            count: How many it has to be, at least; they are waited for. 0 waits for nothing.

        Raises:
            AssertionError: It was not as many in time.
        """
        await self._until(lambda: len(self._seen(topic)) >= count, f"{count} on {topic} to be published")
        brokers, envelopes = await self._get(Brokers), await self._get(Envelopes)
        envelope = envelopes.choose(None, brokers.envelope_of(self._broker))
        return [_message(each.parcel, envelope) for each in self._seen(topic)]

    async def wait_handled(self, topic: str = "#", count: int = 1) -> None:
        """Return when all that was published has been handled, by every queue that got it.

        Args:
            topic: On this topic, or on those that match it.
            count: How many it has to be, at least.

        Raises:
            AssertionError: It was not in time; it says which tries failed, of what, and when they come again. Or one of
                them is dead, with the reason.
        """

        def are_handled() -> bool:
            seen = self._seen(topic)
            for queue, reason in (died for each in seen for died in each.dead.items()):
                msg = f"a message of {queue} died: {reason}"
                raise AssertionError(msg)
            return len(seen) >= count and not any(each.open for each in seen)

        await self._until(are_handled, f"{count} on {topic} to be handled")

    async def wait_dead(self, queue: str, count: int = 1) -> Sequence[DeadLetter]:
        """The dead letters of a queue, when there are so many at least.

        Args:
            queue: Its name, without the prefix: ``billing.orders.placed``.
            count: How many it has to be.

        Raises:
            AssertionError: It was not as many in time.
        """
        kept = self._opened.exchange.queues.get(self._opened.connection.prefix + queue)
        if kept is None:
            known = ", ".join(sorted(self._opened.exchange.queues)) or "none"
            msg = f"there is no queue {queue}; there are: {known}"
            raise AssertionError(msg)
        await self._until(lambda: len(kept.dead) >= count, f"{count} in {queue} to be dead")
        return kept.letters(queue)

    async def wait_delayed(self, count: int = 1) -> None:
        """Return when so many messages at least are to come later: then a manual clock can be moved.

        Raises:
            AssertionError: It was not as many in time.
        """
        exchange = self._opened.exchange
        await self._until(lambda: exchange.postponed >= count, f"{count} to come later")

    async def dead_letters(self, queue: str) -> DeadLetters:
        """The dead queue of a queue, to replay some, say."""
        return (await self._get(Brokers)).get(self._broker).dead_letters(queue)

    def lose_connections(self) -> None:
        """Cut the stage's connections, as a broker does that fails over: what is being handled comes again.

        Handlers that run go on; what they have handled cannot be told any more.
        """
        self._opened.exchange.lose_connections()

    @asynccontextmanager
    async def away(self, reason: str = "it is switched off by a test") -> AsyncIterator[None]:
        """Let the broker be away during the body. Afterwards it has what it had."""
        self._opened.exchange.go_away(reason)
        try:
            yield
        finally:
            self._opened.exchange.come_back()

    def redeliver(self, count: int = 1) -> None:
        """Of the next messages that are handled, let so many come again, as if nobody had said that they were."""
        self._opened.exchange.lost_outcomes += count

    def duplicate(self, count: int = 1) -> None:
        """Of the next messages that are published, let so many be stored twice, as if the confirmation had been lost."""
        self._opened.exchange.lost_confirms += count

    @property
    def _opened(self) -> Opened:
        if self._broker not in self._watch.brokers:
            known = ", ".join(sorted(self._watch.brokers)) or "none"
            msg = f"the stage has no broker {self._broker} in memory; there are: {known}. Let its url be memory://"
            raise AssertionError(msg)
        return self._watch.brokers[self._broker]

    def _seen(self, topic: str) -> list[Seen]:
        return self._watch.seen(self._opened, topic)

    async def _get(self, cls: type[Item]) -> Item:
        with context.use(self._layer):
            return await di.nject(cls)

    async def _until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait for what is seen, looking again at each change.

        Raises:
            AssertionError: It does not come in time.
        """
        try:
            async with asyncio.timeout(self.patience):
                while not holds():
                    await self._watch.changed.wait()
        except TimeoutError:
            msg = f"waited {self.patience:g} s for {what}; {self._told()}"
        else:
            return
        raise AssertionError(msg)

    def _told(self) -> str:
        """What there is instead."""
        seen = [f"{each.parcel.topic} ({_state(each)})" for each in self._seen("#")]
        return f"published were {', '.join(seen)}" if seen else "nothing was published"


def _state(seen: Seen) -> str:
    still = [
        f"not yet handled by {queue}{f': {seen.failed[queue]}' if queue in seen.failed else ''}"
        for queue in sorted(seen.open)
    ]
    dead = [f"dead in {queue}: {reason}" for queue, reason in sorted(seen.dead.items())]
    return ", ".join((*still, *dead)) or "handled"


def _message(parcel: Parcel, envelope: Envelope) -> Message:
    """A message as a handler would see it; the bytes as they are, if they were written in another way."""
    try:
        return message_of(parcel, envelope)
    except UndecodableError:
        return Message(
            topic=parcel.topic, body=parcel.body, id=parcel.id, attributes=parcel.attributes, key=parcel.key
        )


@pytest.fixture
def messages(request: pytest.FixtureRequest, rostra_context: Components) -> Messages:
    """The messages of the mark's plugins, whose tasks run until the test ends; their broker is the one in memory."""
    watch = Watch()
    rostra_context.add(watch, Watcher)
    stage: plugin.Stage = request.getfixturevalue("rostra_run")
    for opened in stage.components.find(
        Opened
    ).values():  # before, by a fixture that was set up before this one
        watch.opened(opened)
    return Messages(stage.components, watch)
