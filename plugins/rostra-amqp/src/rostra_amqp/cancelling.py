"""Was I cancelled? aiormq answers that wrongly in both directions, so nothing of it is awaited without asking again."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from rostra_amqp.faults import Fault, diagnose

T = TypeVar("T")


def cancellations() -> int:
    """How often the running task has been cancelled and not yet told otherwise."""
    task = asyncio.current_task()
    return task.cancelling() if task is not None else 0


def is_being_cancelled(before: int) -> bool:
    """Whether the running task was really cancelled since it had been ``before`` times.

    aiormq ends what waits for a lost connection by CancelledError, too, though nobody cancelled it.
    """
    return cancellations() > before


def judged(error: BaseException, before: int) -> Fault:
    """What an exception means that came out of aiormq.

    Args:
        error: It.
        before: How often the task had been cancelled when it began.

    Raises:
        CancelledError: The task was cancelled meanwhile; whatever came at the same moment counts no more.
        BaseException: The error itself, if it has nothing to do with the wire.
    """
    if is_being_cancelled(before):
        raise asyncio.CancelledError from error
    fault = diagnose(error)
    if fault is None:
        raise error
    return fault


async def heeding(asked: Awaitable[T]) -> T:
    """What is asked of aiormq; but if the task was cancelled meanwhile, it is.

    aiormq asks RabbitMQ in a task of its own, by ``asyncio.wait_for``, which before Python 3.12 forgets a cancellation that
    comes at the moment of the answer.
    """
    before = cancellations()
    answer = await asked
    if is_being_cancelled(before):
        raise asyncio.CancelledError
    return answer
