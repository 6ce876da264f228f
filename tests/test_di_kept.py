"""What a scope keeps, asked for so often that plans are functions: the third time says what counts."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from di_stage import a_stage

from rostra import di
from rostra.errors import ClosedError, CycleError

pytestmark = pytest.mark.asyncio

TIMES = 3
"""A question is interpreted first, and a function from the second time on."""


class Pool: ...


class Session:
    def __init__(self, pool: Pool) -> None:
        self.pool = pool


class Curious:
    """Looks, while it is made, for what it takes."""

    def __init__(self, session: Session, pool: Pool) -> None:
        self.session = session
        self.seen = di.now(Session), di.now(Pool)


class Other:
    def __init__(self, session: Session) -> None:
        self.session = session


def of_scope(*makers: object) -> None:
    di.register(*makers, lifetime="scope")


async def test_what_is_asked_for_next_is_made_of_what_the_first_question_has_made() -> None:
    async with a_stage():
        of_scope(Pool, Session, Other)
        for _ in range(TIMES):
            async with di.scope():
                session = await di.nject(Session)
                other = await di.nject(Other)

                assert other.session is session
                assert await di.nject(Session) is session
                assert di.now(Pool) is session.pool
                assert await di.nject(Other) is other


async def test_what_is_made_is_found_by_what_is_made_of_it() -> None:
    async with a_stage():
        of_scope(Pool, Session, Curious)
        for _ in range(TIMES):
            async with di.scope():
                curious = await di.nject(Curious)

                assert curious.seen == (curious.session, curious.session.pool)


async def test_what_an_adapter_asks_for_before_its_turn_is_made_once() -> None:
    class Hasty:
        def __init__(self) -> None:
            self.session = di.now(Session)

    class Both:
        def __init__(self, hasty: Hasty, session: Session) -> None:
            self.hasty = hasty
            self.session = session

    async with a_stage():
        of_scope(Pool, Session, Hasty, Both)
        for _ in range(TIMES):
            async with di.scope():
                both = await di.nject(Both)

                assert both.hasty.session is both.session
                assert await di.nject(Pool) is both.session.pool


async def test_what_was_made_before_a_failure_stays() -> None:
    class Fragile:
        is_broken = True

        def __init__(self, session: Session) -> None:
            self.session = session
            if self.is_broken:
                raise RuntimeError

    async with a_stage():
        of_scope(Pool, Session, Fragile)
        for _ in range(TIMES):
            async with di.scope():
                Fragile.is_broken = True
                with pytest.raises(RuntimeError):
                    await di.nject(Fragile)
                session = await di.nject(Session)

                Fragile.is_broken = False
                fragile = await di.nject(Fragile)

                assert fragile.session is session
                assert await di.nject(Fragile) is fragile


async def test_what_a_task_still_waits_for_and_what_another_has_made_meanwhile_are_one() -> None:
    may_go_on = asyncio.Event()

    class Slow: ...

    class Both:
        def __init__(self, slow: Slow, session: Session) -> None:
            self.slow = slow
            self.session = session

    async def slow() -> Slow:
        await may_go_on.wait()
        return Slow()

    async with a_stage():
        of_scope(Pool, Session, Both)
        di.register(slow)
        for _ in range(TIMES):
            may_go_on.clear()
            async with di.scope():
                waiting = asyncio.create_task(di.nject(Both))
                await asyncio.sleep(0)
                session = await di.nject(Session)
                may_go_on.set()

                assert (await waiting).session is session


async def test_who_asks_for_what_it_makes_is_told_so_also_when_compiled() -> None:
    asks = False

    async def pool() -> AsyncIterator[Pool]:
        if asks:
            await di.nject(Session)
        yield Pool()

    async with a_stage():
        of_scope(pool, Session)
        for _ in range(TIMES):
            async with di.scope():
                await di.nject(Session)
        asks = True
        async with di.scope():
            with pytest.raises(CycleError, match="asked for by what makes it"):
                await di.nject(Session)


async def test_tasks_that_would_wait_for_each_other_are_told_so_also_when_compiled() -> None:
    class One: ...

    class Two: ...

    crosses = False
    both_begun = asyncio.Barrier(2)

    async def one() -> One:
        if crosses:
            await both_begun.wait()
            await di.nject(Two)
        return One()

    async def two() -> Two:
        if crosses:
            await both_begun.wait()
            await di.nject(One)
        return Two()

    async with a_stage():
        of_scope(one, two)
        for _ in range(TIMES):
            async with di.scope():
                await di.nject(One)
                await di.nject(Two)
        crosses = True
        async with di.scope():
            ended = await asyncio.gather(di.nject(One), di.nject(Two), return_exceptions=True)

    assert CycleError in map(type, ended)


async def test_a_task_that_is_started_by_a_maker_waits_for_it() -> None:
    """It is another task: only who waits for itself waits in vain."""
    started: list[asyncio.Task[Pool]] = []
    starts = False

    async def pool() -> Pool:
        if starts:
            started.append(asyncio.create_task(di.nject(Pool)))
            await asyncio.sleep(0)
        return Pool()

    async with a_stage():
        of_scope(pool)
        for _ in range(TIMES):
            async with di.scope():
                await di.nject(Pool)
        starts = True
        async with di.scope():
            made = await di.nject(Pool)

            assert [await each for each in started] == [made]


async def test_after_its_end_a_scope_gives_nothing_of_what_it_kept() -> None:
    async with a_stage():
        of_scope(Pool, Session)
        for _ in range(TIMES):
            may_ask = asyncio.Event()

            async def late(may_ask: asyncio.Event = may_ask) -> Session:
                await may_ask.wait()
                return await di.nject(Session)

            async with di.scope():
                await di.nject(Session)
                task = asyncio.create_task(late())
            may_ask.set()

            with pytest.raises(ClosedError):
                await task
