"""What queues are called, and with which arguments they are made. Pure, so that two processes always agree."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from rostra_amqp.settings import AmqpConfig, Options
from rostra_messaging.brokers import Queue

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_LONGEST_EXPIRY_MS = 49 * _DAY_MS  # RabbitMQ counts milliseconds with 32 bits
LONGEST_DELAY = 20 * 24 * 3600.0
"""Seconds: a queue for it can still be kept alive for twice as long."""
REDECLARED_AFTER = 6 * 3600.0
"""Seconds after which a delay queue is declared again before it is used, which puts off its expiry."""
_OWN_EXPIRY_MS = 300_000
_NEVER = 1_000_000_000
"""Deliveries: RabbitMQ 4 drops what was looked at twenty times, unless told otherwise."""


MOST_SPARES = 8
"""How many queues there are, at most, for one that does not confirm."""
LONGEST_QUEUE_BYTES = 255 - len(".retry.1700000s~9")
"""Of a queue's name, so that its retry queues can have names, too."""


class Exchange(NamedTuple):
    """An exchange to declare, durable.

    Args:
        name: As on the wire.
        type: ``topic``, ``direct``, ``fanout`` or ``headers``.
    """

    name: str
    type: str


class Made(NamedTuple):
    """A queue to declare.

    Args:
        name: As on the wire.
        arguments: As RabbitMQ knows them.
        is_durable: Whether it outlives the broker.
        is_passive: It is only looked whether it is there.
    """

    name: str
    arguments: Mapping[str, Any] = {}
    is_durable: bool = True
    is_passive: bool = False


class Binding(NamedTuple):
    """What brings messages from an exchange to a queue."""

    exchange: str
    key: str
    arguments: Mapping[str, Any] = {}


class Topology(NamedTuple):
    """Everything that a subscription needs at the broker.

    Args:
        label: What people call the queue.
        queue: That is consumed.
        dead: For messages that failed for good; None is made when there is one.
        exchanges: To declare first.
        bindings: Of the queue.
        dead_name: The dead queue's name on the wire.
        consume: Arguments of the consumer.
        shared: The queue's name on the wire, without what makes it one of this process alone.
        is_own: The queue is of this process alone, and deleted with it.
        is_ordered: One consumer at a time has the queue, and what comes back keeps its place.
        is_stream: Nothing is removed from the queue by handling it.
    """

    label: str
    queue: Made
    dead: Made | None
    exchanges: tuple[Exchange, ...]
    bindings: tuple[Binding, ...]
    dead_name: str
    consume: Mapping[str, Any]
    shared: str
    is_own: bool = False
    is_ordered: bool = False
    is_stream: bool = False


def topology(queue: Queue, options: Options, settings: AmqpConfig, prefix: str, unique: str) -> Topology:
    """What is to be declared for a subscription.

    Args:
        queue: That is wanted.
        options: Of the subscription.
        settings: Of the broker.
        prefix: Of its names.
        unique: Something that no other process has, for a queue of this one alone.
    """
    named = options.queue or queue.name
    shared = f"{prefix}{named or queue.topic}"
    name = shared if named else f"{shared}.{unique}"
    declares = settings.declare and options.declare
    exchange = Exchange(options.exchange, options.exchange_type) if options.exchange else _exchange(settings)
    dead = dead_queue(dead_name(shared), settings)
    kind = options.type or (settings.queue_type if named else "classic")
    return Topology(
        label=queue.label if options.queue is None else options.queue,
        queue=Made(
            name, _arguments(kind, queue, options, settings, named, dead), options.durable, not declares
        ),
        dead=dead if named else None,
        exchanges=(exchange,) if declares and not exchange.name.startswith("amq.") else (),
        bindings=(Binding(exchange.name, f"{prefix}{queue.topic}", options.bind),) if declares else (),
        dead_name=dead.name,
        consume=_consumer(kind, options),
        shared=shared,
        is_own=not named and declares,
        is_ordered=queue.ordered,
        is_stream=kind == "stream",
    )


def exchanges(settings: AmqpConfig) -> tuple[Exchange, ...]:
    """What is to be declared before messages can be published; those of AMQP itself are always there."""
    return () if settings.exchange.startswith("amq.") else (_exchange(settings),)


def dead_name(queue: str) -> str:
    """The dead queue of a queue."""
    return f"{queue}.dead"


def dead_queue(name: str, settings: AmqpConfig) -> Made:
    """Where messages stay that failed for good; it has no consumer and no limit."""
    return Made(name, {"x-queue-type": "quorum", "x-delivery-limit": _NEVER}, is_passive=not settings.declare)


def retry_lane(queue: str, seconds: float, settings: AmqpConfig, *, is_own: bool) -> Made:
    """Where messages wait so long before they come back into a queue.

    A queue per delay, because in one of several delays a short one would wait behind a long one.
    """
    delay_ms = rounded_ms(seconds)
    if is_own:
        return Made(
            f"{queue}.retry.{_label(delay_ms)}", _lane("classic", delay_ms, "", queue, _OWN_EXPIRY_MS)
        )
    name = f"{queue}.retry.{_label(delay_ms)}"
    return Made(name, _lane("quorum", delay_ms, "", queue, 7 * _DAY_MS), is_passive=not settings.declare)


def topic_lane(exchange: str, key: str, seconds: float, settings: AmqpConfig) -> Made:
    """Where messages wait so long before they are published."""
    delay_ms = rounded_ms(seconds)
    name = f"{key}.delay.{_label(delay_ms)}"
    return Made(name, _lane("quorum", delay_ms, exchange, key, 7 * _DAY_MS), is_passive=not settings.declare)


def spare(lane: Made, turn: int) -> Made:
    """A queue that does the same under another name; the lane itself for turn 0."""
    return lane._replace(name=f"{lane.name}~{turn + 1}") if turn else lane


def rounded_ms(seconds: float) -> int:
    """The delay for which there is a queue: never shorter, and at most a tenth longer, so that there are few queues.

    Raises:
        ValueError: No queue can keep messages for so long.
    """
    if not 0 <= seconds <= LONGEST_DELAY:
        raise ValueError(f"RabbitMQ can delay a message by {LONGEST_DELAY:.0f} s at most")
    milliseconds = max(1, math.ceil(round(seconds * 1000, 6)))
    step = int(10 ** max(0, len(str(milliseconds)) - 2))
    return -(-milliseconds // step) * step


def _label(delay_ms: int) -> str:
    return f"{delay_ms // 1000}s" if delay_ms % 1000 == 0 else f"{delay_ms}ms"


def _lane(kind: str, delay_ms: int, exchange: str, key: str, idle_ms: int) -> dict[str, Any]:
    """Its expiry is always farther away than its messages' return: see REDECLARED_AFTER."""
    safely = {
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        "x-delivery-limit": _NEVER,
    }
    return {
        "x-queue-type": kind,
        "x-message-ttl": delay_ms,
        "x-expires": min(2 * delay_ms + idle_ms, _LONGEST_EXPIRY_MS),
        "x-dead-letter-exchange": exchange,
        "x-dead-letter-routing-key": key,
        **(safely if kind == "quorum" else {}),
    }


def _exchange(settings: AmqpConfig) -> Exchange:
    return Exchange(settings.exchange, settings.exchange_type)


def _arguments(
    kind: str, queue: Queue, options: Options, settings: AmqpConfig, named: str | None, dead: Made
) -> dict[str, Any]:
    arguments: dict[str, Any] = {"x-queue-type": kind}
    if named is None:
        arguments["x-expires"] = _OWN_EXPIRY_MS
    elif kind == "quorum":
        arguments |= {
            "x-delivery-limit": settings.delivery_limit,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": dead.name,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        }
    if queue.ordered and kind != "stream":
        arguments["x-single-active-consumer"] = True
    if options.max_priority is not None:
        arguments["x-max-priority"] = options.max_priority
    return arguments | dict(options.arguments)


def _consumer(kind: str, options: Options) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    if options.priority is not None:
        arguments["x-priority"] = options.priority
    if kind == "stream":
        arguments["x-stream-offset"] = options.offset
    return arguments
