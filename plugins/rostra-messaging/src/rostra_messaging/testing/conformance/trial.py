"""One case on one broker: what its steps are made of."""

import asyncio
import datetime as dt
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import attrs

from rostra.clock import Clock, SystemClock
from rostra_messaging.brokers import Broker, Connect, Connection, Consumer, Delivery, Failure, Parcel, Queue

_LOOK_AGAIN = 0.01


def _no_options(_: int) -> tuple[object, ...]:
    return ()


@attrs.frozen(kw_only=True)
class BrokerUnderTest:
    """A broker, and what a test may do to it.

    Args:
        url: Where it is. Connections that are opened one after another find the same queues.
        connect: Opens one.
        lose_connections: Cuts all of them; clients can connect again at once, and the broker has kept what it had.
        go_away: Cuts all of them, and lets none in.
        come_back: Lets them in again.
        short_queue: The options of a queue that holds as many messages and refuses more.
        settings: Of the broker, if it needs some.
        clock: By which it keeps delays.
        pass_time: Lets so many seconds of that clock pass.
        delay: Seconds that its delays can be told apart by.
        patience: Seconds until what does not come is taken for lost.
    """

    url: str = attrs.field(repr=False)
    connect: Connect
    lose_connections: Callable[[], Awaitable[None]]
    go_away: Callable[[], Awaitable[None]]
    come_back: Callable[[], Awaitable[None]]
    short_queue: Callable[[int], tuple[object, ...]] = _no_options
    settings: dict[str, Any] = attrs.field(factory=dict, repr=False)
    clock: Clock = attrs.field(factory=SystemClock)
    pass_time: Callable[[float], Awaitable[None]] = asyncio.sleep
    delay: float = 0.5
    patience: float = 30.0


class Trial:
    """A broker whose names nobody else uses, and steps that fail when what they wait for does not come.

    Args:
        under: The broker.
    """

    def __init__(self, under: BrokerUnderTest) -> None:
        self.under = under
        self.prefix = f"trial-{uuid.uuid4().hex[:12]}."
        self.delay = under.delay
        self._iterating: dict[Consumer, AsyncIterator[Delivery]] = {}

    @asynccontextmanager
    async def broker(
        self, *, prefix: str = "", raise_unroutable: bool = True, client: str = "a trial"
    ) -> AsyncIterator[Broker]:
        """A connection."""
        connection = Connection(
            url=self.under.url,
            prefix=self.prefix + prefix,
            client=client,
            settings=self.under.settings,
            raise_unroutable=raise_unroutable,
        )
        async with self.under.connect(connection) as broker:
            yield broker

    async def publish(self, broker: Broker, *parcels: Parcel, delay: float = 0.0) -> None:
        """Publish one after the other, with a deadline that no broker at hand needs."""
        for parcel in parcels:
            await broker.publish(parcel, deadline=self.under.patience, delay=delay)

    async def next(self, consumer: Consumer) -> Delivery:
        """What comes next."""
        if consumer not in self._iterating:
            self._iterating[consumer] = aiter(consumer)
        async with asyncio.timeout(self.under.patience):
            return await anext(self._iterating[consumer])

    async def several(self, consumer: Consumer, count: int) -> list[Delivery]:
        """The next ones, none of them settled."""
        return [await self.next(consumer) for _ in range(count)]

    async def handled(self, consumer: Consumer, count: int) -> list[bytes]:
        """The bodies of the next ones, each settled before the next."""
        bodies = []
        for _ in range(count):
            delivery = await self.next(consumer)
            assert await delivery.done()
            bodies.append(delivery.parcel.body)
        return bodies

    async def handled_until(self, consumer: Consumer, body: bytes) -> None:
        """Settle what comes until this has come. What was settled on a connection that is lost then may come again."""
        while (await self.handled(consumer, 1)) != [body]:
            pass

    async def is_empty(self, broker: Broker, queue: Queue) -> bool:
        """Whether a queue that somebody consumes no more has nothing that could be handed out.

        What is published now comes first then. Whoever asks may have no message with the body ``marker`` elsewhere.
        """
        async with broker.consume(queue) as consumer:
            await self.publish(broker, parcel("marker", topic=queue.topic))
            found = await self.handled(consumer, 1)
        return found == [b"marker"]

    async def arrival(self, consumer: Consumer) -> tuple[float, Delivery]:
        """When the next one comes, by the broker's clock, and what it is."""
        delivery = await self.next(consumer)
        return self.under.clock.monotonic(), delivery

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, not all of it in one step: what comes too early is seen to be early."""
        for part in (0.5, 0.4, 0.2):
            await self.under.pass_time(seconds * part)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Return when it holds; nobody tells, so it is looked at again and again."""
        async with asyncio.timeout(self.under.patience):
            while not holds():  # noqa: ASYNC110  (a property has no event)
                await asyncio.sleep(_LOOK_AGAIN)

    async def make(self, broker: Broker, *queues: Queue) -> None:
        """Let the broker have these queues, though nobody consumes them."""
        for queue in queues:
            async with broker.consume(queue):
                pass


def parcel(
    body: str = "tea", *, topic: str = "orders.placed", key: str | None = None, **attributes: Any
) -> Parcel:
    """A message."""
    return Parcel(
        id=uuid.uuid4().hex, topic=topic, body=body.encode(), key=key, attributes=attributes, time=now()
    )


def parcels(count: int, **about: Any) -> list[Parcel]:
    """Messages whose bodies are numbers from 0 on."""
    return [parcel(str(number), **about) for number in range(count)]


def numbers(count: int) -> list[bytes]:
    """The bodies of ``parcels``."""
    return [str(number).encode() for number in range(count)]


def queue(
    name: str | None = "billing", *, topic: str = "orders.placed", prefetch: int = 10, ordered: bool = False
) -> Queue:
    """What a subscription would ask for."""
    return Queue(name=name, topic=topic, prefetch=prefetch, ordered=ordered)


def failure(reason: str = "OSError: the bank is closed") -> Failure:
    """Why a message was not handled."""
    return Failure(reason, now())


def now() -> dt.datetime:
    """In UTC, in whole seconds: what every broker keeps."""
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


def bodies(deliveries: Iterable[Delivery]) -> list[bytes]:
    """What stands in them."""
    return [delivery.parcel.body for delivery in deliveries]


async def settle(deliveries: Sequence[Delivery]) -> list[bool]:
    """Let all be done; whether the broker knew each."""
    return [await delivery.done() for delivery in deliveries]
