"""Tasks that run in one of several workers: they wait until their process is the one, and nobody waits for them."""

import asyncio

import pytest
from staged import forever, polite

from rostra import plugin
from rostra.components import Components
from rostra.errors import PluginError
from rostra.testing import checkpoint


def in_a_worker() -> tuple[Components, plugin.Chosen]:
    """What the stage of a worker sees that was not chosen yet."""
    below = Components()
    return below, below.add(plugin.Chosen(is_chosen=False))


@pytest.mark.asyncio
async def test_a_lone_process_runs_what_runs_in_one_worker():
    async def report():
        return "reported"

    async def prepare():
        yield plugin.task(report, workers="one")

    async with plugin.Stage(prepare) as stage:
        assert await stage.run() == ["reported"]
        assert stage.components.get(plugin.Chosen).is_set()


@pytest.mark.asyncio
async def test_a_worker_that_is_not_chosen_runs_without_it_and_starts_it_when_it_is_chosen():
    below, chosen = in_a_worker()
    begun = asyncio.Event()

    async def report(started: plugin.Started):
        begun.set()
        started()
        await forever()

    async def prepare():
        yield plugin.task(report, workers="one")
        yield forever

    async with plugin.Stage(prepare, components=below) as stage:
        await stage.start()
        assert stage.lifecycle.is_running
        for _ in range(5):
            await checkpoint()
        assert not begun.is_set()

        chosen.set()

        await begun.wait()


@pytest.mark.asyncio
async def test_one_that_waits_for_its_turn_keeps_the_stage_alive_and_ends_with_it():
    below, _ = in_a_worker()
    ran = []

    async def report(cancel: plugin.Cancel):
        ran.append("report")
        await cancel.wait()

    async def prepare():
        yield plugin.task(report, workers="one")
        yield plugin.task(report(plugin.Cancel()), workers="one")

    async with plugin.Stage(prepare, components=below) as stage:
        running = asyncio.create_task(stage.run())
        await stage.lifecycle.wait_for(plugin.Phase.RUNNING)
        for _ in range(5):
            await checkpoint()
        assert not running.done()

        stage.stop()

        assert await running == [None, None]
    assert ran == []


class Parent:
    """What the parent of a worker hears of tasks that run in one of them only."""

    def __init__(self, is_chosen: bool) -> None:
        self.ended: list[str] = []
        self.concluded: list[str] = []
        self.chosen = plugin.Chosen(is_chosen, self.ended.append, self.concluded.append)
        self.below = Components()
        self.below.add(self.chosen)


@pytest.mark.asyncio
async def test_what_has_come_to_its_end_elsewhere_runs_here_no_more_also_if_this_one_is_chosen_next():
    parent = Parent(is_chosen=False)
    ran = []

    async def report(started: plugin.Started):
        ran.append("report")
        started()

    async def prepare():
        yield plugin.task(report, workers="one")
        yield plugin.task(report(plugin.Started()), workers="one")

    async with plugin.Stage(prepare, components=parent.below) as stage:
        running = asyncio.create_task(stage.run())
        await stage.lifecycle.wait_for(plugin.Phase.RUNNING)

        name = f"task report of plugin {stage.records[-1].name}"
        parent.chosen.note_end(name)
        parent.chosen.set()

        assert await running == [None, None]
    assert ran == ["report"], "the second of this name has not run elsewhere"
    assert parent.ended == [f"{name}, number 2"]


@pytest.mark.asyncio
async def test_what_was_stopped_has_not_come_to_its_end_and_is_for_another_one():
    parent = Parent(is_chosen=True)

    async def short():
        return "done"

    async def prepare():
        yield plugin.task(polite, workers="one")
        yield plugin.task(short, workers="one")
        yield forever

    async with plugin.Stage(prepare, components=parent.below) as stage:
        running = asyncio.create_task(stage.run())
        while not parent.ended:
            await checkpoint()

        stage.stop()

        assert await running == ["ended politely", "done", None]
    assert parent.ended == [f"task short of plugin {stage.records[-1].name}"]
    assert parent.concluded == []


@pytest.mark.asyncio
@pytest.mark.parametrize("whose", ["its own", "of its plugin"])
async def test_one_that_sets_its_cancel_ends_the_stage_of_all_workers(whose):
    parent = Parent(is_chosen=True)

    async def prepare(of_plugin: plugin.Cancel):
        async def lead(cancel: plugin.Cancel):
            (cancel if whose == "its own" else of_plugin).set()

        yield plugin.task(lead, workers="one")
        yield polite

    async with plugin.Stage(prepare, components=parent.below) as stage:
        await stage.run()

    lead = f"task lead of plugin {stage.records[-1].name} set Cancel"
    assert parent.concluded == [lead if whose == "its own" else "Cancel was set"]


@pytest.mark.asyncio
async def test_one_of_many_that_sets_its_cancel_ends_the_stage_of_its_worker_alone():
    parent = Parent(is_chosen=True)

    async def leave(cancel: plugin.Cancel):
        cancel.set()

    async def prepare():
        yield leave
        yield plugin.task(forever, workers="one")

    async with plugin.Stage(prepare, components=parent.below) as stage:
        await stage.run()

    assert (parent.ended, parent.concluded) == ([], [])


def test_workers_that_there_are_not_are_refused():
    with pytest.raises(PluginError) as refused:
        plugin.task(forever, workers="two")  # type: ignore[arg-type]  # what is tested

    assert str(refused.value) == (
        "task forever cannot run in these workers\n"
        '  why     workers is "all" or "one", not \'two\'\n'
        "  to fix  how many there are is said when they are started: rostra run --workers N"
    )
