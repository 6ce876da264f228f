"""Which queues can RabbitMQ never have as they are asked for? Known without asking it, so that nothing has to be started."""

from collections.abc import Iterator

from rostra_amqp import names
from rostra_amqp.settings import AmqpConfig, chosen, options_of
from rostra_messaging import SubscriptionError
from rostra_messaging.brokers import Connection, Queue
from rostra_messaging.topics import mistake_in


def check_queue(asked: Connection, queue: Queue, unique: str = "") -> None:
    """Raise if a queue can never be had.

    Args:
        asked: Of the broker.
        queue: What a subscription wants.
        unique: What makes the name of a queue one of this process alone.

    Raises:
        SubscriptionError: Why, and what to do.
    """
    settings = options_of(asked)
    fault = next(_faults(asked, settings, queue, unique), None)
    if fault is not None:
        reason, fix = fault
        raise SubscriptionError(queue.label, asked.name, reason, (), fix)


def _faults(
    asked: Connection, settings: AmqpConfig, queue: Queue, unique: str
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What cannot be, and how it could."""
    if (mistake := mistake_in(queue.topic)) is not None:
        yield f"the topic {queue.topic}: {mistake}", ('@subscribe("orders.placed")',)
    wanted = names.topology(queue, chosen(queue.options), settings, asked.prefix, unique)
    if not wanted.is_stream and len(wanted.queue.name.encode()) > names.LONGEST_QUEUE_BYTES:
        reason = "the names of its retry queues would be longer than the 255 bytes of AMQP"
        yield reason, ("a shorter topic, group or prefix",)
    patience, held = float(settings.consumer_timeout), _held(queue, is_stream=wanted.is_stream)
    if held is not None and held >= patience:
        yield _too_long(held, patience, in_place=queue.ordered or wanted.is_stream)


def _too_long(held: float, patience: float, *, in_place: bool) -> tuple[str, tuple[str, ...]]:
    made_of = "one try, and all delays, which are waited for in place" if in_place else "one try"
    reason = (
        f"a message may be unsettled for {held:g} s ({made_of}), but RabbitMQ takes back what is so for {patience:g} s,"
        " with all else that the subscription has"
    )
    shorter = "a shorter deadline=, or shorter delays in retry=" if in_place else "a shorter deadline="
    hours = int(held // 3600) + 1
    told = f'[messaging.options] consumer_timeout = "{hours}h"'
    return reason, (shorter, f"or raise consumer_timeout of RabbitMQ, and say so: {told}")


def _held(queue: Queue, *, is_stream: bool) -> float | None:
    """Seconds for which a delivery may be unsettled; what was read from a stream waits in the process, too."""
    if queue.held is None:
        return None
    return queue.held + (sum(queue.delays) if is_stream else 0.0)
