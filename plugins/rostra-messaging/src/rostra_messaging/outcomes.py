"""What becomes of a message after a try? Decided here, and nowhere else, from what the handler did and the ladder."""

import asyncio
import datetime as dt
from typing import TypeAlias

import attrs

from rostra_messaging.brokers import Failure
from rostra_messaging.declaring import Retry
from rostra_messaging.errors import Reject, RetryLater

LONGEST_DELAY = 30 * 86_400.0
"""Seconds; whoever asks for more is served after so many."""
_LEAST_UNCOUNTED = 1.0
_LONGEST_REASON = 300
CANCELLED = "it was cancelled, though nobody cancelled it"
"""Why a task failed that ended as if it had been cancelled."""


@attrs.frozen
class Done:
    """It was handled."""


@attrs.frozen
class Again:
    """It failed, and is to be delivered again.

    Args:
        delay: After so many seconds.
        failure: Why.
        counts: Whether that was a try.
    """

    delay: float
    failure: Failure
    counts: bool = True


@attrs.frozen
class Dead:
    """It failed for good.

    Args:
        failure: Why.
    """

    failure: Failure


Outcome: TypeAlias = Done | Again | Dead

DONE = Done()


def outcome_of(error: BaseException, attempt: int, retry: Retry, now: dt.datetime) -> Outcome:
    """What becomes of a message whose handler raised.

    Only ``Reject`` and ``RetryLater`` say anything by their class, also as the only exception of a group. Whatever else
    was raised, the ladder decides.

    Args:
        error: What the handler raised, or whatever ended the try.
        attempt: Which try it was, from 1 on.
        retry: The ladder.
        now: The time of the failure.
    """
    error, attempt = _alone(error), max(attempt, 1)
    failure = Failure(reason_of(error), now)
    if isinstance(error, Reject):
        return Dead(failure)
    if isinstance(error, RetryLater) and not error.counts:
        return Again(max(_LEAST_UNCOUNTED, _bounded(error.seconds)), failure, counts=False)
    if attempt >= retry.tries:
        return Dead(failure)
    delay = error.seconds if isinstance(error, RetryLater) else retry.delays[attempt - 1]
    return Again(_bounded(delay), failure)


def reason_of(error: BaseException) -> str:
    """One line: the class of an exception and the first line of its text, or the reason of a ``Reject``."""
    if isinstance(error, asyncio.CancelledError):
        return CANCELLED
    try:
        text = str(error)
    except Exception:  # noqa: BLE001  (somebody's __str__ may raise anything)
        text = ""
    line = _printable(next(iter(text.strip().splitlines()), ""))
    if isinstance(error, Reject | RetryLater):
        return line[:_LONGEST_REASON] or type(error).__name__
    named = f"{type(error).__name__}: {line}" if line else type(error).__name__
    return named[:_LONGEST_REASON]


def _printable(line: str) -> str:
    """A line as every log and every broker's header can have it."""
    return " ".join("".join(each if each.isprintable() else " " for each in line).split())


def _alone(error: BaseException) -> BaseException:
    """What a group holds, if that is one exception: a TaskGroup of the handler wraps even that."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def _bounded(seconds: float) -> float:
    """Seconds that a broker can wait; what is no number is 0."""
    return min(max(0.0, seconds), LONGEST_DELAY) if seconds == seconds else 0.0  # noqa: PLR0124  (nan is not)
