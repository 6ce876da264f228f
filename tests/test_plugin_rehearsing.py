"""A rehearsal prepares plugins and looks at the stage, starts nothing, and spares those that others would take along."""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator

import attrs
import pytest

from rostra import config, context, di, plugin
from rostra.errors import ConfigError, PluginError, ResolveError, StartTimeoutError


class Pool: ...


class Missing: ...


@attrs.frozen
class DbConfig(config.Config, section="db"):
    size: int = 3


async def fails():
    raise LookupError("no shelf")


async def adds():
    context.add(Pool())


def rehearsed(*plugins, **options) -> tuple[list[plugin.Rehearsal], BaseException | None]:
    seen: list[plugin.Rehearsal] = []
    ended = plugin.rehearse(*plugins, look=seen.append, **options)
    return seen, ended


def test_all_plugins_are_prepared_in_spite_of_those_that_fail():
    (seen,), ended = rehearsed(fails, adds, "no_such_plugin")

    not_there, unlucky = seen.failed  # all are imported before the first one is prepared
    assert (ended, type(unlucky), str(unlucky)) == (None, LookupError, "no shelf")
    assert seen.unloaded == (("no_such_plugin", not_there),)
    assert [record.is_prepared for record in seen.records] == [True, False, True]


def test_what_fails_though_nobody_waits_for_it_is_told_too():
    async def forgets(load: plugin.Loader):
        context.add(asyncio.ensure_future(load(fails)), "kept")

    (seen,), _ = rehearsed(forgets)

    assert [str(problem) for problem in seen.failed] == ["no shelf"]
    assert (
        seen.components.get("kept").exception() is seen.failed[0]
    )  # or it is told whenever it is found as garbage


def test_no_task_starts_and_nothing_is_built_that_no_prepare_asks_for():
    done = []

    async def pool() -> AsyncIterator[Pool]:
        done.append("built")
        yield Pool()

    async def sweep(pool: Pool):
        done.append("started")

    async def prepare():
        di.register(pool, lifetime="stage", eager=True)
        yield sweep

    (seen,), ended = rehearsed(prepare)

    assert (done, ended, seen.failed, seen.wrong) == ([], None, (), ())
    assert [task.name for record in seen.records for task in record.brought.tasks] == ["sweep"]


def test_the_stage_still_stands_when_it_is_looked_at_and_is_put_away_then():
    order = []

    async def prepare(teardown: plugin.Teardown):
        teardown.add(lambda: order.append("put away"))
        context.add(Pool())

    def look(seen: plugin.Rehearsal) -> None:
        order.append(type(context.get(Pool)).__name__)

    plugin.rehearse(prepare, look=look)

    assert order == ["Pool", "put away"]


def test_all_that_is_wrong_is_seen_at_once():
    async def sweep(missing: Missing, settings: DbConfig): ...

    async def prepare():
        yield sweep

    (seen,), _ = rehearsed(prepare, config={"db": {"size": "many"}})

    assert {type(problem) for problem in seen.wrong} == {ResolveError, ConfigError}


def test_what_the_teardown_raises_is_returned():
    async def prepare(teardown: plugin.Teardown):
        teardown.add(fails)

    (seen,), ended = rehearsed(prepare)

    assert seen.failed == ()
    assert isinstance(ended, BaseExceptionGroup)
    assert [str(each) for each in ended.exceptions] == ["no shelf"]


def test_a_prepare_that_takes_too_long_is_returned_and_what_there_is_was_seen():
    async def hangs():
        await asyncio.Event().wait()

    (seen,), ended = rehearsed(adds, hangs, start_timeout=0.1)

    assert isinstance(ended, StartTimeoutError)
    assert isinstance(seen.components.get(Pool), Pool)
    assert [record.is_prepared for record in seen.records] == [True, True, False]


def test_a_prepare_that_blocks_the_loop_is_told_from_another_thread_with_its_line():
    over, told = threading.Event(), []

    async def blocks():
        over.wait(30)

    def blocked(error: StartTimeoutError) -> None:
        told.append((threading.current_thread() is threading.main_thread(), error.tree[0]))
        over.set()

    _, ended = rehearsed(blocks, start_timeout=0.1, blocked=blocked)

    ((is_main, line),) = told
    assert not is_main
    assert "blocks" in line
    assert "over.wait(30)" in line
    assert isinstance(ended, StartTimeoutError)


def test_what_the_look_raises_is_returned():
    def look(_: plugin.Rehearsal) -> None:
        raise ValueError("cannot look")

    ended = plugin.rehearse(adds, look=look)

    assert isinstance(ended, ValueError)


def test_a_signal_before_the_look_is_an_interruption():
    async def interrupted():
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.Event().wait()

    with pytest.raises(KeyboardInterrupt):
        rehearsed(interrupted)


@pytest.mark.asyncio
async def test_it_owns_its_loop():
    with pytest.raises(PluginError, match="event loop runs"):
        rehearsed(adds)
