"""What becomes of a task that fails, vanishes, or is to be started again; on a clock that moves when told."""

import asyncio
import pickle
import re
import textwrap

import pytest
from staged import ran

from rostra import context, plugin
from rostra.clock import Clock, ManualClock
from rostra.errors import PluginError, TaskEndedError
from rostra.plugin import Phase
from rostra.testing import checkpoint

EVEN = {"delay": 1.0, "jitter": 0.0, "longest": 4.0}


class Flaky:
    """A task that fails so many times, and whose attempts are counted."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.attempts = 0
        self.attempted = asyncio.Event()

    async def __call__(self) -> str:
        self.attempts += 1
        if self.attempts <= self.failures:
            raise ConnectionError(f"attempt {self.attempts}")
        return f"attempt {self.attempts} was good"


def plugin_of(*tasks: plugin.Task, clock: ManualClock):
    async def prepare():
        context.add(clock, Clock)
        return list(tasks)

    return prepare


async def only_failure(prepare) -> BaseException:
    with pytest.raises(BaseExceptionGroup) as caught:
        await ran(prepare)
    [error] = caught.value.exceptions
    return error


@pytest.mark.asyncio
async def test_a_failed_task_is_started_again_after_pauses_that_double():
    clock, flaky = ManualClock(), Flaky(3)
    task = plugin.task(flaky, restart=plugin.Restart(**EVEN))
    attempts = []

    running = asyncio.create_task(ran(plugin_of(task, clock=clock)))
    for seconds in (1, 2, 4):
        await clock.wait_for_sleepers()
        await clock.advance(seconds - 0.01)
        attempts.append(flaky.attempts)
        await clock.advance(0.01)

    assert await running == ["attempt 4 was good"]
    assert attempts == [1, 2, 3]


@pytest.mark.asyncio
async def test_a_task_that_used_up_its_budget_has_failed_with_what_it_raised_last():
    clock, flaky = ManualClock(), Flaky(99)
    task = plugin.task(flaky, name="flaky", restart=plugin.Restart(budget=2, **EVEN))

    failing = asyncio.create_task(only_failure(plugin_of(task, clock=clock)))
    for seconds in (1, 2):
        await clock.wait_for_sleepers()
        await clock.advance(seconds)
    error = await failing

    assert str(error) == "attempt 3"
    assert error.__notes__ == [
        "2 restarts within 300 s did not help",
        "in task flaky of plugin tests.test_plugin_supervision:prepare",
    ]


@pytest.mark.asyncio
async def test_a_task_that_ran_long_enough_has_its_whole_budget_again():
    clock = ManualClock()
    attempts = []

    async def lives_long():
        attempts.append(clock.monotonic())
        await clock.sleep(100)
        raise ConnectionError

    task = plugin.task(lives_long, restart=plugin.Restart(budget=1, within=60, **EVEN))
    async with plugin.Stage(plugin_of(task, clock=clock)) as stage:
        await stage.start()
        for _ in range(3):
            await clock.wait_for_sleepers()
            await clock.advance(100)
            await clock.wait_for_sleepers()
            await clock.advance(1)

    assert attempts == [0, 101, 202, 303]


@pytest.mark.asyncio
async def test_always_means_also_after_a_return_until_the_budget_is_used_up():
    clock, runs = ManualClock(), []
    task = plugin.task(
        lambda: runs.append(1), name="poll", restart=plugin.Restart("always", budget=2, **EVEN)
    )

    failing = asyncio.create_task(only_failure(plugin_of(task, clock=clock)))
    for seconds in (1, 2):
        await clock.wait_for_sleepers()
        await clock.advance(seconds)
    error = await failing

    assert isinstance(error, TaskEndedError)
    assert len(runs) == 3
    assert str(error) == textwrap.dedent("""\
        task poll ended again and again: 2 restarts within 300 s did not help
          where   plugin tests.test_plugin_supervision:prepare
          why     a task with restart="always" that ends at once would do nothing but start
          to fix  let it wait for its work, or give it a larger budget: restart=plugin.Restart(...)""")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@pytest.mark.asyncio
async def test_on_failure_means_not_after_a_return():
    clock, flaky = ManualClock(), Flaky(0)

    assert await ran(plugin_of(plugin.task(flaky, restart="on-failure"), clock=clock)) == [
        "attempt 1 was good"
    ]


@pytest.mark.asyncio
async def test_each_restart_is_logged_with_what_was_raised(caplog):
    clock, flaky = ManualClock(), Flaky(1)
    task = plugin.task(flaky, name="flaky", restart=plugin.Restart(**EVEN))

    running = asyncio.create_task(ran(plugin_of(task, clock=clock)))
    await clock.wait_for_sleepers()
    await clock.advance(1)
    await running

    [record] = [record for record in caplog.records if "task.restarting" in record.getMessage()]
    assert set(record.getMessage().split()) == {
        "task.restarting",
        "plugin=tests.test_plugin_supervision:prepare",
        "task=flaky",
        "seconds=1.0",
    }
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == "attempt 1"


@pytest.mark.asyncio
async def test_each_attempt_has_a_layer_of_its_own():
    clock, seen = ManualClock(), []

    async def task():
        seen.append(context.get(complex, default=None))
        context.add(1j)
        if len(seen) == 1:
            raise ConnectionError

    running = asyncio.create_task(
        ran(plugin_of(plugin.task(task, restart=plugin.Restart(**EVEN)), clock=clock))
    )
    await clock.wait_for_sleepers()
    await clock.advance(1)
    await running

    assert seen == [None, None]


@pytest.mark.asyncio
async def test_a_pause_ends_when_the_stage_stops():
    clock = ManualClock()

    async def fails(cancel: plugin.Cancel):
        raise ConnectionError

    async with plugin.Stage(plugin_of(plugin.task(fails, restart="always"), clock=clock)) as stage:
        running = asyncio.create_task(stage.run())
        await clock.wait_for_sleepers()
        stage.stop()
        assert await running == [None]


@pytest.mark.asyncio
async def test_nothing_is_started_again_once_the_stage_stops():
    clock, attempts = ManualClock(), []

    async def work(cancel: plugin.Cancel):
        attempts.append(1)
        await cancel.wait()
        return "ended"

    async with plugin.Stage(plugin_of(plugin.task(work, restart="always"), clock=clock)) as stage:
        running = asyncio.create_task(stage.run())
        await stage.lifecycle.wait_for(Phase.RUNNING)
        await checkpoint()
        stage.stop()
        assert await running == ["ended"]

    assert attempts == [1]


@pytest.mark.asyncio
async def test_a_task_with_restart_is_starting_until_one_attempt_says_that_it_started():
    clock, attempts = ManualClock(), []

    async def serve(started: plugin.Started, cancel: plugin.Cancel):
        attempts.append(1)
        if len(attempts) == 1:
            raise ConnectionError
        started()
        await cancel.wait()

    async with plugin.Stage(
        plugin_of(plugin.task(serve, restart=plugin.Restart(**EVEN)), clock=clock)
    ) as stage:
        starting = asyncio.create_task(stage.start())
        await clock.wait_for_sleepers()
        assert stage.phase is Phase.STARTING
        await clock.advance(1)
        await starting
        assert stage.phase is Phase.RUNNING


async def raises_it():
    raise asyncio.CancelledError


async def cancels_itself():
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await checkpoint()


async def awaits_what_is_cancelled():
    lost = asyncio.get_running_loop().create_future()
    lost.cancel()
    await lost


@pytest.mark.asyncio
@pytest.mark.parametrize("vanishing", [raises_it, cancels_itself, awaits_what_is_cancelled])
async def test_a_task_that_ends_cancelled_though_nobody_cancelled_it_has_failed(vanishing):
    async def prepare():
        yield plugin.task(vanishing, name="consumer")

    error = await only_failure(prepare)

    assert isinstance(error, TaskEndedError)
    assert str(error) == textwrap.dedent("""\
        task consumer ended cancelled, though nobody cancelled it
          where   plugin tests.test_plugin_supervision:prepare
          why     a library it awaited most likely lost its connection, or its own code cancelled it
          to fix  catch the CancelledError where it arises
                  or plugin.task(..., restart="on-failure")""")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@pytest.mark.asyncio
async def test_a_task_that_vanishes_is_started_again():
    clock, attempts = ManualClock(), []

    async def consume():
        attempts.append(1)
        if len(attempts) == 1:
            raise asyncio.CancelledError
        return "consumed"

    running = asyncio.create_task(
        ran(plugin_of(plugin.task(consume, restart=plugin.Restart(**EVEN)), clock=clock))
    )
    await clock.wait_for_sleepers()
    await clock.advance(1)

    assert await running == ["consumed"]


@pytest.mark.asyncio
async def test_a_failure_while_draining_is_a_failure():
    async def work(cancel: plugin.Cancel):
        await cancel.wait()
        raise ValueError("while draining")

    async def stop(cancel: plugin.Cancel):
        cancel.set()

    async def prepare():
        return [work, stop]

    assert str(await only_failure(prepare)) == "while draining"


@pytest.mark.asyncio
async def test_a_task_that_raises_when_it_is_cancelled_in_order_has_failed():
    async def deaf():
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError("while ending")

    async def stop(cancel: plugin.Cancel):
        cancel.set()

    async def prepare():
        return [deaf, stop]

    assert str(await only_failure(prepare)) == "while ending"


def test_names_of_tasks_are_those_of_their_functions():
    async def sweep(): ...

    import functools

    coroutine = sweep()
    named = [
        plugin.task(sweep),
        plugin.task(coroutine),
        plugin.task(functools.partial(sweep)),
        plugin.task(Flaky(0)),
        plugin.task(sweep, name="mine"),
    ]
    coroutine.close()

    assert [task.name for task in named] == ["sweep", "sweep", "sweep", "Flaky", "mine"]


@pytest.mark.parametrize(
    ("typed", "fix"),
    [
        ("on_failure", 'did you mean restart="on-failure"?'),
        ("never", "in detail: restart=plugin.Restart(...)"),
    ],
)
def test_an_unknown_restart_is_refused_where_it_was_typed(typed, fix):
    with pytest.raises(PluginError) as caught:
        plugin.task(raises_it, restart=typed)

    text = re.sub(r"\S+test_plugin_supervision.py:\d+", "here.py:1", str(caught.value))
    assert text == (
        "task raises_it cannot be restarted in this way\n"
        "  where   here.py:1\n"
        f'  why     restart is "on-failure", "always" or a plugin.Restart, not "{typed}"\n'
        f"  to fix  {fix}"
    )
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.asyncio
async def test_a_task_that_leaves_by_sys_exit_is_not_started_again():
    attempts = []

    async def leave():
        attempts.append(1)
        raise SystemExit(3)

    async def prepare():
        yield plugin.task(leave, restart="always")

    assert isinstance(await only_failure(prepare), SystemExit)
    assert attempts == [1]


@pytest.mark.asyncio
async def test_timeouts_work_in_the_attempt_after_one_that_ended_cancelled():
    clock, attempts = ManualClock(), []

    async def consume():
        attempts.append(1)
        if len(attempts) == 1:
            await cancels_itself()
        try:
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        except TimeoutError:
            return "timed out"

    running = asyncio.create_task(
        ran(plugin_of(plugin.task(consume, restart=plugin.Restart(**EVEN)), clock=clock))
    )
    await clock.wait_for_sleepers()
    await clock.advance(1)

    assert await running == ["timed out"]
