"""Which messages does a function handle, and what if it fails? The decorator, and the trigger that it makes."""

import inspect
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any, ClassVar, TypeAlias, TypeVar

import attrs

from rostra import di, handlers
from rostra.errors import HandlerError
from rostra_messaging.brokers import Queue
from rostra_messaging.envelopes import Envelope
from rostra_messaging.messages import Message
from rostra_messaging.topics import has_wildcards, mistake_in

Function = TypeVar("Function", bound=Callable[..., Any])
T = TypeVar("T")

Filter: TypeAlias = Callable[[Message], bool]
"""Whether a handler wants a message; one that it does not want is done."""

_DEADLINE = 300.0


def _delays(delays: Iterable[float]) -> tuple[float, ...]:
    found: object = delays
    if not isinstance(found, Iterable) or isinstance(found, str | bytes):
        msg = f"delays are seconds, one for each further try: Retry(delays=(1, 10, 60)), not {found!r}"
        raise TypeError(msg)
    return tuple(float(each) for each in delays)


@attrs.frozen
class Retry:
    """The ladder: how often a message is tried again, and after how many seconds each time.

    ``Retry()`` is five tries in all, the last after eleven minutes; ``Retry(delays=())`` is a single one.

    Args:
        delays: Seconds before the second try, the third and so on; 0 is at once.

    Raises:
        TypeError: ``delays`` is one number, or a text.
        ValueError: One of them is no number.
    """

    delays: tuple[float, ...] = attrs.field(default=(1, 10, 60, 600), converter=_delays)

    @property
    def tries(self) -> int:
        """How many there are in all."""
        return len(self.delays) + 1


class FromPayload(handlers.Marker):
    """Marks the parameter that takes the payload, where its type alone does not say so; see ``Payload``."""

    __slots__ = ()
    is_payload: ClassVar[bool] = True


Payload: TypeAlias = Annotated[T, FromPayload()]
"""``order: Payload[Order]``: the payload, though something else could give an ``Order``, too."""


@attrs.frozen(kw_only=True)
class Subscription:
    """What sets a handler off: the trigger that ``subscribe`` makes. See there for what it has."""

    topic: str
    group: str | None = None
    broker: str | None = None
    concurrency: int = 10
    prefetch: int = 10
    retry: Retry = Retry()
    deadline: float | None = _DEADLINE
    envelope: Envelope | str | None = None
    filter: Filter | None = None
    ordered: bool = False
    publishes: str | None = None
    options: tuple[object, ...] = ()

    transport = "rostra_messaging"
    path_names = frozenset[str]()
    provides = (Message,)
    markers = (FromPayload,)
    takes_scalars = False
    takes_payload = True
    needs_payload = False

    def describe(self) -> str:
        """How people call it: ``orders.placed as billing``."""
        broker = f" of {self.broker}" if self.broker else ""
        return f"{self.topic}{f' as {self.group}' if self.group else ''}{broker}"

    @property
    def queue(self) -> Queue:
        """What is asked of the broker."""
        return Queue(
            topic=self.topic,
            name=f"{self.group}.{self.topic}" if self.group else None,
            prefetch=self.prefetch,
            ordered=self.ordered,
            delays=() if self.ordered else tuple(dict.fromkeys(self.retry.delays)),
            held=self._held,
            options=self.options,
        )

    @property
    def _held(self) -> float | None:
        if self.deadline is None:
            return None
        return self.deadline + (sum(self.retry.delays) if self.ordered else 0.0)


def subscribe(
    topic: str,
    *,
    group: str | None = None,
    broker: str | None = None,
    concurrency: int = 10,
    prefetch: int | None = None,
    retry: Retry = Retry(),
    deadline: float | None = _DEADLINE,
    envelope: Envelope | str | None = None,
    filter: Filter | None = None,  # noqa: A002  (what it is called everywhere)
    ordered: bool = False,
    publishes: str | None = None,
    options: Iterable[object] = (),
) -> Callable[[Function], Function]:
    """Let the function handle the messages on a topic.

    One parameter may take the payload, converted to its annotated type; one may be a ``Message``; the others come from
    the stage and its adapters, in a scope per message. When it returns, the message is done. When it raises, it is
    tried again as ``retry`` says, and then kept in the dead queue; ``Reject`` and ``RetryLater`` say it otherwise. The
    function stays as it is and can be called as ever.

    Args:
        topic: Words between dots; ``*`` stands for one word, ``#`` for any number of them.
        group: Processes of one group share a durable queue, and each message is handled by one of them. Without one
            each process gets its own copy of each message, as long as it runs.
        broker: Its name in ``[messaging.brokers]``; None is that of ``[messaging]`` itself.
        concurrency: How many messages are handled at once, at most, in this process.
        prefetch: How many of them this process may hold, those that wait included; by default ``concurrency``.
        retry: How often, and when, it is tried again.
        deadline: Seconds for one try; one that takes longer is cancelled and has failed. None is without end, and then
            the broker may lose its patience.
        envelope: How messages are written, if not as the broker's settings say.
        filter: Called with the ``Message``; if it returns false, the message is done without being handled.
        ordered: Messages with the same key are handled in their order, one after the other; one that fails is tried
            again in place, and the others with that key wait. One process of the group has the queue at a time.
        publishes: The topic on which what the function returns is published, before the message is done; None is not
            published.
        options: What only one kind of broker understands, as objects of its own.

    Raises:
        HandlerError: Something of this cannot be.
    """
    if not isinstance(topic, str):
        raise _no_topic(topic)
    subscription = Subscription(
        topic=topic,
        group=group,
        broker=broker,
        concurrency=concurrency,
        prefetch=concurrency if prefetch is None else prefetch,
        retry=retry,
        deadline=deadline,
        envelope=envelope,
        filter=filter,
        ordered=ordered,
        publishes=publishes,
        options=tuple(options),
    )

    def marked(function: Function) -> Function:
        _check(subscription, function)
        return handlers.mark(function, subscription)

    return marked


def _check(subscription: Subscription, function: Any) -> None:
    """Raise if this can never work.

    Raises:
        HandlerError: What and why.
    """
    fault = next(_faults(subscription, function), None)
    if fault is not None:
        why, fix = fault
        label, place = _label(function), di.signature(function).place
        raise HandlerError(
            f"{label} cannot subscribe as it says", (f"handler {label}, {place}",), (why,), (fix,)
        )


def _label(function: Any) -> str:
    return str(function.__qualname__).rpartition("<locals>.")[2]


def _no_topic(found: Any) -> HandlerError:
    """Who writes ``@subscribe`` alone hands over the function itself."""
    fix = ('write @subscribe("orders.placed")',)
    if not inspect.isroutine(found):
        return HandlerError("@subscribe needs a topic", why=(f"{found!r} is no text",), fix=fix)
    where = (f"handler {_label(found)}, {di.signature(found).place}",)
    why = ("without parentheses it takes the function for the topic",)
    return HandlerError("@subscribe needs a topic", where, why, fix)


def _faults(subscription: Subscription, function: Any) -> Iterator[tuple[str, str]]:
    """What cannot be, and how it could."""
    retry: object = subscription.retry
    if not isinstance(retry, Retry):
        yield f"retry={retry!r} is no Retry", "retry=Retry(delays=(1, 10, 60)) is four tries in all"
        return
    topic, group, publishes = subscription.topic, subscription.group, subscription.publishes
    if (mistake := mistake_in(topic)) is not None:
        yield f'the topic "{topic}": {mistake}', '@subscribe("orders.placed")'
    if group is not None and (mistake := _mistake_in_name(group)) is not None:
        yield f'the group "{group}": {mistake}', 'group="billing"'
    elif (mistake := mistake_in(subscription.queue.name or topic)) is not None:
        yield f"group and topic are the name of the queue: {mistake}", "shorter ones"
    if publishes is not None and (mistake := _mistake_in_name(publishes)) is not None:
        yield f'publishes="{publishes}": {mistake}', 'publishes="orders.billed"'
    yield from _faults_of_numbers(subscription)
    if inspect.iscoroutinefunction(subscription.filter):
        yield (
            "its filter is async, and what that returns is always true",
            "let it be a plain function of the Message",
        )
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        yield "it yields, and a message is done when its handler returns", "return what is to be published"


def _mistake_in_name(name: str) -> str | None:
    return "wildcards are for what is subscribed to" if has_wildcards(name) else mistake_in(name)


def _faults_of_numbers(subscription: Subscription) -> Iterator[tuple[str, str]]:
    concurrency, prefetch, deadline = subscription.concurrency, subscription.prefetch, subscription.deadline
    if concurrency < 1:
        yield f"concurrency={concurrency} handles nothing", "concurrency=1 is one after the other"
    if prefetch < concurrency:
        yield (
            f"prefetch={prefetch} brings fewer than concurrency={concurrency} would handle at once",
            f"prefetch={concurrency}, or leave it out",
        )
    if deadline is not None and not deadline > 0:
        yield f"deadline={deadline:g} is over before it begins", "deadline=None is without end"
    wrong = [each for each in subscription.retry.delays if not 0 <= each < math.inf]
    if wrong:
        yield f"a delay of {wrong[0]:g} seconds cannot be waited for", "Retry(delays=(1, 10, 60))"
