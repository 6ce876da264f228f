"""A stage from its first prepare to the end of its teardown: tasks, results, phases, failures."""

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator

import attrs
import pytest
from staged import Till, forever, polite, ran

from rostra import context, di, health, plugin
from rostra.components import Components
from rostra.config import ConfigSource
from rostra.errors import PluginError
from rostra.plugin import Phase
from rostra.testing import Journal, checkpoint


@pytest.mark.asyncio
async def test_a_stage_without_tasks_ends_at_once():
    async def prepare(): ...

    assert await ran(prepare) == []


@pytest.mark.asyncio
async def test_what_a_prepare_adds_is_seen_by_all_whenever_it_was_loaded():
    async def early():
        yield lambda: context.get(Till)

    async def late():
        context.add(Till())

    assert isinstance((await ran(early, late))[0], Till)


@pytest.mark.asyncio
async def test_components_below_are_seen_and_left_as_they_are():
    below = Components(None, "below")
    till = below.add(Till())

    async def prepare(till: Till):
        context.add(1j)
        yield lambda: till

    assert await ran(prepare, components=below) == [till]
    assert below.get(complex, default=None) is None


@pytest.mark.asyncio
async def test_every_component_of_a_stage_can_be_asked_for():
    async def prepare(
        stage: plugin.Stage,
        teardown: plugin.Teardown,
        jobs: plugin.Jobs,
        checks: health.Checks,
        source: ConfigSource,
    ):
        yield lambda: (stage.phase, jobs.running, source["a"])

    assert await ran(prepare, config={"a": 1}) == [(Phase.STARTING, 0, 1)]


@pytest.mark.asyncio
async def test_phases_are_passed_in_order():
    seen = []

    async def task(lifecycle: plugin.Lifecycle, cancel: plugin.Cancel):
        seen.append(lifecycle.phase)
        seen.append(await lifecycle.wait_for(Phase.RUNNING))
        await cancel.wait()
        seen.append(lifecycle.phase)

    async def prepare(lifecycle: plugin.Lifecycle, teardown: plugin.Teardown):
        seen.append(lifecycle.phase)
        teardown.add(lambda: seen.append(lifecycle.phase))
        yield task

    async with plugin.Stage(prepare) as stage:
        seen.append(stage.phase)
        await stage.start()
        seen.append(stage.phase)
    seen.append(stage.phase)

    assert [str(phase) for phase in seen] == [
        "preparing",
        "preparing",
        "starting",
        "running",
        "running",
        "stopping",
        "teardown",
        "stopped",
    ]


@pytest.mark.asyncio
async def test_whoever_waits_for_a_phase_is_told_of_a_later_one_too():
    async def prepare(): ...

    async with plugin.Stage(prepare) as stage:
        waiting = asyncio.create_task(stage.lifecycle.wait_for(Phase.RUNNING))
        await checkpoint()

    assert await waiting is Phase.STOPPING
    assert await stage.lifecycle.wait_for(Phase.PREPARING) is Phase.STOPPED


@pytest.mark.asyncio
async def test_a_stage_is_ready_while_it_runs():
    async def prepare():
        yield polite

    async with plugin.Stage(prepare) as stage:
        checks = stage.components.get(health.Checks)
        before = await checks.ready()
        await stage.start()
        running = await checks.ready()
    after = await checks.ready()

    assert (before.is_well, running.is_well, after.is_well) == (False, True, False)


@pytest.mark.asyncio
async def test_intake_starts_when_all_others_have_said_that_they_started():
    order = []

    async def connect(started: plugin.Started):
        await checkpoint()
        await checkpoint()
        order.append("connected")
        started()

    async def serve(started: plugin.Started):
        order.append("serving")
        started()

    async def prepare():
        yield plugin.task(serve, intake=True)
        yield connect

    await ran(prepare)

    assert order == ["connected", "serving"]


@pytest.mark.asyncio
async def test_a_stage_runs_when_all_have_said_that_they_started():
    say = asyncio.Event()

    async def serve(started: plugin.Started, cancel: plugin.Cancel):
        await say.wait()
        started()
        started()
        await cancel.wait()

    async def prepare():
        yield plugin.task(serve, intake=True)

    async with plugin.Stage(prepare) as stage:
        starting = asyncio.create_task(stage.start())
        await stage.lifecycle.wait_for(Phase.STARTING)
        await checkpoint()
        assert not starting.done()
        say.set()
        await starting
        assert stage.phase is Phase.RUNNING


@pytest.mark.asyncio
async def test_a_task_that_ends_without_having_said_that_it_started_has_started():
    async def short(started: plugin.Started):
        return "done"

    async def prepare():
        yield short

    assert await ran(prepare) == ["done"]


@pytest.mark.asyncio
async def test_what_is_built_for_a_task_may_say_that_it_started():
    @attrs.frozen
    class Server:
        started: plugin.Started

    async def serve(server: Server, lifecycle: plugin.Lifecycle):
        before = lifecycle.phase
        await checkpoint()
        server.started()
        return before, await lifecycle.wait_for(Phase.RUNNING)

    async def prepare():
        di.register(Server)
        yield serve

    assert await ran(prepare) == [(Phase.STARTING, Phase.RUNNING)]


@pytest.mark.asyncio
async def test_background_tasks_do_not_keep_a_stage():
    async def work():
        return "worked"

    async def prepare():
        yield plugin.task(forever, background=True)
        yield plugin.task(polite, background=True)
        yield work

    assert await ran(prepare) == [None, "ended politely", "worked"]


@pytest.mark.asyncio
async def test_a_started_stage_lasts_as_long_as_its_body_even_if_all_tasks_have_ended():
    async def short(): ...

    async def prepare():
        yield short

    async with plugin.Stage(prepare) as stage:
        await stage.start()
        for _ in range(10):
            await checkpoint()
        assert stage.phase is Phase.RUNNING


@pytest.mark.asyncio
async def test_eager_objects_are_there_before_tasks_start_and_put_away_last_in_first_out():
    journal = Journal()

    @attrs.frozen
    class Pool:
        journal: Journal

    @attrs.frozen
    class Client:
        pool: Pool

    async def pool(journal: Journal) -> AsyncIterator[Pool]:
        with journal.held("pool"):
            yield Pool(journal)

    async def client(pool: Pool) -> AsyncIterator[Client]:
        with pool.journal.held("client"):
            yield Client(pool)

    async def prepare():
        context.add(journal)
        di.register(pool, client, lifetime="stage", eager=True)
        yield lambda: list(journal.opened)

    assert await ran(prepare) == [["pool", "client"]]
    assert journal.closed == ["client", "pool"]


@pytest.mark.asyncio
async def test_a_plugin_loaded_by_a_task_starts_at_once():
    async def late_task(cancel: plugin.Cancel):
        return "late"

    async def late():
        context.add(Till())
        yield late_task

    async def task(load: plugin.Loader):
        await load(late)
        return type(context.get(Till))

    async def prepare():
        yield task

    assert await ran(prepare) == [Till, "late"]


@pytest.mark.asyncio
async def test_nothing_is_loaded_any_more_while_a_stage_stops():
    async def late(): ...

    async def task(load: plugin.Loader, cancel: plugin.Cancel):
        await cancel.wait()
        await load(late)

    async def prepare():
        yield task

    with pytest.raises(ExceptionGroup) as caught:
        async with plugin.Stage(prepare) as stage:
            await stage.start()

    error = caught.value.exceptions[0]
    assert isinstance(error, PluginError)
    assert "cannot be loaded any more" in str(error)


@pytest.mark.asyncio
async def test_a_stage_may_be_entered_and_left_by_different_tasks():
    journal = Journal()
    variable = contextvars.ContextVar("variable", default="outside")

    async def prepare(teardown: plugin.Teardown):
        before = asyncio.current_task()
        journal.open("pool")
        teardown.add(lambda: journal.close("pool"))
        yield lambda: before is not None

    stage = plugin.Stage(prepare)
    await asyncio.create_task(stage.__aenter__())
    await asyncio.create_task(stage.start())
    await asyncio.create_task(stage.__aexit__(None, None, None))

    assert journal.closed == ["pool"]
    assert variable.get() == "outside"


@pytest.mark.asyncio
async def test_stages_side_by_side_and_within_each_other_do_not_disturb():
    async def prepare():
        context.add(Till())
        yield lambda: context.get(Till)

    async def outer(till: Till):
        async def task():
            [inner] = await ran(prepare)
            return inner is not till

        yield task

    tills = await asyncio.gather(ran(prepare), ran(prepare), ran(prepare, outer))

    assert tills[0] != tills[1]
    assert tills[2][1] is True


@pytest.mark.asyncio
async def test_a_thread_without_a_context_sees_the_stage():
    found = []

    async def task():
        thread = threading.Thread(target=lambda: found.append(context.get(Till)))
        thread.start()
        await asyncio.to_thread(thread.join)

    async def prepare():
        context.add(Till())
        yield task

    await ran(prepare)

    assert isinstance(found[0], Till)


@pytest.mark.asyncio
async def test_a_stage_cannot_be_entered_twice_nor_run_before():
    async def prepare(): ...

    stage = plugin.Stage(prepare)
    with pytest.raises(RuntimeError, match="must be entered first"):
        await stage.run()
    async with stage:
        with pytest.raises(RuntimeError, match="entered twice"):
            await stage.__aenter__()


@pytest.mark.asyncio
async def test_settings_that_nobody_reads_are_told_when_all_is_prepared(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def prepare() -> None: ...

    source = ConfigSource({"htpp": {"port": 1}}, env_prefix="APP", environ={"APP_PRT": "1"})
    await ran(prepare, config=source)

    told = [record.getMessage() for record in caplog.records if "settings.unread" in record.getMessage()]
    assert len(told) == 2
    assert "nobody reads [htpp]" in told[0]
    assert "no setting reads APP_PRT" in told[1]
