"""What is said of queues on the wire, whatever they are called.

pamqp lets the names of queues have some ASCII characters only, neither ``*`` nor letters of other scripts; AMQP and
RabbitMQ take any name of at most 255 bytes. So these frames are pamqp's without that check.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiormq import Channel
from aiormq.abc import DeliveredMessage
from pamqp import commands

from rostra_amqp.cancelling import heeding
from rostra_amqp.names import Binding, Made


class _Declare(commands.Queue.Declare):
    def validate(self) -> None:
        """Any name will do."""


class _Bind(commands.Queue.Bind):
    def validate(self) -> None:
        """Any name will do."""


class _Delete(commands.Queue.Delete):
    def validate(self) -> None:
        """Any name will do."""


class _Consume(commands.Basic.Consume):
    def validate(self) -> None:
        """Any name will do."""


class _Get(commands.Basic.Get):
    def validate(self) -> None:
        """Any name will do."""


async def make_queue(channel: Channel, queue: Made, patience: float) -> int:
    """Make a queue if it is not there.

    Returns:
        How many messages wait in it.
    """
    frame = _Declare(
        queue=queue.name,
        passive=queue.is_passive,
        durable=queue.is_durable,
        arguments=dict(queue.arguments),
    )
    answer: commands.Queue.DeclareOk = await heeding(channel.rpc(frame, timeout=patience))
    return answer.message_count or 0


async def bind_queue(channel: Channel, queue: str, binding: Binding, patience: float) -> None:
    """Bring messages from an exchange to a queue."""
    frame = _Bind(
        queue=queue,
        exchange=binding.exchange,
        routing_key=binding.key,
        arguments=dict(binding.arguments),
    )
    await heeding(channel.rpc(frame, timeout=patience))


async def delete_queue(channel: Channel, queue: str, patience: float) -> None:
    """Delete a queue with all that is in it."""
    await heeding(channel.rpc(_Delete(queue=queue), timeout=patience))


async def consume(
    channel: Channel,
    queue: str,
    tag: str,
    callback: Callable[[DeliveredMessage], Awaitable[None]],
    arguments: Mapping[str, Any],
    patience: float,
) -> None:
    """Have a queue's messages handed to a coroutine function.

    Args:
        channel: On which they come.
        queue: Which.
        tag: By which the channel knows this consumer.
        callback: Runs as a task of aiormq's, so it must return at once.
        arguments: Of the consumer.
        patience: Seconds for the answer.
    """
    channel.consumers[tag] = callback  # type: ignore[assignment]  # (it is a coroutine function)
    frame = _Consume(queue=queue, consumer_tag=tag, arguments=dict(arguments))
    await heeding(channel.rpc(frame, timeout=patience))


async def get(channel: Channel, queue: str, patience: float) -> DeliveredMessage | None:
    """The first message of a queue, to be settled on this channel; None if there is none."""
    async with channel.getter_lock:
        channel.getter = channel.create_future()
        await heeding(channel.rpc(_Get(queue=queue), timeout=patience))
        answer, message = await channel.getter
    return message if isinstance(answer, commands.Basic.GetOk) else None
