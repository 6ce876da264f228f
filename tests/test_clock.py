import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rostra.clock import Clock, ManualClock, SystemClock

SECONDS = st.floats(min_value=0, max_value=1e6)


async def checkpoint(turns: int = 20) -> None:
    """Let tasks that nobody awaits get as far as they can."""
    for _ in range(turns):
        await asyncio.sleep(0)


def ns(seconds: float) -> int:
    return round(seconds * 1e9)


@pytest.mark.parametrize("clock", [SystemClock(), ManualClock()], ids=["system", "manual"])
def test_both_clocks_are_clocks(clock: Clock) -> None:
    assert isinstance(clock, Clock)
    assert clock.now().tzinfo is UTC
    for name in ("now", "monotonic", "sleep", "sleep_until"):
        asked = inspect.signature(getattr(Clock, name)).parameters
        assert list(inspect.signature(getattr(type(clock), name)).parameters) == list(asked)


def test_the_system_clock_reads_the_clocks_of_the_machine() -> None:
    clock = SystemClock()

    wall_before, before = datetime.now(UTC), time.monotonic()
    wall, monotonic = clock.now(), clock.monotonic()

    assert wall_before <= wall <= datetime.now(UTC)
    assert before <= monotonic <= time.monotonic()


@pytest.mark.asyncio
async def test_the_system_clock_sleeps_at_least_as_long_as_asked() -> None:
    clock = SystemClock()
    moment = clock.now() + timedelta(seconds=0.02)

    began = clock.monotonic()
    await clock.sleep(0.01)
    slept = clock.monotonic() - began
    await clock.sleep_until(moment)

    assert slept >= 0.01
    assert clock.now() >= moment


@pytest.mark.asyncio
async def test_the_system_clock_does_not_wait_for_a_moment_that_has_passed() -> None:
    clock = SystemClock()

    await asyncio.wait_for(clock.sleep_until(clock.now() - timedelta(days=1)), timeout=5)


def test_a_manual_clock_stands_still_at_the_moment_it_was_given() -> None:
    start = datetime(2026, 2, 28, 23, 59, tzinfo=UTC)

    clock = ManualClock(start)

    assert clock.now() == start
    assert clock.monotonic() == 0.0


@pytest.mark.asyncio
async def test_a_manual_clock_moves_both_of_its_clocks_when_told() -> None:
    clock = ManualClock()
    start = clock.now()

    await clock.advance(90)

    assert clock.now() == start + timedelta(seconds=90)
    assert clock.monotonic() == 90.0


@pytest.mark.asyncio
async def test_a_manual_clock_cannot_be_moved_back() -> None:
    clock = ManualClock()

    with pytest.raises(ValueError, match=r"cannot be moved back, and -1 is negative"):
        await clock.advance(-1)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "wait",
    [lambda clock: clock.sleep(10), lambda clock: clock.sleep_until(clock.now() + timedelta(seconds=10))],
    ids=["sleep", "sleep_until"],
)
async def test_a_sleeper_wakes_when_its_time_has_come_and_not_before(
    wait: Callable[[Clock], Awaitable[None]],
) -> None:
    clock = ManualClock()
    sleeper = asyncio.ensure_future(wait(clock))
    await clock.wait_for_sleepers()

    await clock.advance(9.999)
    assert not sleeper.done()

    await clock.advance(0.001)
    assert sleeper.done()


@pytest.mark.asyncio
@pytest.mark.parametrize("seconds", [0, -5])
async def test_sleeping_for_no_time_is_one_turn_of_the_loop(seconds: float) -> None:
    clock = ManualClock()
    others_turn: list[str] = []
    asyncio.get_running_loop().call_soon(others_turn.append, "ran")

    await clock.sleep(seconds)

    assert others_turn == ["ran"]
    assert clock.sleepers == 0


@pytest.mark.asyncio
async def test_each_sleeper_sees_its_own_time_when_it_wakes_and_may_sleep_again() -> None:
    clock = ManualClock()
    seen: list[tuple[str, float]] = []

    async def tick(name: str, seconds: float) -> None:
        for _ in range(2):
            await clock.sleep(seconds)
            seen.append((name, clock.monotonic()))

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(tick("slow", 3))
        tasks.create_task(tick("fast", 2))
        await clock.wait_for_sleepers(2)
        await clock.advance(100)

    assert seen == [("fast", 2.0), ("slow", 3.0), ("fast", 4.0), ("slow", 6.0)]
    assert clock.monotonic() == 100.0


@pytest.mark.asyncio
async def test_a_cancelled_sleeper_is_forgotten() -> None:
    clock = ManualClock()
    sleeper = asyncio.create_task(clock.sleep(5))
    await clock.wait_for_sleepers()

    sleeper.cancel()
    await asyncio.wait([sleeper])

    assert clock.sleepers == 0
    await clock.advance(10)
    assert sleeper.cancelled()


@pytest.mark.asyncio
async def test_waiting_for_sleepers_counts_those_that_sleep_now() -> None:
    clock = ManualClock()
    enough = asyncio.create_task(clock.wait_for_sleepers(2))
    first = asyncio.create_task(clock.sleep(1))
    await checkpoint()
    assert not enough.done()

    second = asyncio.create_task(clock.sleep(1))
    await asyncio.wait_for(enough, timeout=5)

    assert clock.sleepers == 2
    await clock.advance(1)
    assert first.done()
    assert second.done()


@pytest.mark.asyncio
async def test_time_never_runs_backwards_though_a_sleeper_moves_the_clock_itself() -> None:
    clock = ManualClock()

    async def impatient() -> None:
        await clock.sleep(1)
        await clock.advance(50)

    mover = asyncio.create_task(impatient())
    await clock.wait_for_sleepers()

    await clock.advance(2)
    await mover

    assert clock.monotonic() == 51.0


@pytest.mark.asyncio
async def test_who_sleeps_for_ever_is_never_woken() -> None:
    clock = ManualClock()
    sleeper = asyncio.create_task(clock.sleep(float("inf")))
    await clock.wait_for_sleepers()

    await clock.advance(1e9)

    assert not sleeper.done()
    sleeper.cancel()


@given(steps=st.lists(SECONDS, max_size=8), naps=st.lists(SECONDS.filter(bool), max_size=8))
def test_who_is_due_is_awake_and_nobody_else_and_in_the_order_of_time(
    steps: list[float], naps: list[float]
) -> None:
    woken: list[float] = []

    async def nap(clock: ManualClock, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(seconds)

    async def story() -> None:
        clock = ManualClock()
        sleepers = [asyncio.create_task(nap(clock, seconds)) for seconds in naps]
        await clock.wait_for_sleepers(len(naps))
        for step in steps:
            await clock.advance(step)
            due = [seconds for seconds in naps if ns(seconds) <= ns(clock.monotonic())]
            assert sorted(woken) == sorted(due)
        for sleeper in sleepers:
            sleeper.cancel()
        await asyncio.gather(*sleepers, return_exceptions=True)

    asyncio.run(story())

    assert woken == sorted(woken, key=ns)


@given(count=st.integers(1, 50))
def test_many_small_steps_are_one_large_one(count: int) -> None:
    async def story() -> float:
        clock = ManualClock()
        sleeper = asyncio.create_task(clock.sleep(count / 10))
        await clock.wait_for_sleepers()
        for _ in range(count):
            await clock.advance(0.1)
        assert sleeper.done()
        return clock.monotonic()

    assert asyncio.run(story()) == count / 10
