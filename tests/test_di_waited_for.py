"""Who waits for what another task or thread makes, or would wait for itself; a plan is a function from the third time on."""

import asyncio
import gc
import sys
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from di_sessions import TIMES, Ask, Other, Pool, Session, at_once, of_scope
from di_stage import a_stage

from rostra import di
from rostra.errors import CycleError

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("ask", [di.nject, at_once])
@pytest.mark.parametrize("is_first", [True, False])
async def test_who_asks_at_once_for_what_it_makes_or_is_made_of_it_is_told_so(
    ask: Ask, is_first: bool
) -> None:
    wanted: type | None = None

    class Selfish:
        def __init__(self) -> None:
            if wanted is not None:
                di.now(wanted)

    class User:
        def __init__(self, selfish: Selfish) -> None:
            self.selfish = selfish

    async with a_stage():
        of_scope(Pool, Selfish, User)
        for wanted in [None] * TIMES + [Selfish, User]:
            for target in Selfish, User:
                async with di.scope():
                    if not is_first:
                        await di.nject(Pool)
                    if wanted is None:
                        await ask(target)
                    else:
                        with pytest.raises(CycleError, match="asked for by what makes it"):
                            await ask(target)


@pytest.mark.parametrize("is_first", [True, False])
async def test_a_generator_that_yields_nothing_fails_for_all_who_wait(is_first: bool) -> None:
    is_broken = False
    ended: tuple[Any, ...] = ()

    async def session(pool: Pool) -> AsyncIterator[Session]:
        await asyncio.sleep(0)
        if not is_broken:
            yield Session(pool)

    async with a_stage():
        of_scope(Pool, session, Other)
        for time in range(TIMES + 1):
            is_broken = time == TIMES
            async with di.scope():
                if not is_first:
                    await di.nject(Pool)
                ended = await asyncio.gather(di.nject(Other), di.nject(Session), return_exceptions=True)

    assert {repr(each) for each in ended} == {'RuntimeError("generator didn\'t yield")'}


async def test_who_waits_goes_on_when_the_one_who_makes_it_is_closed() -> None:
    may_go_on = asyncio.Event()

    async def session(pool: Pool) -> Session:
        await may_go_on.wait()
        return Session(pool)

    async with a_stage():
        of_scope(Pool, session, Other)
        for _ in range(TIMES):
            may_go_on.clear()
            async with di.scope():
                asking = di.nject(Other)
                asking.send(None)
                waiting = asyncio.create_task(di.nject(Session))
                await asyncio.sleep(0)
                asking.close()
                may_go_on.set()

                assert (await waiting) is await di.nject(Session)


@pytest.mark.parametrize("ended_by", [RuntimeError, asyncio.CancelledError, None])
async def test_a_failure_for_which_others_wait_leaves_nothing_to_the_collector(
    ended_by: type[BaseException] | None,
) -> None:
    is_broken = False

    async def session(pool: Pool) -> AsyncIterator[Session]:
        await asyncio.sleep(0)
        if is_broken and ended_by is not None:
            raise ended_by
        if not is_broken:
            yield Session(pool)

    async def ask_together() -> None:
        async with di.scope():
            await asyncio.gather(di.nject(Other), di.nject(Session), return_exceptions=True)

    async with a_stage():
        of_scope(Pool, session, Other)
        for _ in range(TIMES):
            await ask_together()
        is_broken = True
        await ask_together()
        gc.collect()
        gc.disable()
        try:
            await ask_together()

            assert gc.collect() == 0
        finally:
            gc.enable()


async def test_what_a_thread_makes_wakes_who_waits_for_it() -> None:
    """The loop has nothing else to do, and is told although the thread goes on."""

    class Slow: ...

    begun, may_go_on, is_found = threading.Event(), threading.Event(), threading.Event()

    def slow(pool: Pool) -> Slow:
        begun.set()
        assert may_go_on.wait(60)
        return Slow()

    def work() -> tuple[Slow, bool]:
        return di.now(Slow), is_found.wait(60)

    async with a_stage():
        of_scope(Pool, slow)
        for _ in range(TIMES):
            for each in begun, may_go_on, is_found:
                each.clear()
            async with di.scope():
                working = asyncio.create_task(asyncio.to_thread(work))
                await asyncio.to_thread(begun.wait)
                waiting = asyncio.create_task(di.nject(Slow))
                waiting.add_done_callback(lambda _: is_found.set())
                await asyncio.sleep(0)
                may_go_on.set()

                assert await working == (await waiting, True)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="no tasks are started eagerly")
async def test_a_task_that_a_maker_starts_eagerly_waits_for_it() -> None:
    """It begins on the stack of its maker, and is another task nevertheless."""
    started: list[asyncio.Task[Pool]] = []
    starts = False

    async def pool() -> Pool:
        if starts:
            loop = asyncio.get_running_loop()
            started.append(asyncio.eager_task_factory(loop, di.nject(Pool)))  # type: ignore[attr-defined,unused-ignore]
            await asyncio.sleep(0)
        return Pool()

    async with a_stage():
        of_scope(pool)
        for starts in [False] * TIMES + [True]:
            async with di.scope():
                made = await di.nject(Pool)

                assert [await each for each in started] == [made] * starts
