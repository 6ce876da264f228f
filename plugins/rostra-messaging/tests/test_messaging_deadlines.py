"""One timer bounds many tries as asyncio.timeout would bound each."""

import asyncio
import time
import traceback
from contextvars import ContextVar

import pytest

from rostra.testing import checkpoint
from rostra_messaging.deadlines import Deadlines

pytestmark = pytest.mark.asyncio

PATIENCE = 20.0


async def for_ever():
    await asyncio.Event().wait()


async def test_what_is_in_time_is_left_alone():
    async def quick():
        await checkpoint()
        return 7

    deadlines = Deadlines(PATIENCE)

    assert await asyncio.gather(*(asyncio.create_task(deadlines.bound(quick())) for _ in range(3))) == [
        7,
        7,
        7,
    ]
    deadlines.close()


async def test_each_that_takes_too_long_is_cancelled_and_told_where_it_was():
    deadlines = Deadlines(0.01)

    many = [asyncio.create_task(deadlines.bound(for_ever())) for _ in range(5)]
    ends = await asyncio.gather(*many, return_exceptions=True)

    assert [str(end) for end in ends] == ["it took longer than 0.01 s"] * 5
    assert all("for_ever" in "".join(traceback.format_tb(end.__traceback__)) for end in ends)
    assert all(task.cancelling() == 0 for task in many)


async def test_those_that_begin_later_end_later():
    deadlines = Deadlines(0.05)
    order = []

    async def noted(name):
        try:
            await deadlines.bound(for_ever())
        except TimeoutError:
            order.append(name)

    first = asyncio.create_task(noted("first"))
    await asyncio.sleep(0.02)  # so that one timer has to be set twice
    second = asyncio.create_task(noted("second"))
    await asyncio.gather(first, second)

    assert order == ["first", "second"]


async def test_who_is_cancelled_by_somebody_else_is_cancelled():
    deadlines = Deadlines(PATIENCE)

    task = asyncio.create_task(deadlines.bound(for_ever()))
    await checkpoint()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    deadlines.close()


async def test_who_is_late_and_cancelled_by_somebody_else_is_cancelled():
    deadlines = Deadlines(0.01)
    late, go_on = asyncio.Event(), asyncio.Event()

    async def stubborn():
        try:
            await for_ever()
        finally:
            late.set()
            await go_on.wait()

    task = asyncio.create_task(deadlines.bound(stubborn()))
    await late.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_ends_well_though_it_was_late_has_ended_well():
    deadlines = Deadlines(0.01)

    async def stubborn():
        try:
            await for_ever()
        except asyncio.CancelledError:
            return "all the same"

    task = asyncio.create_task(deadlines.bound(stubborn()))

    assert await task == "all the same"
    assert task.cancelling() == 0


async def test_an_exception_is_raised_as_it_is():
    deadlines = Deadlines(PATIENCE)

    async def failing():
        raise TimeoutError("of its own")

    with pytest.raises(TimeoutError, match="of its own"):
        await deadlines.bound(failing())
    deadlines.close()


async def test_while_the_loop_is_blocked_nobodys_time_runs_and_it_is_told():
    blocked = []
    deadlines = Deadlines(0.3, blocked.append)
    may_end = asyncio.Event()
    many = [asyncio.create_task(deadlines.bound(may_end.wait())) for _ in range(3)]
    await checkpoint()

    time.sleep(0.6)  # noqa: ASYNC251  (it blocks the loop)
    for _ in range(5):
        await checkpoint()
    may_end.set()

    assert await asyncio.gather(*many) == [True] * 3
    assert len(blocked) == 1
    assert blocked[0] >= 0.29
    deadlines.close()


async def test_a_block_is_told_in_the_name_of_no_message():
    message = ContextVar("message", default="none")
    told = []
    deadlines = Deadlines(0.2, lambda _: told.append(message.get()))

    async def block():
        message.set("m1")
        await deadlines.bound(checkpoint())
        time.sleep(0.5)  # noqa: ASYNC251  (it blocks the loop)

    await asyncio.create_task(block())
    await checkpoint()

    assert told == ["none"]
    deadlines.close()


async def test_who_does_not_end_after_a_block_either_is_cancelled_all_the_same():
    deadlines = Deadlines(0.2)
    task = asyncio.create_task(deadlines.bound(for_ever()))
    await checkpoint()

    time.sleep(0.5)  # noqa: ASYNC251  (it blocks the loop)

    with pytest.raises(TimeoutError):
        await task
