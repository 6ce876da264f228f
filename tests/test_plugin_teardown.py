"""What is put away when a stage ends: last in, first out, all of it, whatever happens."""

import asyncio
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from staged import SOON, forever, opened, stubborn

from rostra import context, di, plugin
from rostra.errors import ClosedError, PluginError, StopTimeoutError
from rostra.testing import Journal


@pytest.mark.asyncio
async def test_things_are_put_away_last_in_first_out_all_of_them_errors_together():
    order = []

    class Resource:
        pass

    async def prepare(teardown: plugin.Teardown):
        async def flush():
            order.append("flush")
            raise KeyError("flush")

        def close():
            order.append("close")
            raise ValueError("close")

        @asynccontextmanager
        async def resource():
            order.append("opened")
            yield Resource()
            order.append("closed")

        teardown.add(flush)
        assert isinstance(await teardown.enter(resource()), Resource)
        teardown.add(close)
        teardown.add(flush())

    with pytest.raises(ExceptionGroup, match="the teardown of the stage failed") as caught:
        async with plugin.Stage(prepare):
            pass

    assert order == ["opened", "flush", "close", "closed", "flush"]
    assert [type(error) for error in caught.value.exceptions] == [KeyError, ValueError, KeyError]


@pytest.mark.asyncio
async def test_a_resource_is_entered_and_left_by_one_task_in_the_context_of_the_stage():
    tasks = []

    @asynccontextmanager
    async def resource():
        tasks.append(asyncio.current_task())
        yield context.current_context().label
        tasks.append(asyncio.current_task())
        assert context.current_context().label == "stage"

    async def prepare(teardown: plugin.Teardown):
        assert await teardown.enter(resource()) == "stage"

    async with plugin.Stage(prepare):
        pass

    assert tasks[0] is tasks[1]


@pytest.mark.asyncio
async def test_what_entering_raises_is_raised_where_it_was_asked_for():
    @asynccontextmanager
    async def resource():
        raise ValueError("refused")
        yield

    async def prepare(teardown: plugin.Teardown):
        with pytest.raises(ValueError, match="refused"):
            await teardown.enter(resource())

    async with plugin.Stage(prepare):
        pass


@pytest.mark.asyncio
async def test_resources_of_the_stage_of_its_scope_and_of_plugins_are_one_stack():
    journal = Journal()

    class Pool: ...

    class Session: ...

    async def pool() -> AsyncIterator[Pool]:
        with journal.held("pool"):
            yield Pool()

    async def session() -> AsyncIterator[Session]:
        with journal.held("session"):
            yield Session()

    async def prepare(teardown: plugin.Teardown):
        di.register(pool, lifetime="stage")
        di.register(session)
        for name, kind in (("first", Pool), ("second", Session), ("third", Pool)):
            await teardown.enter(opened(journal, name))
            await di.nject(kind)

    async with plugin.Stage(prepare):
        pass

    assert journal.opened == ["first", "pool", "second", "session", "third"]
    assert journal.closed == journal.opened[::-1]


@pytest.mark.asyncio
async def test_nothing_can_be_added_once_the_teardown_has_begun():
    caught = []

    async def prepare(teardown: plugin.Teardown):
        def late():
            with pytest.raises(ClosedError):
                teardown.add(late)
            caught.append("refused")

        teardown.add(late)

    async with plugin.Stage(prepare):
        pass

    assert caught == ["refused"]


@pytest.mark.asyncio
async def test_a_step_that_ends_cancelled_though_nobody_cancelled_it_is_an_error():
    async def lost():
        raise asyncio.CancelledError

    async def prepare(teardown: plugin.Teardown):
        teardown.add(lost)

    with pytest.raises(ExceptionGroup) as caught:
        async with plugin.Stage(prepare):
            pass

    assert isinstance(caught.value.exceptions[0], PluginError)
    assert str(caught.value.exceptions[0]) == textwrap.dedent("""\
        the teardown of lost ended cancelled, though nobody cancelled it
          why     the code that puts it away raised CancelledError itself""")


@pytest.mark.asyncio
async def test_a_teardown_that_hangs_is_cut_short_and_the_other_steps_still_run():
    order = []

    async def prepare(teardown: plugin.Teardown):
        teardown.add(lambda: order.append("first added"))
        teardown.add(forever)
        teardown.add(forever)
        teardown.add(lambda: order.append("last added"))

    with pytest.raises(StopTimeoutError) as caught:
        async with plugin.Stage(prepare, stop_timeout=SOON):
            pass

    assert order == ["last added", "first added"]
    assert caught.value.left == ("teardown of forever",)


@pytest.mark.asyncio
async def test_a_teardown_that_ignores_its_cancellation_is_left_behind_and_the_other_steps_still_run(caplog):
    order = []
    free = asyncio.Event()

    async def prepare(teardown: plugin.Teardown):
        teardown.add(lambda: order.append("first added"))
        teardown.add(lambda: stubborn(free), "mule")

    with pytest.raises(StopTimeoutError):
        async with plugin.Stage(prepare, stop_timeout=SOON):
            pass

    free.set()
    assert order == ["first added"]
    assert "teardown.abandoned step=mule" in caplog.text


@pytest.mark.asyncio
async def test_jobs_that_do_not_end_do_not_keep_the_rest_from_being_put_away():
    order = []
    free = asyncio.Event()

    async def work(cancel: plugin.Cancel):
        await asyncio.Event().wait()

    async def prepare(teardown: plugin.Teardown, jobs: plugin.Jobs):
        teardown.add(lambda: order.append("put away"))
        jobs.start(lambda: stubborn(free))
        yield work

    with pytest.raises(StopTimeoutError):
        async with plugin.Stage(prepare, stop_timeout=SOON) as stage:
            await stage.start()

    free.set()
    assert order == ["put away"]
