"""``di.now`` of what a scope keeps: it is a function from the second time on, and keeps what ``await di.nject`` keeps."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
from di_sessions import TIMES, Pool, Session, of_scope
from di_stage import a_stage

from rostra import context, di
from rostra.di.at_once import _NOW
from rostra.errors import CycleError, NeedsAwaitError

pytestmark = pytest.mark.asyncio


class Handler:
    def __init__(self, session: Session, pool: Pool) -> None:
        self.session = session
        self.pool = pool


async def test_what_is_asked_for_first_is_made_once_whoever_asks_next() -> None:
    async with a_stage(Handler):
        of_scope(Pool, Session)
        for _ in range(TIMES):
            async with di.scope():
                handler = di.now(Handler)

                assert handler.session.pool is handler.pool
                assert di.now(Session) is handler.session
                assert (await di.nject(Handler)).session is handler.session
                assert di.now(Handler, Pool)[1] is handler.pool


async def test_it_is_made_of_what_is_there() -> None:
    async with a_stage(Handler):
        of_scope(Pool, Session)
        for _ in range(TIMES):
            async with di.scope():
                session = await di.nject(Session)

                assert di.now(Handler).session is session


async def test_it_is_a_function_from_the_second_time_on() -> None:
    async with a_stage(Handler):
        of_scope(Pool, Session)
        for _ in range(2):
            async with di.scope():
                di.now(Handler)

        async with di.scope():
            assert Handler in context.current_context().shape.plans[_NOW]


async def test_what_is_opened_is_closed_with_the_scope() -> None:
    told: list[str] = []

    def pool() -> Iterator[Pool]:
        told.append("opened")
        yield Pool()
        told.append("closed")

    async with a_stage(pool, Session):
        for _ in range(TIMES):
            async with di.scope():
                assert di.now(Session).pool is di.now(Pool)

    assert told == ["opened", "closed"] * TIMES


async def test_who_asks_in_the_middle_finds_what_is_made_and_is_told_of_what_is_being_made() -> None:
    class Curious:
        def __init__(self, session: Session) -> None:
            self.session, self.seen = session, di.now(Session)

    class Vain:
        def __init__(self, session: Session) -> None:
            self.session, self.own = session, di.now(Vain)

    async with a_stage():
        of_scope(Pool, Session, Curious, Vain)
        for _ in range(TIMES):
            async with di.scope():
                with pytest.raises(CycleError, match="asked for by what makes it"):
                    di.now(Vain)
                curious = di.now(Curious)

                assert curious.seen is curious.session


async def test_another_thread_that_asks_meanwhile_makes_none_of_its_own() -> None:
    begun, go_on, made = threading.Event(), threading.Event(), []

    class Slow:
        def __init__(self, pool: Pool) -> None:
            begun.set()
            go_on.wait(20)
            made.append(pool)

    async with a_stage():
        of_scope(Pool, Slow)
        for _ in range(TIMES):
            begun.clear()
            go_on.clear()
            async with di.scope():
                making = asyncio.create_task(asyncio.to_thread(di.now, Slow))
                await asyncio.to_thread(begun.wait, 20)
                try:
                    with pytest.raises(NeedsAwaitError, match="another thread or task is making it"):
                        await asyncio.to_thread(di.now, Slow)
                    with pytest.raises(NeedsAwaitError, match="another task is making it"):
                        di.now(Slow)
                finally:
                    go_on.set()

                slow = await making
                assert di.now(Slow) is slow

    assert len(made) == TIMES


async def test_what_another_task_is_making_is_not_waited_for() -> None:
    go_on = asyncio.Event()

    class Slow: ...

    async def slow() -> Slow:
        await go_on.wait()
        return Slow()

    class Both:
        def __init__(self, session: Session, slow: Slow) -> None:
            self.session, self.slow = session, slow

    async with a_stage():
        of_scope(Pool, Session, slow, Both)
        for _ in range(TIMES):
            go_on.clear()
            async with di.scope():
                waiting = asyncio.create_task(di.nject(Both))
                await asyncio.sleep(0)
                with pytest.raises(NeedsAwaitError):
                    di.now(Both)
                session = di.now(Session)
                go_on.set()

                assert (await waiting).session is session


@pytest.mark.parametrize("times", range(TIMES))
async def test_an_injected_function_that_awaits_nothing_takes_it_too(times: int) -> None:
    @di.inject
    def ids(session: Session, pool: Pool) -> tuple[int, int]:
        return id(session), id(pool)

    async with a_stage():
        of_scope(Pool, Session)
        for _ in range(times):
            async with di.scope():
                ids()
        async with di.scope():
            session, pool = ids()

            assert (id(di.now(Session)), id(di.now(Pool))) == (session, pool)
