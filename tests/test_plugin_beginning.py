"""Plugins that never wait are prepared without a task of their own, and nobody can tell the difference."""

import asyncio
import contextvars
import time
from contextlib import nullcontext
from functools import partial

import pytest

from rostra import context, plugin
from rostra.errors import PluginError
from rostra.plugin.finding import never_waits
from rostra.plugin.loading import begun

TOLD: contextvars.ContextVar[str] = contextvars.ContextVar("told", default="nobody")


async def is_empty(): ...


async def yields():
    yield is_empty


async def defines_what_waits():
    async def sweep():
        await asyncio.sleep(0)

    return sweep


async def awaits():
    await is_empty()


async def enters():
    async with nullcontext():
        pass


async def iterates():
    async for _ in yields():
        pass


async def comprehends():
    return [each async for each in yields()]


async def yields_and_awaits():
    await is_empty()
    yield is_empty


class Callable:
    async def __call__(self): ...


@pytest.mark.parametrize("function", [is_empty, yields, defines_what_waits])
def test_what_has_no_await_never_waits(function):
    assert never_waits(function)


@pytest.mark.parametrize(
    "function",
    [awaits, enters, iterates, comprehends, yields_and_awaits, Callable(), partial(is_empty), print],
)
def test_all_else_may_wait(function):
    assert not never_waits(function)


async def two_steps(seen, gate):
    seen.append(TOLD.get())
    TOLD.set("somebody")
    try:
        await gate.wait()
        seen.append(TOLD.get())
    except asyncio.CancelledError:
        seen.append("cancelled")
        raise


@pytest.mark.asyncio
async def test_what_ends_without_waiting_has_ended_when_begun_returns():
    seen, gate = [], asyncio.Event()
    gate.set()

    assert begun(two_steps(seen, gate), "steps", contextvars.copy_context()) is None
    assert (seen, TOLD.get()) == (["nobody", "somebody"], "nobody")


@pytest.mark.asyncio
async def test_what_waits_goes_on_in_a_task_with_its_own_context():
    seen, gate = [], asyncio.Event()

    task = begun(two_steps(seen, gate), "steps", contextvars.copy_context())
    assert task is not None
    assert (seen, task.get_name(), TOLD.get()) == (["nobody"], "steps", "nobody")
    assert plugin.awaits(task)[0].function == "two_steps"
    gate.set()
    await task

    assert seen == ["nobody", "somebody"]


@pytest.mark.asyncio
@pytest.mark.parametrize("turns", [0, 1])
async def test_a_cancellation_reaches_what_waits(turns):
    seen, gate = [], asyncio.Event()
    task = begun(two_steps(seen, gate), "steps", contextvars.copy_context())
    assert task is not None

    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})

    assert task.cancelled()
    assert seen == ["nobody", "cancelled"]


@pytest.mark.asyncio
async def test_a_prepare_that_waits_has_a_task_of_its_own():
    names = []

    async def waits():
        await asyncio.sleep(0)
        names.append(asyncio.current_task().get_name())

    async with plugin.Stage(waits):
        pass

    assert [name.rpartition(":")[2] for name in names] == ["waits"]


@pytest.mark.asyncio
async def test_what_a_prepare_sets_ends_with_it_whether_it_waits_or_not():
    seen = []

    async def sets():
        TOLD.set("somebody")

    async def sets_and_waits():
        TOLD.set("somebody")
        await asyncio.sleep(0)

    async def looks():
        seen.append(TOLD.get())

    async with plugin.Stage(sets, sets_and_waits, looks):
        pass

    assert seen == ["nobody"]


@pytest.mark.asyncio
async def test_who_loads_one_that_fails_at_once_is_told():
    async def fails():
        raise LookupError("no shelf")

    async def loads(load: plugin.Loader):
        with pytest.raises(LookupError, match="no shelf") as caught:
            await load(fails)
        context.add(caught.value, LookupError)

    async with plugin.Stage(loads) as stage:
        error = stage.components.get(LookupError)

    assert len(error.__notes__) == 1
    assert "loaded by" in error.__notes__[0]


@pytest.mark.asyncio
async def test_one_that_cancels_itself_at_once_has_failed():
    async def cancels():
        raise asyncio.CancelledError

    with pytest.raises(PluginError, match="ended cancelled, though nobody cancelled it"):
        async with plugin.Stage(cancels):
            pass


@pytest.mark.asyncio
async def test_the_loop_gets_its_turns_between_plugins_that_never_wait():
    heard = []

    async def calls():
        asyncio.get_running_loop().call_soon(heard.append, "called")
        until = time.monotonic() + 0.02
        while time.monotonic() < until:
            pass

    async def looks():
        heard.append("looked")

    async with plugin.Stage(calls, looks):
        pass

    assert heard == ["called", "looked"]
