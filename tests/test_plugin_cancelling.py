"""What the stage and a task tell each other, without a stage."""

import asyncio

import pytest

from rostra import context, plugin
from rostra.clock import Clock, ManualClock
from rostra.testing import checkpoint


@pytest.mark.asyncio
async def test_cancel_is_an_event_that_begins_the_stop_when_somebody_sets_it():
    begun = []
    cancel = plugin.Cancel(lambda: begun.append("stop"))
    waiting = asyncio.create_task(cancel.wait())
    await checkpoint()
    assert (cancel.is_set(), repr(cancel)) == (False, "<Cancel not set>")

    cancel.set()

    await waiting
    await cancel.wait()
    assert (cancel.is_set(), repr(cancel)) == (True, "<Cancel set>")
    assert begun == ["stop"]


def test_a_cancel_of_ones_own_is_a_mere_event():
    cancel = plugin.Cancel()

    cancel.set()

    assert cancel.is_set()


@pytest.mark.asyncio
async def test_the_pause_of_a_loop_is_over_in_time_or_when_it_is_set():
    clock, cancel = ManualClock(), plugin.Cancel()

    with context.child():
        context.add(clock, Clock)
        pauses = [asyncio.create_task(cancel.within(seconds)) for seconds in (1, 60)]
        await clock.wait_for_sleepers(2)
        await clock.advance(1)
        in_time = await pauses[0]
        cancel.set()

    assert in_time is False
    assert await pauses[1] is True
    assert await cancel.within(60) is True
    await checkpoint()
    assert clock.sleepers == 0


def test_started_tells_once():
    told = []
    started = plugin.Started(lambda: told.append("started"))
    before = started.is_called(), repr(started)

    started()
    started()

    assert before == (False, "<Started not called>")
    assert (started.is_called(), repr(started)) == (True, "<Started called>")
    assert told == ["started"]


def test_a_started_of_ones_own_tells_nobody():
    plugin.Started()()
