"""Which handlers are there, and can they be what they want to be? Bound once, before anything is consumed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

import attrs

from rostra import context, di
from rostra.components import Components
from rostra.documents import UnreadableTypeError
from rostra.errors import HandlerError, RostraError, together
from rostra.handlers import Bound, where_of
from rostra.plugin import Lifecycle, Phase
from rostra_messaging.brokers import Queue
from rostra_messaging.connecting import Known, known_brokers, no_broker
from rostra_messaging.declaring import Subscription
from rostra_messaging.envelopes import Envelope, Envelopes
from rostra_messaging.errors import EnvelopeNotFoundError, SubscriptionError
from rostra_messaging.messages import Message
from rostra_messaging.reading import Payload, payload_of
from rostra_messaging.settings import DEFAULT, MessagingConfig
from rostra_messaging.transports import BrokerOptions, traits_of

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@attrs.frozen
class Step:
    """A handler or a guard, and how a message becomes a call of it.

    Args:
        bound: It.
        payload: The parameter that takes the payload; None if none does.
        passed: The names under which it takes the message itself.
    """

    bound: Bound
    payload: Payload | None
    passed: tuple[str, ...] = ()

    def values(self, message: Message) -> Mapping[str, Any]:
        """What it takes of the payload, by name.

        Raises:
            UndecodableError: The payload is none.
        """
        return _NOTHING if self.payload is None else {self.payload.name: self.payload.convert(message.body)}

    def call(self, message: Message, values: Mapping[str, Any]) -> Awaitable[Any]:
        """Call it, in the scope at hand."""
        if self.passed:
            values = {**values, **dict.fromkeys(self.passed, message)}
        return self.bound.invoke(values)


@attrs.frozen
class Subscribed:
    """A handler with all that is known before its first message.

    Args:
        subscription: What it asks for.
        handler: It.
        guards: What is asked before it.
        broker: The name of its broker.
        envelope: How its messages are written.
        queue: What is asked of the broker.
    """

    subscription: Subscription
    handler: Step
    guards: tuple[Step, ...]
    broker: str
    envelope: Envelope
    queue: Queue

    @property
    def steps(self) -> tuple[Step, ...]:
        """What is called: the guards, then the handler."""
        return (*self.guards, self.handler)

    @property
    def label(self) -> str:
        """What people call it: the queue, and for one of this process alone the handler, too."""
        return self.queue.name or f"{self.queue.label} for {self.handler.bound.declared.label}"

    @property
    def where(self) -> tuple[str, ...]:
        """What errors say about it."""
        return where_of(self.handler.bound.declared)


class Subscriptions:
    """The handlers of messages in this stage. A component.

    Args:
        layer: Of the stage.
        lifecycle: Of the stage.

    ``take_up`` is called with each that is added while messages are consumed; ``is_over`` says that they no longer are.
    ``are_open`` is set when all have had their queues, or when nobody will have any more.
    """

    __slots__ = ("_lifecycle", "are_open", "is_over", "known", "layer", "take_up")

    def __init__(self, layer: Components, lifecycle: Lifecycle) -> None:
        self.layer = layer
        self._lifecycle = lifecycle
        self.are_open = asyncio.Event()
        self.known: list[Subscribed] = []
        self.take_up: Callable[[Subscribed], None] | None = None
        self.is_over = False

    def add(self, subscribed: Subscribed) -> None:
        """One more.

        Raises:
            HandlerError: Its queue is taken, or nobody consumes any more.
        """
        if self.is_over:
            raise _too_late(subscribed)
        twin = next((each for each in self.known if _is_one(each, subscribed)), None)
        if twin is not None:
            raise _twice(subscribed, twin)
        self.known.append(subscribed)
        if self.take_up is not None:
            self.take_up(subscribed)

    async def open_within(self, seconds: float) -> bool:
        """Wait for the queues of a stage that is starting: whether they came to be within so many seconds.

        False at once if there is nothing to wait for.
        """
        if not self.known or self.are_open.is_set() or self._lifecycle.phase is not Phase.STARTING:
            return False
        try:
            async with asyncio.timeout(seconds):
                await self.are_open.wait()
        except TimeoutError:
            return False
        return not self.is_over


async def bind(chosen: tuple[Bound, ...]) -> None:
    """Find out what the handlers of subscriptions need, and keep them until messages are consumed.

    Raises:
        HandlerError: One cannot be what it wants to be. Several problems are raised as an ExceptionGroup.
    """
    settings, envelopes = await di.nject(MessagingConfig, Envelopes)
    subscriptions = context.get(Subscriptions)
    brokers = known_brokers(settings, context.get(BrokerOptions, default=BrokerOptions()).read)
    problems: list[Exception] = []
    for bound in chosen:
        try:
            subscribed = _subscribed(bound, brokers, envelopes)
            subscriptions.add(subscribed)
            _check(subscribed, brokers[subscribed.broker])
        except RostraError as problem:
            problems.append(problem)
    if problems:
        raise together("subscriptions cannot be bound", problems)


def _check(subscribed: Subscribed, known: Known) -> None:
    """Raise if no broker of this kind can have the queue.

    Raises:
        SubscriptionError: Why, and who wants it.
    """
    if (check := traits_of(known).check) is None:
        return
    try:
        check(known.connection, subscribed.queue)
    except SubscriptionError as error:
        refused = error
    else:
        return
    where = (*refused.where, *subscribed.where)
    raise SubscriptionError(refused.queue, refused.broker, refused.reason, where, refused.fix)


def _subscribed(bound: Bound, brokers: Mapping[str, Known], envelopes: Envelopes) -> Subscribed:
    subscription = bound.declared.trigger
    assert isinstance(subscription, Subscription), "only these are bound here"  # noqa: S101  (for type checkers)
    broker = subscription.broker or DEFAULT
    if broker not in brokers:
        raise no_broker(broker, brokers, where_of(bound.declared))
    return Subscribed(
        subscription,
        _step(bound),
        tuple(map(_step, bound.guards)),
        broker,
        _envelope(bound, envelopes, subscription.envelope, brokers[broker].envelope),
        subscription.queue,
    )


def _envelope(bound: Bound, envelopes: Envelopes, *asked: Any) -> Envelope:
    try:
        return envelopes.choose(*asked)
    except EnvelopeNotFoundError as error:
        name, known = error.name, error.known
    raise EnvelopeNotFoundError(name, known, where_of(bound.declared))


def _step(bound: Bound) -> Step:
    try:
        return Step(bound, payload_of(bound), tuple(bound.passed))
    except UnreadableTypeError as error:
        why = str(error)
    raise HandlerError(
        f"{bound.declared.label} cannot take the payload that it wants",
        where_of(bound.declared),
        (why,),
        (
            "let it be a class of attrs, a dataclass, a list, a dict, a text, a number or bytes",
            "if di shall make it, register it",
        ),
    )


def _is_one(one: Subscribed, other: Subscribed) -> bool:
    """Whether two handlers would consume one queue."""
    return one.queue.name is not None and (one.broker, one.queue.name) == (other.broker, other.queue.name)


def _twice(subscribed: Subscribed, twin: Subscribed) -> HandlerError:
    return HandlerError(
        f"{subscribed.subscription.describe()} is handled twice",
        (*twin.where, *subscribed.where[1:]),
        ("both would take messages from one queue, and each message would be handled by either of them",),
        ("give one of them a group of its own, so that both get all messages",),
    )


def _too_late(subscribed: Subscribed) -> HandlerError:
    return HandlerError(
        f"{subscribed.subscription.describe()} comes too late",
        subscribed.where,
        ("the stage consumes nothing: it has no other subscriptions, or it stops",),
        ("load its plugin before the stage runs",),
    )
