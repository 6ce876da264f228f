"""A stage as a whole program: its loop, its thread, and what is as before afterwards."""

import asyncio
import gc
import signal
import textwrap
import threading

import pytest

from rostra import plugin
from rostra.errors import PluginError


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
    import uvloop

    async def prepare():
        yield lambda: type(asyncio.get_running_loop())

    assert plugin.stage(prepare, loop_factory=uvloop.new_event_loop) == [uvloop.Loop]


def test_somebody_who_exits_in_a_task_of_his_own_still_ends_the_stage_in_order():
    order = []

    async def leave():
        raise SystemExit(3)

    async def work(cancel: plugin.Cancel):
        leaving = asyncio.create_task(leave())
        await cancel.wait()
        order.append(("drained", leaving.done()))

    async def prepare(teardown: plugin.Teardown):
        teardown.add(lambda: order.append("torn down"))
        yield work

    with pytest.raises(SystemExit) as caught:
        plugin.stage(prepare)

    assert caught.value.code == 3
    assert order == [("drained", True), "torn down"]

    del caught
    gc.collect()  # a task that nobody has asked is told of when it is found: here, not in the middle of another test


def test_garbage_is_looked_for_less_often_only_while_plugins_are_prepared():
    usual = gc.get_threshold()
    seen = {}

    async def prepare():
        seen["preparing"] = gc.get_threshold()
        yield run

    async def run():
        seen["running"] = gc.get_threshold()

    plugin.stage(prepare)

    assert seen["preparing"] > usual
    assert seen["running"] == usual == gc.get_threshold()


def test_garbage_is_looked_for_as_a_plugin_says():
    usual = gc.get_threshold()
    seen = []

    async def prepare():
        gc.set_threshold(1234, 5, 6)
        yield run

    async def run():
        seen.append(gc.get_threshold())

    try:
        plugin.stage(prepare)
    finally:
        gc.set_threshold(*usual)

    assert seen == [(1234, 5, 6)]


def test_garbage_is_not_looked_for_where_nobody_wants_that():
    usual = gc.get_threshold()
    seen = []

    async def prepare():
        seen.append(gc.get_threshold())

    gc.set_threshold(0)
    try:
        plugin.stage(prepare)
    finally:
        gc.set_threshold(*usual)

    assert seen == [(0, *usual[1:])]
