"""A stack of things to close: last in first out, all of them, whatever happens on the way."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest
from di_stage import Journal

from rostra.di import Closing
from rostra.errors import ClosedError

pytestmark = pytest.mark.asyncio


async def checkpoint() -> None:
    await asyncio.sleep(0)


async def test_the_last_is_closed_first() -> None:
    closed: list[int] = []

    async with Closing() as closing:
        for number in range(3):
            closing.push(lambda number=number: closed.append(number))

    assert closed == [2, 1, 0]


async def test_what_a_step_returns_is_awaited() -> None:
    journal = Journal()

    async with Closing() as closing:

        async def step() -> None:
            await checkpoint()
            journal.closed.append("step")

        closing.push(step)

    assert journal.closed == ["step"]


async def test_managers_are_entered_at_once_and_see_the_bodys_exception() -> None:
    seen: list[BaseException] = []

    @asynccontextmanager
    async def manager() -> AsyncIterator[str]:
        try:
            yield "entered"
        except ValueError as error:
            seen.append(error)
            raise

    @contextmanager
    def simple() -> Iterator[str]:
        try:
            yield "entered now"
        except ValueError as error:
            seen.append(error)
            raise

    error = ValueError("body")
    with pytest.raises(ValueError, match="body"):  # noqa: PT012  (the body is what raises)
        async with Closing() as closing:
            entered = (await closing.enter(manager()), closing.enter_now(simple()))
            raise error

    assert entered == ("entered", "entered now")
    assert seen == [error, error]


async def test_a_manager_that_swallows_the_exception_does_not_hide_it() -> None:
    seen: list[str] = []

    @asynccontextmanager
    async def swallowing(name: str) -> AsyncIterator[None]:
        try:
            yield
        except ValueError:
            seen.append(name)

    with pytest.raises(ValueError, match="body"):  # noqa: PT012  (the body is what raises)
        async with Closing() as closing:
            await closing.enter(swallowing("first"))
            await closing.enter(swallowing("second"))
            raise ValueError("body")

    assert seen == ["second", "first"]


async def test_errors_are_raised_together_after_all_was_closed() -> None:
    closed: list[str] = []

    def failing(name: str) -> None:
        closed.append(name)
        raise OSError(name)

    with pytest.raises(ExceptionGroup) as caught:  # noqa: PT012  (the body is what raises)
        async with Closing("teardown") as closing:
            closing.push(lambda: failing("first"))
            closing.push(lambda: closed.append("fine"))
            closing.push(lambda: failing("last"))

    assert closed == ["last", "fine", "first"]
    assert [str(error) for error in caught.value.exceptions] == ["last", "first"]
    assert "teardown" in str(caught.value)


async def test_the_bodys_exception_is_the_first_of_the_group() -> None:
    def failing() -> None:
        raise OSError("close")

    with pytest.raises(ExceptionGroup) as caught:  # noqa: PT012  (the body is what raises)
        async with Closing() as closing:
            closing.push(failing)
            raise ValueError("body")

    assert [str(error) for error in caught.value.exceptions] == ["body", "close"]


async def test_a_cancelled_body_stays_cancelled_when_closing_fails() -> None:
    def failing() -> None:
        raise OSError("close")

    async def body() -> None:
        async with Closing() as closing:
            closing.push(failing)
            await asyncio.get_running_loop().create_future()

    task = asyncio.create_task(body())
    await checkpoint()
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task

    cause = caught.value.__cause__
    assert isinstance(cause, ExceptionGroup)
    assert [str(error) for error in cause.exceptions] == ["close"]


@pytest.mark.parametrize("steps", range(8))
async def test_closing_that_is_cancelled_at_any_step_closes_everything(steps: int) -> None:
    journal = Journal()

    async def resource(name: str) -> None:
        try:
            await checkpoint()
        finally:
            journal.closed.append(name)

    async def application() -> None:
        async with Closing() as closing:
            for name in "abc":
                journal.opened.append(name)
                closing.push(lambda name=name: resource(name))

    task = asyncio.create_task(application())
    for _ in range(steps):
        await checkpoint()
    task.cancel()
    await asyncio.wait([task])

    assert journal.closed == journal.opened[::-1]
    assert task.cancelled() == (steps < 4)


async def test_the_steps_after_a_cancellation_may_use_timeouts() -> None:
    finished: list[str] = []

    async def patient() -> None:
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            group.create_task(checkpoint())
        finished.append("patient")

    async def endless() -> None:
        await asyncio.get_running_loop().create_future()

    async def application() -> None:
        async with Closing() as closing:
            closing.push(patient)
            closing.push(endless)

    task = asyncio.create_task(application())
    await checkpoint()
    await checkpoint()
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    assert finished == ["patient"]


async def test_nothing_can_be_added_after_closing_began() -> None:
    async with Closing("scope") as closing:
        pass

    with pytest.raises(ClosedError, match="scope"):
        closing.push(lambda: None)
    with pytest.raises(ClosedError):
        await closing.enter(Journal().noting("late"))


async def test_what_is_entered_while_it_closes_is_left_at_once() -> None:
    journal = Journal()
    may_open = asyncio.Event()

    @asynccontextmanager
    async def slow() -> AsyncIterator[None]:
        await may_open.wait()
        async with journal.noting("slow"):
            yield

    closing = Closing()
    entering = asyncio.create_task(closing.enter(slow()))
    await checkpoint()
    await closing.close()
    may_open.set()
    await asyncio.wait([entering])

    assert isinstance(entering.exception(), ClosedError)
    assert journal.closed == journal.opened == ["slow"]


async def test_the_labels_tell_what_is_still_open() -> None:
    closing = Closing()
    closing.push(lambda: None, "first")
    await closing.enter(Journal().noting("x"), "second")

    assert closing.labels == ("second", "first")
    await closing.close()
    assert closing.labels == ()


async def test_one_within_another_does_not_repeat_the_bodys_exception() -> None:
    def failing() -> None:
        raise OSError("inner")

    with pytest.raises(ExceptionGroup) as caught:  # noqa: PT012  (the body is what raises)
        async with Closing("outer") as outer:
            inner = await outer.enter(Closing("inner"))
            inner.push(failing)
            raise ValueError("body")

    body, group = caught.value.exceptions
    assert str(body) == "body"
    assert isinstance(group, ExceptionGroup)
    assert [str(error) for error in group.exceptions] == ["inner"]
