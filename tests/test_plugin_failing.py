"""What is raised, and what is put away, when a stage cannot start or its tasks fail."""

import asyncio

import attrs
import pytest
from staged import Till, forever, ran

from rostra import config, plugin
from rostra.errors import ConfigError, ResolveError
from rostra.plugin import Phase
from rostra.testing import Journal, checkpoint


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
        ["in task first of plugin tests.test_plugin_failing:prepare"],
        ["in task two of plugin tests.test_plugin_failing:prepare"],
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
        "while preparing plugin tests.test_plugin_failing:broken, loaded by tests.test_plugin_failing:prepare"
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
        "cannot build task first of plugin tests.test_plugin_failing:prepare",
        "cannot build task second of plugin tests.test_plugin_failing:prepare",
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
