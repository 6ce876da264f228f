"""RabbitMQ as a broker of rostra: two links, one to publish and one to consume, and what goes over them."""

import asyncio
import os
import socket
import ssl
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from pamqp.commands import Basic

from rostra import log
from rostra_amqp import names, wire
from rostra_amqp.addresses import addresses, check_url
from rostra_amqp.consuming import AmqpConsumer
from rostra_amqp.declaring import make_exchanges
from rostra_amqp.faults import Fault
from rostra_amqp.frames import delete_queue
from rostra_amqp.graves import AmqpDeadLetters
from rostra_amqp.lanes import Lanes
from rostra_amqp.links import Link, Live
from rostra_amqp.refusing import check_queue
from rostra_amqp.sending import NotStoredError, Outgoing, Sender, headers_fit
from rostra_amqp.settings import AmqpConfig, chosen, options_of
from rostra_messaging import PublishError, SubscriptionError, transport
from rostra_messaging.brokers import Connection, Failure, Parcel, Queue

_REPLAYING = 30.0
_log = log.get(__name__)


class AmqpBroker:
    """RabbitMQ; see ``rostra_messaging.brokers.Broker``.

    Args:
        asked: What the stage wants to be connected to.
        settings: Its options.
        publishing: The link for publishing.
        consuming: The link for consuming.
    """

    def __init__(self, asked: Connection, settings: AmqpConfig, publishing: Link, consuming: Link) -> None:
        self._asked, self._settings = asked, settings
        self._publishing, self._consuming = publishing, consuming
        self._patience = float(settings.connect_timeout)
        self._confirming = float(settings.confirm_timeout)
        self._sender = Sender(publishing, in_flight=settings.in_flight, patience=self._patience)
        self._unique = f"{socket.gethostname()}.{os.getpid()}.{uuid.uuid4().hex[:8]}"
        self._known: dict[str, None] = {}
        self._consumers: set[AmqpConsumer] = set()
        self._lanes = Lanes(patience=self._patience, settle=float(settings.settle))

    @property
    def trouble(self) -> str | None:
        """Why it cannot be used at the moment."""
        return self._publishing.trouble or self._consuming.trouble

    async def publish(self, parcel: Parcel, *, deadline: float, delay: float = 0.0) -> None:
        """Return when RabbitMQ has stored the parcel in each queue that wants it."""
        try:
            await self._send(parcel, deadline, delay)
        except NotStoredError as error:
            failed = error
        except ValueError as error:
            failed = NotStoredError(Fault("unsendable", str(error)), "no")
        else:
            return
        if failed.fault.kind == "unroutable" and not self._asked.raise_unroutable:
            _log.warning("message.unroutable", topic=parcel.topic, broker=self._asked.name, message=parcel.id)
            return
        raise PublishError(
            parcel.topic, self._asked.name, failed.fault.reason, failed.is_stored, _fix(failed.fault)
        )

    @asynccontextmanager
    async def consume(self, queue: Queue) -> AsyncIterator[AmqpConsumer]:
        """Make the queue, if need be, and consume it during the body."""
        unique = f"{self._unique}.{uuid.uuid4().hex[:4]}"
        check_queue(self._asked, queue, unique)
        wanted = names.topology(queue, chosen(queue.options), self._settings, self._asked.prefix, unique)
        self._known[wanted.shared.removeprefix(self._asked.prefix)] = None
        consumer = AmqpConsumer(
            self._consuming,
            wanted,
            _Home(self, wanted),
            prefetch=queue.prefetch,
            prefix=self._asked.prefix,
            patience=self._patience,
            settle=float(self._settings.settle),
            refuse=partial(self._refusal, wanted),
        )
        self._consumers.add(consumer)
        running = asyncio.create_task(consumer.run(), name=f"amqp {wanted.label}")
        try:
            await consumer.began.wait()
            consumer.raise_if_over()
            yield consumer
        finally:
            running.cancel()
            await asyncio.wait([running])
            await consumer.close()
            self._consumers.discard(consumer)
            if wanted.is_own:
                await self._remove(wanted)

    def dead_letters(self, queue: str) -> AmqpDeadLetters:
        """The dead queue of the queue of this name."""
        name = f"{self._asked.prefix}{queue}"
        return AmqpDeadLetters(
            self._publishing,
            queue,
            names.dead_name(name),
            prefix=self._asked.prefix,
            replay=partial(self._replay, name),
            patience=self._patience,
        )

    async def queues_with_dead_letters(self) -> Sequence[str]:
        """The names of the queues that this process consumes, or consumed, and whose dead queues are not empty."""
        return [name for name in self._known if await self.dead_letters(name).count()]

    async def close(self) -> None:
        """Leave nothing running of what was begun here; the links are closed by who opened them."""
        await self._sender.close()

    async def settled(self) -> None:
        """Return when all that was said about deliveries so far has arrived, which RabbitMQ does not confirm by itself."""
        for consumer in [*self._consumers]:
            await consumer.settled()

    async def send_back(self, wanted: names.Topology, parcel: Parcel, delay: float) -> None:
        """Store a parcel where it comes back into its queue from after so many seconds."""
        back = self._properties(parcel, wire.on_its_way_back(parcel))
        if delay <= 0:
            await self._sender.send(Outgoing("", wanted.queue.name, parcel.body, back), self._confirming)
            return
        lane = names.retry_lane(
            wanted.queue.name, min(delay, names.LONGEST_DELAY), self._settings, is_own=wanted.is_own
        )
        await self._delay(lane, parcel, back, self._confirming)

    async def bury(self, wanted: names.Topology, parcel: Parcel, failure: Failure) -> None:
        """Store a parcel in the dead queue."""
        dead = names.dead_queue(wanted.dead_name, self._settings)
        properties = self._properties(parcel, wire.buried(parcel, failure, wanted.queue.name))
        await self._store(dead, parcel, properties, self._confirming)

    def _properties(self, parcel: Parcel, more: Mapping[str, Any]) -> Basic.Properties:
        """Those of a parcel that was delivered once.

        Raises:
            NotStoredError: There are none that AMQP can carry.
        """
        try:
            return wire.properties(parcel, self._asked.client, more)
        except ValueError as error:  # UnicodeEncodeError quotes what it cannot write
            reason = "it is no text" if isinstance(error, UnicodeError) else str(error)
        raise NotStoredError(Fault("unsendable", f"AMQP cannot carry it: {reason}"), "no")

    async def _send(self, parcel: Parcel, deadline: float, delay: float) -> None:
        key = f"{self._asked.prefix}{parcel.topic}"
        properties = wire.properties(parcel, self._asked.client)
        if not headers_fit(properties):
            raise ValueError("its attributes are longer than AMQP can carry beside a body: 100,000 bytes")
        if delay > 0:
            lane = names.topic_lane(self._settings.exchange, key, delay, self._settings)
            await self._delay(lane, parcel, properties, deadline)
        else:
            restore = self._restore_exchange if self._settings.declare else None
            outgoing = Outgoing(self._settings.exchange, key, parcel.body, properties, restore)
            await self._sender.send(outgoing, deadline)

    async def _delay(
        self, lane: names.Made, parcel: Parcel, properties: Basic.Properties, deadline: float
    ) -> None:
        """Send a parcel into a queue of which only its delay matters."""
        used = self._lanes.usable(lane)
        try:
            await self._store(used, parcel, properties, deadline)
        except NotStoredError as error:
            if error.fault.kind == "silent" and not lane.is_passive:
                self._lanes.leave(lane, used)
            raise

    async def _store(
        self, queue: names.Made, parcel: Parcel, properties: Basic.Properties, deadline: float
    ) -> None:
        """Send a parcel into a queue of ours by its name."""
        if queue.is_passive:
            outgoing = Outgoing("", queue.name, parcel.body, properties)
        else:
            first, again = partial(self._lanes.made, queue), partial(self._lanes.remade, queue)
            outgoing = Outgoing("", queue.name, parcel.body, properties, again, first)
        await self._sender.send(outgoing, deadline)

    async def _replay(self, queue: str, parcel: Parcel, home: str | None) -> bool:
        properties = wire.properties(parcel, self._asked.client, wire.on_its_way_back(parcel))
        try:
            await self._sender.send(Outgoing("", home or queue, parcel.body, properties), _REPLAYING)
        except NotStoredError as error:
            if error.fault.kind == "unroutable":
                return False  # the process whose own queue it was is gone
            failed = error
        else:
            return True
        raise PublishError(parcel.topic, self._asked.name, failed.fault.reason, failed.is_stored)

    async def _restore_exchange(self, live: Live) -> None:
        async with live.passing_channel(self._patience) as channel:
            await make_exchanges(channel, names.exchanges(self._settings), self._patience)

    async def _remove(self, wanted: names.Topology) -> None:
        """Delete the queue of this process alone; if RabbitMQ is away, it does so itself after a while."""
        if self._publishing.trouble is not None:
            return
        try:
            live = await self._publishing.live()
            async with asyncio.timeout(self._patience), live.passing_channel(self._patience) as channel:
                await delete_queue(channel, wanted.queue.name, self._patience)
        except (OSError, RuntimeError, TimeoutError) as error:
            _log.info("queue.left", queue=wanted.queue.name, reason=type(error).__name__)

    def _refusal(self, wanted: names.Topology, fault: Fault) -> SubscriptionError:
        return SubscriptionError(
            wanted.label,
            self._asked.name,
            fault.reason,
            (f"queue {wanted.queue.name}",),
            _remedy(wanted, fault),
        )


class _Home:
    """The subscription of deliveries."""

    def __init__(self, broker: AmqpBroker, wanted: names.Topology) -> None:
        self._broker, self._wanted = broker, wanted
        self.label = wanted.label

    async def send_back(self, parcel: Parcel, delay: float) -> None:
        await self._broker.send_back(self._wanted, parcel, delay)

    async def bury(self, parcel: Parcel, failure: Failure) -> None:
        await self._broker.bury(self._wanted, parcel, failure)


def _fix(fault: Fault) -> tuple[str, ...]:
    """What a user can do about a publish that failed so."""
    match fault.kind:
        case "unroutable":
            return (
                "subscribe to the topic, or publish on one that somebody subscribes to",
                '[messaging] unroutable = "log" if nobody needs to want it',
            )
        case "missing":
            return ("make the exchange, or let rostra do so: [messaging.options] declare = true",)
        case "refused":
            return ("give the user the permission: rabbitmqctl set_permissions",)
    return ()


def _remedy(wanted: names.Topology, fault: Fault) -> tuple[str, ...]:
    """What a user can do about a queue that cannot be had."""
    match fault.kind:
        case "mismatched":
            return (
                "it exists with other arguments: drain and delete it, and it is made anew",
                "or use it as it is: options=[Options(declare=False)]",
            )
        case "missing":
            return ("make it, or let rostra do so: options=[Options(declare=True)]",)
        case "refused":
            return ("give the user the permission: rabbitmqctl set_permissions",)
        case "locked":
            return (f"another connection has {wanted.queue.name} for itself; end that, or use another queue",)
    return ()


@transport(options=AmqpConfig, check=check_queue, check_url=check_url)
@asynccontextmanager
async def connect(asked: Connection) -> AsyncIterator[AmqpBroker]:
    """Connect to RabbitMQ, and be connected during the body; entering waits until it can be used.

    Args:
        asked: Where it is, and what this process is called there.
    """
    settings = options_of(asked)
    places = addresses(asked.url, settings.hosts, heartbeat=settings.heartbeat)
    secure = await _tls(settings) if any(place.is_encrypted for place in places) else None
    links = [
        Link(
            places,
            f"{asked.client} ({role})",
            heartbeat=settings.heartbeat,
            patience=float(settings.connect_timeout),
            context=secure,
            delayed=asked.delayed,
            is_checked=role == "publish",  # there come few: those of dead queues, and what is returned
        )
        for role in ("publish", "consume")
    ]
    running = [asyncio.create_task(link.run(), name=f"amqp {link.name}") for link in links]
    try:
        for link in links:
            await link.live()
        broker = AmqpBroker(asked, settings, *links)
        try:
            yield broker
        finally:
            await broker.close()
    finally:
        for task in running:
            task.cancel()
        ended: list[Any] = await asyncio.gather(*running, return_exceptions=True)
        _raise_crashes(ended)


def _raise_crashes(ended: list[Any]) -> None:
    crashes = [each for each in ended if isinstance(each, Exception)]
    if crashes:
        raise ExceptionGroup("links to RabbitMQ crashed", crashes)


async def _tls(settings: AmqpConfig) -> ssl.SSLContext:
    return await asyncio.to_thread(_context, settings)


def _context(settings: AmqpConfig) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.ca_file)
    if settings.cert_file is not None:
        context.load_cert_chain(settings.cert_file, settings.key_file)
    if not settings.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
