"""What a prepare may yield, and what comes of it: results, in the order of the yields."""

import asyncio
import pickle
import textwrap

import pytest
from staged import Till, forever, polite, ran

from rostra import context, di, plugin
from rostra.errors import PluginError
from rostra.testing import checkpoint


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
async def test_a_bare_yield_is_refused():
    async def prepare():
        yield

    line = prepare.__code__.co_firstlineno + 1
    assert await refusal(prepare) == textwrap.dedent(f"""\
        prepare has a bare yield
          where   plugin tests.test_plugin_tasks:prepare, tests/test_plugin_tasks.py:{line}
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
          where   plugin tests.test_plugin_tasks:prepare, tests/test_plugin_tasks.py:{line}
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
          where   plugin tests.test_plugin_tasks:a_class, tests/test_plugin_tasks.py:{a_class.__code__.co_firstlineno}
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
