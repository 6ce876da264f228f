"""What becomes of a message is decided from what was raised, the number of the try, and the ladder."""

import asyncio
import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rostra_messaging import Failure, Reject, Retry, RetryLater
from rostra_messaging.outcomes import LONGEST_DELAY, Again, Dead, Outcome, outcome_of, reason_of

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)

ladders = st.lists(st.floats(0, 1e6), max_size=6).map(lambda delays: Retry(tuple(delays)))
ordinary = st.one_of(
    st.text().map(ValueError),
    st.builds(KeyError, st.integers()),
    st.just(asyncio.CancelledError()),
    st.just(SystemExit(1)),
    st.just(TimeoutError()),
)
postponements = st.builds(
    RetryLater,
    st.floats() | st.integers(-(10**20), 10**20),
    st.text(),
    st.booleans(),
)
raised = st.one_of(ordinary, postponements, st.text().map(Reject))


LADDER = Retry()


def after(error: BaseException, attempt: int = 1, retry: Retry = LADDER) -> Outcome:
    return outcome_of(error, attempt, retry, NOW)


class AtDawn(RetryLater):
    def __init__(self) -> None:
        """As people write it who forget ``super().__init__``."""


def test_what_says_nothing_of_when_comes_again_at_once() -> None:
    assert after(AtDawn()) == Again(0.0, Failure("again in 0 s", NOW))


@pytest.mark.parametrize("later", [dt.timedelta(minutes=1), None, "soon"])
def test_later_is_a_number_of_seconds(later: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        RetryLater(later)  # type: ignore[arg-type]


@given(raised, st.integers(-3, 50), ladders)
def test_whatever_is_raised_there_is_an_outcome_that_a_broker_can_keep(
    error: BaseException, attempt: int, retry: Retry
) -> None:
    outcome = after(error, attempt, retry)

    assert isinstance(outcome, Again | Dead)
    assert outcome.failure.time == NOW
    assert len(outcome.failure.reason.splitlines()) == 1
    assert outcome.failure.reason.isprintable()
    if isinstance(outcome, Again):
        assert 0 <= outcome.delay <= LONGEST_DELAY


@given(st.lists(raised, min_size=60, max_size=60), ladders)
def test_no_message_is_tried_more_often_than_the_ladder_has_rungs(
    errors: list[BaseException], retry: Retry
) -> None:
    attempt, tries = 1, 0

    for error in errors:
        tries += 1
        outcome = after(error, attempt, retry)
        if isinstance(outcome, Dead):
            break
        assert outcome.counts or outcome.delay >= 1, "what is not counted is no hot loop"
        attempt += outcome.counts
        tries -= not outcome.counts

    assert tries <= retry.tries


@given(ordinary, ladders)
def test_an_exception_climbs_the_ladder_rung_by_rung(error: BaseException, retry: Retry) -> None:
    outcomes = [after(error, attempt, retry) for attempt in range(1, retry.tries + 1)]

    delays = [each.delay for each in outcomes[:-1] if isinstance(each, Again) and each.counts]
    assert delays == [min(each, LONGEST_DELAY) for each in retry.delays]
    assert isinstance(outcomes[-1], Dead)


def test_the_ladder_is_five_tries_unless_somebody_says_otherwise() -> None:
    outcomes = [after(OSError("away"), attempt) for attempt in range(1, 6)]

    failure = Failure("OSError: away", NOW)
    assert outcomes == [*(Again(delay, failure) for delay in (1, 10, 60, 600)), Dead(failure)]


def test_what_is_rejected_is_dead_at_the_first_try_by_its_own_words() -> None:
    assert after(Reject("the card is blocked")) == Dead(Failure("the card is blocked", NOW))


def test_later_is_as_late_as_the_handler_says_and_still_a_try() -> None:
    later = RetryLater(7, "the bank is closed")

    assert after(later) == Again(7, Failure("the bank is closed", NOW))
    assert after(later, attempt=5) == Dead(Failure("the bank is closed", NOW))


def test_later_that_does_not_count_goes_on_for_ever_but_never_at_once() -> None:
    later = RetryLater(0, counts=False)

    assert after(later, attempt=500) == Again(1, Failure("again in 0 s", NOW), counts=False)


@pytest.mark.parametrize(("seconds", "delay"), [(math.nan, 0), (-5, 0), (math.inf, LONGEST_DELAY)])
def test_seconds_that_nobody_can_wait_for_are_taken_for_the_nearest_that_one_can(
    seconds: float, delay: float
) -> None:
    outcome = after(RetryLater(seconds))

    assert isinstance(outcome, Again)
    assert outcome.delay == delay


def test_the_only_exception_of_a_group_decides_as_it_would_alone() -> None:
    inner = ExceptionGroup("tasks", [ExceptionGroup("more", [Reject("blocked")])])

    assert after(inner) == Dead(Failure("blocked", NOW))


def test_a_group_of_several_is_an_exception_like_any_other() -> None:
    group = ExceptionGroup("tasks", [Reject("blocked"), ValueError("x")])

    assert after(group) == Again(1, Failure("ExceptionGroup: tasks (2 sub-exceptions)", NOW))


class BlockedError(Reject):
    """A rejection of somebody's own."""


class RejectedError(ValueError):
    """A name that looks like one."""


def test_a_class_says_nothing_but_whether_it_is_a_rejection() -> None:
    assert isinstance(after(BlockedError("card")), Dead)
    assert isinstance(after(RejectedError("card")), Again)


class SilentError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("first\nsecond"), "ValueError: first"),
        (ValueError(), "ValueError"),
        (ValueError(" \n "), "ValueError"),
        (ValueError("a\tb"), "ValueError: a b"),
        (SilentError(), "SilentError"),
        (Reject(""), "Reject"),
        (RetryLater(3), "again in 3 s"),
        (asyncio.CancelledError("of a library"), "it was cancelled, though nobody cancelled it"),
    ],
)
def test_a_reason_is_one_line(error: BaseException, reason: str) -> None:
    assert reason_of(error) == reason


def test_a_long_reason_is_cut() -> None:
    assert len(reason_of(ValueError("x" * 10_000))) == 300
