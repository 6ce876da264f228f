"""A stage from its first prepare to the end of its teardown: tasks, results, phases, failures."""

import asyncio
import contextvars
import pickle
import signal
import textwrap
import threading
from collections.abc import AsyncIterator

import attrs
import pytest

from rostra import config, context, di, health, plugin
from rostra.components import Components
from rostra.config import ConfigSource
from rostra.errors import ConfigError, PluginError, ResolveError
from rostra.plugin import Phase
from rostra.testing import Journal, checkpoint


class Till: ...


async def forever():
    await asyncio.Event().wait()


async def polite(cancel: plugin.Cancel):
    await cancel.wait()
    return "ended politely"


async def ran(*plugins, **options) -> list:
    async with plugin.Stage(*plugins, **options) as stage:
        return await stage.run()


async def refusal(prepare) -> str:
    """What is said to a prepare that yields the wrong thing; it is the same after pickling."""
    with pytest.raises(PluginError) as caught:
        await ran(prepare)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    return str(caught.value)


@pytest.mark.asyncio
async def test_results_come_in_the_order_of_the_yields():
    async def slow():
        await checkpoint()
        return "slow"

    async def quick():
        return "quick"

    async def inner():
        return [quick]

    async def prepare(load: plugin.Loader):
        yield slow
        await load(inner)
        yield quick()
        yield plugin.task(slow, intake=True)

    assert await ran(prepare) == ["slow", "quick", "quick", "slow"]


@pytest.mark.asyncio
async def test_tasks_are_awaitables_functions_or_tasks_with_wishes():
    async def coroutine():
        return 1

    def function(till: Till):
        return type(till)

    async def prepare():
        di.register(Till)
        future = asyncio.get_running_loop().create_future()
        future.set_result(2)
        return [
            coroutine(),
            coroutine,
            function,
            lambda: asyncio.shield(coroutine()),
            future,
            asyncio.create_task(coroutine()),
        ]

    assert await ran(prepare) == [1, 1, Till, 1, 2, 1]


@pytest.mark.asyncio
async def test_one_task_may_be_returned_alone():
    async def one():
        return 1

    async def prepare():
        return one

    assert await ran(prepare) == [1]


@pytest.mark.asyncio
async def test_a_stage_without_tasks_ends_at_once():
    async def prepare(): ...

    assert await ran(prepare) == []


@pytest.mark.asyncio
async def test_a_task_sees_a_layer_of_its_own_above_that_of_the_stage():
    async def task():
        context.add(1j)
        return context.current_context().label, context.get(Till)

    async def prepare():
        context.add(Till())
        yield task

    async with plugin.Stage(prepare) as stage:
        [(label, till)] = await stage.run()

    assert label == "task task"
    assert till is stage.components.get(Till)
    assert stage.components.get(complex, default=None) is None


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
async def test_failures_are_raised_together_each_with_its_task_and_plugin():
    async def first():
        raise ValueError("no")

    async def second():
        raise KeyError("neither")

    async def prepare():
        yield first
        yield plugin.task(second, name="two")
        yield forever

    with pytest.raises(ExceptionGroup) as caught:
        await ran(prepare)

    assert caught.value.message == "2 tasks of the stage failed"
    assert [type(error) for error in caught.value.exceptions] == [ValueError, KeyError]
    assert [error.__notes__ for error in caught.value.exceptions] == [
        ["in task first of plugin tests.test_plugin_stage:prepare"],
        ["in task two of plugin tests.test_plugin_stage:prepare"],
    ]


@pytest.mark.asyncio
async def test_exceptions_can_stand_among_the_results():
    async def good():
        return "good"

    async def bad():
        raise ValueError("no")

    async def lost():
        raise asyncio.CancelledError

    async def prepare():
        return [good, bad, lost, forever, polite]

    results = await ran(prepare, return_exceptions=True)

    assert [type(each) for each in results] == [
        str,
        ValueError,
        asyncio.CancelledError,
        asyncio.CancelledError,
        str,
    ]


@pytest.mark.asyncio
async def test_a_failure_while_starting_is_raised_by_start():
    async def bad(started: plugin.Started):
        raise ValueError("no")

    async def prepare():
        yield bad

    async with plugin.Stage(prepare) as stage:
        with pytest.raises(ExceptionGroup, match="1 task of the stage failed"):
            await stage.start()


@pytest.mark.asyncio
async def test_a_failure_that_nobody_waited_for_is_raised_when_leaving():
    async def bad(lifecycle: plugin.Lifecycle):
        await lifecycle.wait_for(Phase.RUNNING)
        raise ValueError("no")

    async def prepare():
        yield bad

    stage = plugin.Stage(prepare)
    await stage.__aenter__()
    await stage.start()
    await stage.lifecycle.wait_for(Phase.STOPPED)

    with pytest.raises(ExceptionGroup, match="1 task of the stage failed"):
        await stage.__aexit__(None, None, None)


@pytest.mark.asyncio
async def test_what_a_prepare_raises_keeps_its_type_and_says_whose_it_is():
    async def broken():
        raise KeyError("no")

    async def prepare(load: plugin.Loader):
        await load(broken)

    with pytest.raises(KeyError) as caught:
        await ran(prepare)

    assert caught.value.__notes__ == [
        "while preparing plugin tests.test_plugin_stage:broken, loaded by tests.test_plugin_stage:prepare"
    ]


@pytest.mark.asyncio
async def test_a_failed_start_puts_away_what_was_there():
    journal = Journal()

    async def prepare(teardown: plugin.Teardown):
        journal.open("pool")
        teardown.add(lambda: journal.close("pool"))
        yield forever()  # which is not left unawaited
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await ran(prepare)

    assert journal.closed == ["pool"]


@pytest.mark.asyncio
async def test_a_failed_prepare_ends_the_others_first():
    order = []

    async def broken():
        raise ValueError("no")

    async def slow():
        try:
            await forever()
        finally:
            await checkpoint()
            order.append("slow ended")

    async def prepare(load: plugin.Loader, teardown: plugin.Teardown):
        teardown.add(lambda: order.append("teardown"))
        await asyncio.gather(load(slow), load(broken))

    with pytest.raises(ValueError, match="no"):
        await ran(prepare)

    assert order == ["slow ended", "teardown"]


@pytest.mark.asyncio
async def test_a_bare_yield_is_refused():
    async def prepare():
        yield

    line = prepare.__code__.co_firstlineno + 1
    assert await refusal(prepare) == textwrap.dedent(f"""\
        prepare has a bare yield
          where   plugin tests.test_plugin_stage:prepare, tests/test_plugin_stage.py:{line}
          why     a prepare runs to its end before any task starts; it is no context manager
          to fix  what is to be put away: resource = await teardown.enter(open_resource())
                  with a parameter of prepare: teardown: plugin.Teardown""")


@pytest.mark.asyncio
async def test_what_is_no_task_is_refused():
    async def prepare():
        yield 5

    line = prepare.__code__.co_firstlineno + 1
    assert await refusal(prepare) == textwrap.dedent(f"""\
        prepare yields what is no task
          where   plugin tests.test_plugin_stage:prepare, tests/test_plugin_stage.py:{line}
          why     found 5 of type int
          to fix  yield a coroutine function or a coroutine: yield sweep, or yield sweep()""")


@pytest.mark.asyncio
async def test_a_class_and_a_generator_function_are_no_tasks():
    async def generating():
        yield 1

    async def a_class():
        return Till

    async def a_generator():
        return [generating]

    assert await refusal(a_class) == textwrap.dedent(f"""\
        Till is no task
          where   plugin tests.test_plugin_stage:a_class, tests/test_plugin_stage.py:{a_class.__code__.co_firstlineno}
          why     it is a class; what would run is the making of an instance
          to fix  yield a coroutine function or a coroutine: yield sweep, or yield sweep()""")
    assert "async generator function" in await refusal(a_generator)


def test_only_what_can_be_called_again_can_be_restarted():
    coroutine = forever()

    with pytest.raises(PluginError) as caught:
        plugin.task(coroutine, restart="always")

    coroutine.close()
    assert str(caught.value) == textwrap.dedent("""\
        task forever cannot be restarted
          why     it is a coroutine, and can be awaited only once
          to fix  pass the function itself, without calling it""")


@pytest.mark.asyncio
async def test_everything_that_cannot_be_built_is_said_at_once():
    class Missing: ...

    async def first(missing: Missing): ...

    async def second(till: Till): ...

    async def prepare():
        return [first, second]

    with pytest.raises(ExceptionGroup) as caught:
        await ran(prepare)

    assert caught.value.message == "2 things are wrong"
    assert [str(error).splitlines()[0] for error in caught.value.exceptions] == [
        "cannot build task first of plugin tests.test_plugin_stage:prepare",
        "cannot build task second of plugin tests.test_plugin_stage:prepare",
    ]


@pytest.mark.asyncio
async def test_one_thing_that_cannot_be_built_is_said_alone():
    async def task(till: Till): ...

    async def prepare():
        return task

    with pytest.raises(ResolveError, match="nothing gives a Till"):
        await ran(prepare)


@attrs.frozen
class ShopConfig(config.Config, section="shop"):
    tills: int = 1


@attrs.frozen
class MailConfig(config.Config, section="mail"):
    sender: str


@pytest.mark.asyncio
async def test_sections_that_tasks_need_are_loaded_before_any_starts():
    begun = []

    async def task(shop: ShopConfig, mail: MailConfig):
        begun.append(shop)

    async def prepare():
        return task

    with pytest.raises(ConfigError) as caught:
        await ran(prepare, config={"shop": {"tills": "many"}})

    assert begun == []
    assert "shop.tills" in str(caught.value)
    assert "mail.sender" in str(caught.value)


@pytest.mark.asyncio
async def test_sections_are_injected_everywhere():
    async def task(shop: ShopConfig):
        return shop.tills

    async def prepare(shop: ShopConfig):
        assert shop.tills == 2
        return task

    assert await ran(prepare, config={"shop": {"tills": 2}}) == [2]


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
async def test_sys_exit_in_a_task_ends_the_stage_in_order():
    journal = Journal()

    async def leave():
        raise SystemExit(3)

    async def prepare(teardown: plugin.Teardown):
        teardown.add(lambda: journal.close("stage"))
        yield leave

    with pytest.raises(BaseExceptionGroup) as caught:
        await ran(prepare)

    assert [type(error) for error in caught.value.exceptions] == [SystemExit]
    assert journal.closed == ["stage"]


def test_a_whole_program_returns_its_results_again_and_again_and_leaves_the_thread_as_it_was():
    async def prepare():
        yield lambda: asyncio.get_running_loop() is not None

    policy, handlers = asyncio.get_event_loop_policy(), [signal.getsignal(each) for each in range(1, 32)]
    asyncio.run(asyncio.sleep(0))

    results = [plugin.stage(prepare), plugin.stage(prepare)]
    asyncio.run(asyncio.sleep(0))

    assert results == [[True], [True]]
    assert asyncio.get_event_loop_policy() is policy
    assert [signal.getsignal(each) for each in range(1, 32)] == handlers


def test_a_whole_program_leaves_the_current_loop_of_the_thread_as_it_was():
    async def prepare(): ...

    mine = asyncio.new_event_loop()
    asyncio.set_event_loop(mine)
    try:
        plugin.stage(prepare)

        assert asyncio.get_event_loop() is mine
        assert not mine.is_closed()
    finally:
        asyncio.set_event_loop(None)
        mine.close()


@pytest.mark.asyncio
async def test_a_whole_program_cannot_start_in_a_running_loop():
    with pytest.raises(PluginError) as caught:
        plugin.stage("myapp")

    assert str(caught.value) == textwrap.dedent("""\
        plugin.stage() cannot be called while an event loop runs in this thread
          why     it makes and owns its event loop
          to fix  in a coroutine: async with plugin.Stage(...) as stage: await stage.run()""")


def test_a_whole_program_runs_in_another_thread_without_signals():
    async def prepare():
        yield lambda: threading.current_thread().name

    found = []
    thread = threading.Thread(target=lambda: found.extend(plugin.stage(prepare)), name="other")
    thread.start()
    thread.join()

    assert found == ["other"]


def test_the_loop_is_made_by_whom_one_likes():
    uvloop = pytest.importorskip("uvloop")

    async def prepare():
        yield lambda: type(asyncio.get_running_loop())

    assert plugin.stage(prepare, loop_factory=uvloop.new_event_loop) == [uvloop.Loop]
