"""How a stage ends: who is asked first, who is cancelled, what is put away, and what if time is short."""

import asyncio
import pickle

import attrs
import pytest
from staged import SOON, forever, opened, stubborn

from rostra import di, plugin
from rostra.errors import StopTimeoutError
from rostra.plugin import Phase
from rostra.testing import Journal, checkpoint


async def started(*plugins, **options) -> plugin.Stage:
    stage = plugin.Stage(*plugins, **options)
    await stage.__aenter__()
    await stage.start()
    return stage


async def left(stage: plugin.Stage) -> None:
    await stage.__aexit__(None, None, None)


@pytest.mark.asyncio
async def test_intake_is_asked_first_and_the_others_when_it_has_drained():
    order = []
    asked, drain = asyncio.Event(), asyncio.Event()

    async def consume(cancel: plugin.Cancel):
        await cancel.wait()
        order.append("intake asked")
        asked.set()
        await drain.wait()
        order.append("intake drained")

    async def work(cancel: plugin.Cancel):
        await cancel.wait()
        order.append("worker asked")

    async def prepare(teardown: plugin.Teardown):
        teardown.add(lambda: order.append("teardown"))
        yield work
        yield plugin.task(consume, intake=True)

    stage = await started(prepare)
    leaving = asyncio.create_task(left(stage))
    await asked.wait()
    order.append("drain")
    drain.set()
    await leaving

    assert order == ["intake asked", "drain", "intake drained", "worker asked", "teardown"]


@pytest.mark.asyncio
async def test_a_task_that_cannot_hear_is_cancelled_in_its_turn_and_has_not_failed():
    order = []

    async def deaf(name: str):
        try:
            await forever()
        finally:
            order.append(name)

    async def consume(cancel: plugin.Cancel):
        await cancel.wait()
        order.append("asked")

    async def prepare():
        yield deaf("worker")
        yield plugin.task(consume, intake=True)
        yield plugin.task(deaf("intake"), intake=True)

    await left(await started(prepare))

    assert sorted(order[:2]) == ["asked", "intake"]
    assert order[2] == "worker"


@pytest.mark.asyncio
@pytest.mark.parametrize("how", ["parameter", "what is built for it", "its prepare", "a stage object"])
async def test_a_task_hears_by_a_parameter_by_what_is_built_for_it_and_by_its_prepare(how):
    ended = []

    @attrs.frozen
    class Worker:
        cancel: plugin.Cancel

    async def work(cancel: plugin.Cancel):
        await cancel.wait()
        await checkpoint()
        ended.append("in order")

    async def built(worker: Worker):
        await work(worker.cancel)

    async def prepare(cancel: plugin.Cancel):
        yield work(cancel)

    async def prepare_others():
        di.register(Worker, lifetime="stage" if how == "a stage object" else "call")
        yield work if how == "parameter" else built

    await left(await started(prepare if how == "its prepare" else prepare_others))

    assert ended == ["in order"]


@pytest.mark.asyncio
async def test_any_task_that_sets_its_cancel_ends_the_stage():
    async def decide(cancel: plugin.Cancel):
        cancel.set()
        return cancel.is_set()

    async def prepare():
        yield forever
        yield decide

    async with plugin.Stage(prepare) as stage:
        assert await stage.run() == [None, True]


@pytest.mark.asyncio
async def test_a_prepare_that_sets_its_cancel_ends_the_stage_before_it_starts():
    begun = []

    async def prepare(cancel: plugin.Cancel):
        cancel.set()
        yield lambda: begun.append("task")

    async with plugin.Stage(prepare) as stage:
        assert await stage.run() == [None]
    assert begun == []


@pytest.mark.asyncio
async def test_a_stage_can_be_stopped_by_anybody_who_has_it():
    async def prepare():
        yield forever

    async with plugin.Stage(prepare) as stage:
        running = asyncio.create_task(stage.run())
        await stage.lifecycle.wait_for(Phase.RUNNING)
        stage.stop()
        stage.stop()
        assert await running == [None]


@pytest.mark.asyncio
async def test_whoever_waits_and_is_cancelled_ends_the_stage_in_order():
    ended = []

    async def work(cancel: plugin.Cancel):
        await cancel.wait()
        ended.append("in order")

    async def prepare():
        yield work

    stage = plugin.Stage(prepare)
    await stage.__aenter__()
    running = asyncio.create_task(stage.run())
    await stage.lifecycle.wait_for(Phase.RUNNING)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert (ended, stage.phase) == (["in order"], Phase.STOPPED)


@pytest.mark.asyncio
async def test_what_did_not_drain_in_time_is_cancelled_and_said():
    async def drain_for_ever(cancel: plugin.Cancel):
        await cancel.wait()
        await asyncio.Event().wait()

    async def prepare():
        yield drain_for_ever

    stage = await started(prepare, stop_timeout=SOON)
    with pytest.raises(StopTimeoutError) as caught:
        await left(stage)

    line = drain_for_ever.__code__.co_firstlineno + 2
    place = f"drain_for_ever tests/test_plugin_stopping.py:{line}"
    assert caught.value.left[0] == "task drain_for_ever of plugin tests.test_plugin_stopping:prepare"
    function = "test_what_did_not_drain_in_time_is_cancelled_and_said.<locals>."
    assert caught.value.left[1] == f"  {function}{place}  await asyncio.Event().wait()"
    assert str(caught.value).splitlines()[0] == (
        "the stop was cut short: draining took longer than stop_timeout=0.2 s allows"
    )
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert stage.is_cut_short


@pytest.mark.asyncio
async def test_half_of_a_short_stop_timeout_is_kept_for_the_teardown():
    put_away = []

    async def prepare(teardown: plugin.Teardown, cancel: plugin.Cancel):
        async def flush():
            await asyncio.sleep(SOON / 4)
            put_away.append("flushed")

        teardown.add(flush)
        yield forever

    stage = await started(prepare, stop_timeout=SOON)
    with pytest.raises(StopTimeoutError):
        await left(stage)

    assert put_away == ["flushed"]


@pytest.mark.asyncio
async def test_a_stop_in_a_hurry_cancels_at_once_and_still_puts_all_away():
    put_away = []

    async def work(cancel: plugin.Cancel):
        await asyncio.Event().wait()

    async def prepare(teardown: plugin.Teardown):
        async def flush():
            await checkpoint()
            put_away.append("flushed")

        teardown.add(flush)
        yield work

    stage = await started(prepare)
    stage.stop()
    await checkpoint()
    stage.stop_now()
    with pytest.raises(StopTimeoutError, match="it was asked to stop at once"):
        await left(stage)

    assert put_away == ["flushed"]


@pytest.mark.asyncio
async def test_a_task_that_ignores_its_cancellation_is_left_behind(caplog):
    free = asyncio.Event()

    async def prepare():
        yield plugin.task(lambda: stubborn(free), name="mule")

    stage = await started(prepare, stop_timeout=SOON)
    with pytest.raises(StopTimeoutError):
        await left(stage)

    free.set()
    assert stage.phase is Phase.STOPPED
    assert [record.message for record in caplog.records if "abandoned" in record.message] == [
        "task.abandoned task=mule plugin=tests.test_plugin_stopping:prepare why='it ignores its cancellation'"
    ]


@pytest.mark.asyncio
async def test_a_prepare_that_ignores_its_cancellation_is_left_behind(caplog):
    free = asyncio.Event()
    begun = asyncio.Event()
    put_away = []

    async def mule(teardown: plugin.Teardown):
        teardown.add(lambda: put_away.append("put away"))
        begun.set()
        await stubborn(free)

    stage = plugin.Stage(mule, stop_timeout=SOON)
    entering = asyncio.create_task(stage.__aenter__())
    await begun.wait()
    stage.stop()
    await asyncio.wait([entering])
    with pytest.raises(StopTimeoutError, match="ending the start took longer"):
        await left(stage)

    free.set()
    assert put_away == ["put away"]
    assert "plugin.abandoned plugin=tests.test_plugin_stopping:mule" in caplog.text


@pytest.mark.asyncio
async def test_a_stage_that_is_stopped_while_preparing_ends_in_order():
    begun = asyncio.Event()
    order = []

    async def slow(teardown: plugin.Teardown):
        teardown.add(lambda: order.append("put away"))
        begun.set()
        try:
            await forever()
        finally:
            order.append("prepare ended")

    stage = plugin.Stage(slow)
    entering = asyncio.create_task(stage.__aenter__())
    await begun.wait()
    stage.stop()

    assert await entering is stage
    assert await stage.run() == []
    assert order == ["prepare ended", "put away"]
    await left(stage)


@pytest.mark.asyncio
async def test_a_stage_that_is_stopped_before_it_is_entered_prepares_nothing():
    begun = []

    async def prepare():
        begun.append("prepare")

    stage = plugin.Stage(prepare)
    stage.stop()
    async with stage:
        assert await stage.run() == []

    assert begun == []


@pytest.mark.asyncio
async def test_what_a_prepare_raises_because_it_was_stopped_is_logged(caplog):
    begun = asyncio.Event()

    async def slow():
        begun.set()
        try:
            await forever()
        finally:
            raise ValueError("while ending")

    stage = plugin.Stage(slow)
    entering = asyncio.create_task(stage.__aenter__())
    await begun.wait()
    stage.stop()
    await entering
    await left(stage)

    assert "plugin.failed plugin=tests.test_plugin_stopping:slow" in caplog.text


def application(journal: Journal):
    """A plugin that loads two others at once, with resources of every kind and tasks that start one after the other."""

    async def work(started: plugin.Started, cancel: plugin.Cancel):
        async with opened(journal, "task"):
            started()
            await cancel.wait()

    async def first(teardown: plugin.Teardown):
        await teardown.enter(opened(journal, "first"))
        yield plugin.task(work, intake=True)

    async def second(teardown: plugin.Teardown):
        await checkpoint()
        journal.open("second")
        teardown.add(lambda: journal.close("second"))
        await checkpoint()
        yield work

    async def prepare(load: plugin.Loader, teardown: plugin.Teardown):
        await teardown.enter(opened(journal, "outer"))
        await asyncio.gather(load(first), load(second))
        await teardown.enter(opened(journal, "inner"))

    return prepare


@pytest.mark.asyncio
@pytest.mark.parametrize("steps", range(60))
async def test_cancelled_at_any_step_everything_that_was_opened_is_closed(steps):
    journal = Journal()
    before = asyncio.all_tasks()

    async def run():
        async with plugin.Stage(application(journal)) as stage:
            await stage.run()

    running = asyncio.create_task(run())
    for _ in range(steps):
        await checkpoint()
    running.cancel()
    await asyncio.wait([running], timeout=10)

    assert running.cancelled()
    assert journal.still_open == []
    assert asyncio.all_tasks() == before


@pytest.mark.asyncio
@pytest.mark.parametrize("steps", range(0, 60, 3))
async def test_stopped_at_any_step_everything_that_was_opened_is_closed_in_reverse(steps):
    journal = Journal()
    before = asyncio.all_tasks()

    async def run():
        async with stage:
            return await stage.run()

    stage = plugin.Stage(application(journal))
    running = asyncio.create_task(run())
    for _ in range(steps):
        await checkpoint()
    stage.stop()
    results = await running

    without_tasks = [name for name in journal.opened if name != "task"]
    assert results in ([], [None], [None, None])
    assert [name for name in journal.closed if name != "task"] == without_tasks[::-1]
    assert journal.still_open == []
    assert asyncio.all_tasks() == before


@pytest.mark.asyncio
async def test_whoever_is_cancelled_while_the_stage_fails_is_told_by_the_cause():
    async def prepare(teardown: plugin.Teardown):
        async def refuse():
            raise ValueError("no")

        teardown.add(refuse)
        yield forever

    stage = plugin.Stage(prepare)
    await stage.__aenter__()
    running = asyncio.create_task(stage.run())
    await stage.lifecycle.wait_for(Phase.RUNNING)
    running.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await running

    assert isinstance(caught.value.__cause__, ExceptionGroup)
    assert str(caught.value.__cause__.exceptions[0]) == "no"
