"""What a scope keeps, asked for so often that plans are functions: the third time says what counts."""

import asyncio
import contextvars
import gc
import threading
from collections.abc import AsyncIterator

import pytest
from di_sessions import TIMES, Ask, Other, Pool, Session, at_once, of_scope
from di_stage import a_stage

from rostra import di
from rostra.errors import ClosedError, CycleError

pytestmark = pytest.mark.asyncio


class Curious:
    """Looks, while it is made, for what it takes."""

    def __init__(self, session: Session, pool: Pool) -> None:
        self.session = session
        self.seen = di.now(Session), di.now(Pool)


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


@pytest.mark.parametrize("ask", [di.nject, at_once])
async def test_what_was_made_before_a_failure_stays_and_what_failed_is_tried_again(ask: Ask) -> None:
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
                with pytest.raises(RuntimeError) as caught:
                    await ask(Fragile)
                session = await di.nject(Session)

                Fragile.is_broken = False
                fragile = await ask(Fragile)

                assert fragile.session is session
                assert await di.nject(Fragile) is fragile
                assert "while building" in caught.value.__notes__[0]


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


@pytest.mark.parametrize("is_first", [True, False])
async def test_who_goes_on_after_being_waited_for_may_wait_for_who_has_waited(is_first: bool) -> None:
    may_go_on = asyncio.Event()

    class Early: ...

    class Late: ...

    class All:
        def __init__(self, early: Early, late: Late) -> None:
            self.early = early
            self.late = late

    async def early() -> Early:
        await may_go_on.wait()
        return Early()

    async def late() -> Late:
        await di.nject(Early)
        return Late()

    async with a_stage():
        of_scope(Pool, early, late, All)
        for _ in range(TIMES):
            may_go_on.clear()
            async with di.scope():
                if not is_first:
                    await di.nject(Pool)
                asking = asyncio.create_task(di.nject(All))
                await asyncio.sleep(0)
                waiting = asyncio.create_task(di.nject(Late))
                await asyncio.sleep(0)
                may_go_on.set()

                assert (await asking).late is await waiting


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


async def test_who_comes_while_the_first_waits_makes_the_rest_with_it() -> None:
    """What was made before others asked is theirs, and what the first made for its call alone is made once."""
    may_go_on = asyncio.Event()
    made: list[str] = []

    class Once:
        def __init__(self, pool: Pool) -> None:
            made.append("once")
            self.pool = pool

    async def session(pool: Pool) -> Session:
        made.append("session")
        await may_go_on.wait()
        return Session(pool)

    class All:
        def __init__(self, once: Once, session: Session, other: Other) -> None:
            self.once = once
            self.session = session
            self.other = other

    async with a_stage():
        of_scope(Pool, session, Other)
        di.register(Once, All)
        for _ in range(TIMES):
            may_go_on.clear()
            made.clear()
            async with di.scope():
                first = asyncio.create_task(di.nject(All))
                await asyncio.sleep(0)
                pool = await di.nject(Pool)
                second = asyncio.create_task(di.nject(Other))
                await asyncio.sleep(0)
                may_go_on.set()

                found, other = await first, await second
                assert found.other is other
                assert found.session is other.session
                assert found.once.pool is pool
                assert made == ["once", "session"]


@pytest.mark.parametrize("ended_by", [RuntimeError, asyncio.CancelledError])
async def test_who_waits_for_the_first_hears_of_its_failure_and_goes_on_when_it_is_cancelled(
    ended_by: type[BaseException],
) -> None:
    may_go_on = asyncio.Event()
    is_broken = False

    async def session(pool: Pool) -> Session:
        nonlocal is_broken
        await may_go_on.wait()
        if is_broken:
            is_broken = False
            raise ended_by
        return Session(pool)

    async with a_stage():
        of_scope(Pool, session, Other)
        for _ in range(TIMES):
            may_go_on.clear()
            is_broken = True
            async with di.scope():
                first = asyncio.create_task(di.nject(Other))
                await asyncio.sleep(0)
                pool = di.now(Pool)
                waiting = asyncio.create_task(di.nject(Session))
                await asyncio.sleep(0)
                may_go_on.set()

                ended = await asyncio.gather(first, waiting, return_exceptions=True)
                session_now = await di.nject(Session)

                assert isinstance(ended[0], ended_by)
                assert (
                    isinstance(ended[1], RuntimeError)
                    if ended_by is RuntimeError
                    else ended[1] is session_now
                )
                assert session_now.pool is pool


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


class Threaded(Curious):
    """Lets another thread look."""

    def __init__(self, session: Session, pool: Pool) -> None:
        context = contextvars.copy_context()
        looking = threading.Thread(target=context.run, args=(super().__init__, session, pool))
        looking.start()
        looking.join()


class Both:
    def __init__(self, curious: Curious, other: Other) -> None:
        self.curious = curious
        self.other = other


@pytest.mark.parametrize("kind", [Curious, Threaded])
@pytest.mark.parametrize("lifetime", ["scope", "call"])
async def test_what_was_made_is_found_by_who_asks_in_the_middle_and_by_those_who_come_later(
    kind: type[Curious], lifetime: di.Lifetime
) -> None:
    async with a_stage():
        of_scope(Pool, Session, Other, Both)
        di.register(kind, lifetime=lifetime)
        for _ in range(TIMES):
            async with di.scope():
                both = await di.nject(Both)
                session = both.other.session

                assert both.curious.session is session
                assert both.curious.seen == (session, session.pool)
                assert di.now(Session) is session
                assert await di.nject(Other) is both.other
                assert await di.nject(Both) is both


async def test_what_was_made_before_a_failure_stays_also_if_somebody_has_asked() -> None:
    class Fragile:
        def __init__(self, curious: Curious, other: Other) -> None:
            seen.append(other)
            raise RuntimeError

    seen: list[Other] = []

    async with a_stage():
        of_scope(Pool, Session, Curious, Other, Fragile)
        for _ in range(TIMES):
            async with di.scope():
                with pytest.raises(RuntimeError):
                    await di.nject(Fragile)

                assert await di.nject(Other) is seen[-1]
                assert (await di.nject(Curious)).seen == (seen[-1].session, seen[-1].session.pool)


async def test_of_many_that_are_kept_each_is_found_later() -> None:
    classes: list[type] = []
    for number in range(100):

        def init(self: object, below: object = None) -> None:
            self.below = below  # type: ignore[attr-defined]  # of the class that is made here

        init.__annotations__["below"] = classes[-1] if classes else None
        classes.append(type(f"Link{number}", (), {"__init__": init}))

    async with a_stage():
        of_scope(*classes)
        for _ in range(TIMES):
            async with di.scope():
                link = await di.nject(classes[-1])

                for cls in reversed(classes):
                    assert di.now(cls) is link
                    link = link.below


async def test_who_asks_in_the_middle_leaves_no_cycle() -> None:
    async with a_stage():
        of_scope(Pool, Session, Curious)
        for _ in range(TIMES):
            async with di.scope():
                await di.nject(Curious)
        gc.collect()
        gc.disable()
        try:
            for _ in range(20):
                async with di.scope():
                    await di.nject(Curious)
            assert gc.collect() == 0
        finally:
            gc.enable()
