"""Tasks that run in one of several workers: they wait until their process is the one, and nobody waits for them."""

import asyncio

import pytest
from staged import forever

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


def test_workers_that_there_are_not_are_refused():
    with pytest.raises(PluginError) as refused:
        plugin.task(forever, workers="two")  # type: ignore[arg-type]  # what is tested

    assert str(refused.value) == (
        "task forever cannot run in these workers\n"
        '  why     workers is "all" or "one", not \'two\'\n'
        "  to fix  how many there are is said when they are started: rostra run --workers N"
    )
