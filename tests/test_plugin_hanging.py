"""A start that hangs says what it waits for: the tree of plugins and tasks, down to the line that awaits."""

import asyncio
import pickle
import subprocess
import sys
import sysconfig
import textwrap
import types
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import pytest
from importable import importable

from rostra import di, plugin
from rostra.errors import StartTimeoutError
from rostra.plugin.hanging import at, awaits, drawn, telling
from rostra.plugin.trees import slow_in_start
from rostra.testing import checkpoint

SOON = 0.5


async def inner():
    await asyncio.Event().wait()


async def generating():
    yield 1
    await inner()
    yield 2


@asynccontextmanager
async def managed():
    await inner()
    yield


class Awaitable:
    def __await__(self):
        return (yield from inner().__await__())


async def by_await():
    await inner()


async def by_async_for():
    async for _ in generating():
        pass


async def by_anext():
    numbers = generating()
    await anext(numbers)
    await anext(numbers, None)


async def by_async_with():
    async with managed():
        pass


async def by_awaitable():
    await Awaitable()


async def by_task():
    await asyncio.create_task(inner())


async def by_gather():
    await asyncio.gather(inner(), checkpoint())


async def by_wait_for():
    await asyncio.wait_for(inner(), 60)


async def by_wait():
    await asyncio.wait([asyncio.create_task(inner())])


async def by_task_group():
    async with asyncio.TaskGroup() as group:
        group.create_task(inner())


async def by_shield():
    await asyncio.shield(asyncio.create_task(inner()))


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("waiting", "between"),
    [
        (by_await, []),
        (by_async_for, ["generating"]),
        (by_anext, ["generating"]),
        (by_async_with, ["managed"]),
        (by_awaitable, ["Awaitable.__await__"]),
        (by_task, []),
        (by_gather, []),
        (by_wait_for, []),
        (by_wait, []),
        (by_task_group, []),
    ],
)
async def test_the_chain_of_awaits_is_followed_down_to_what_it_hangs_on(waiting, between):
    task = asyncio.create_task(waiting())
    for _ in range(4):
        await checkpoint()

    places = telling(awaits(task))

    task.cancel()
    assert [place.function for place in places] == [waiting.__name__, *between, "inner", "Event.wait"]


@pytest.mark.asyncio
async def test_what_is_awaited_is_drawn_with_its_line_of_code():
    task = asyncio.create_task(by_task())
    await checkpoint()
    await checkpoint()

    lines, line = drawn(telling(awaits(task))), at(task)

    task.cancel()
    first, second = by_task.__code__.co_firstlineno + 1, inner.__code__.co_firstlineno + 1
    width = len("  inner tests/test_plugin_hanging.py:99")
    assert lines[:2] == (
        f"{f'by_task tests/test_plugin_hanging.py:{first}':<{width}}  await asyncio.create_task(inner())",
        f"{f'  inner tests/test_plugin_hanging.py:{second}':<{width}}  await asyncio.Event().wait()",
    )
    assert line.startswith(
        f"by_task tests/test_plugin_hanging.py:{first} → inner tests/test_plugin_hanging.py:{second}"
    )


@pytest.mark.asyncio
async def test_a_task_that_waits_for_nothing_has_nothing_to_show():
    task = asyncio.create_task(checkpoint())
    await task

    assert awaits(task) == ()
    assert at(task) == "nothing"


@pytest.mark.asyncio
async def test_tasks_that_wait_for_each_other_are_shown_once():
    tasks: list[asyncio.Task] = []

    async def wait_for(other: int):
        await checkpoint()
        await asyncio.wait([tasks[other]])

    tasks += [asyncio.create_task(wait_for(1)), asyncio.create_task(wait_for(0))]
    for _ in range(3):
        await checkpoint()

    shown = [place.function.rpartition(".")[2] for place in awaits(tasks[0])]

    assert [name for name in shown if name == "wait_for"] == ["wait_for"] * 2
    for task in tasks:
        task.cancel()


async def timed_out(*plugins, folder=None) -> StartTimeoutError:
    with pytest.raises(StartTimeoutError) as caught:
        async with plugin.Stage(*plugins, start_timeout=SOON) as stage:
            await stage.start()
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    return caught.value


def without_lines_of_python(error: StartTimeoutError) -> str:
    """Its text, without the lines of Python's own files, which differ between versions."""
    lines = str(error).splitlines()
    return "\n".join(line for line in lines if " asyncio/" not in line)


@pytest.mark.asyncio
async def test_a_prepare_that_never_returns_is_shown_below_those_that_wait_for_it(tmp_path, monkeypatch):
    files = {
        "shop/__init__.py": """
            async def prepare(load: "plugin.Loader"):
                await load(".storage", ".web")

            from rostra import plugin
        """,
        "shop/storage.py": """
            import asyncio

            async def connect(url):
                await asyncio.Event().wait()

            async def prepare():
                await connect("tcp://nowhere")
        """,
        "shop/web.py": "async def prepare(): ...",
    }
    monkeypatch.chdir(tmp_path)

    with importable(tmp_path, files):
        error = await timed_out("shop")

    assert without_lines_of_python(error) == textwrap.dedent("""\
        the stage did not start within 0.5 s
          plugin shop, which is being prepared
            prepare shop/__init__.py:3  await load(".storage", ".web")
            plugin shop.storage, which is being prepared
              prepare shop/storage.py:8        await connect("tcp://nowhere")
              connect shop/storage.py:5        await asyncio.Event().wait()
          to fix  let what takes long be awaited in a task, and say started() when it is there
                  or give it more time: start_timeout=..., with rostra run --start-timeout""")


@pytest.mark.asyncio
async def test_a_start_that_takes_too_long_over_imports_names_the_plugins_that_took_the_time(tmp_path):
    loading = "from rostra import plugin\nasync def prepare(load: plugin.Loader):\n    await load('slow')"
    files = {
        "quick.py": "async def prepare(): ...",
        "slow.py": "import time\ntime.sleep(0.7)\nasync def prepare(): ...",
        "loading.py": loading,
    }

    with importable(tmp_path, files):
        among_others = await timed_out("quick", "slow")
    with importable(tmp_path, files):
        by_another = await timed_out("loading")

    assert any(line.startswith("plugin slow, which took ") for line in among_others.tree)
    assert any(line.startswith("plugin slow, which took ") for line in by_another.tree)


def test_only_the_slowest_plugins_of_a_start_are_named() -> None:
    seconds = {f"p{number}": float(number) for number in range(20)}

    named = slow_in_start(seconds, 60)

    assert named[0] == "plugin p19, which took 19.0 s"
    assert len(named) == 5
    assert slow_in_start(seconds, 181) == ("plugin p19, which took 19.0 s",)


@pytest.mark.asyncio
async def test_a_task_that_never_says_that_it_started_is_shown(tmp_path, monkeypatch):
    files = {
        "service.py": """
            import asyncio
            from rostra import plugin

            async def serve(started: plugin.Started):
                await asyncio.Event().wait()
                started()

            async def prepare():
                yield serve
        """,
    }
    monkeypatch.chdir(tmp_path)

    with importable(tmp_path, files):
        error = await timed_out("service")

    assert without_lines_of_python(error) == textwrap.dedent("""\
        the stage did not start within 0.5 s
          task serve of plugin service, which has not called started
            serve service.py:6               await asyncio.Event().wait()
          to fix  let what takes long be awaited in a task, and say started() when it is there
                  or give it more time: start_timeout=..., with rostra run --start-timeout""")


@pytest.mark.asyncio
async def test_a_task_may_say_itself_what_it_waits_for():
    async def connect(started: plugin.Started):
        started.waits_for(lambda: "broker default: connection refused")
        await asyncio.Event().wait()

    async def prepare():
        yield connect

    error = await timed_out(prepare)

    assert "which has not called started" in error.tree[0]
    assert error.tree[1:] == ("  it waits for broker default: connection refused",)
    assert str(error).splitlines()[-2:] == [
        "  to fix  see that broker default is there, and that its settings are right",
        "          or give it more time: start_timeout=..., with rostra run --start-timeout",
    ]


@pytest.mark.asyncio
async def test_what_several_tasks_wait_for_is_named_once_each_with_what_it_lacks():
    async def consume(started: plugin.Started):
        started.waits_for(lambda: "broker default: connection refused\nbroker bills: wrong password")
        await asyncio.Event().wait()

    async def publish(started: plugin.Started):
        started.waits_for(lambda: "broker default: connection refused")
        await asyncio.Event().wait()

    async def prepare():
        yield consume
        yield publish

    error = await timed_out(prepare)

    assert error.tree[1:3] == (
        "  it waits for broker default: connection refused",
        "  it waits for broker bills: wrong password",
    )
    assert (
        "to fix  see that broker default and broker bills are there, and that their settings are right\n"
        in str(error)
    )


@pytest.mark.asyncio
async def test_a_start_that_cannot_be_drawn_ends_all_the_same(caplog):
    async def waits(started: plugin.Started, cancel: plugin.Cancel):
        started.waits_for(lambda: str(1 / 0))
        await cancel.wait()

    async def prepare():
        yield waits

    error = await timed_out(prepare)

    assert isinstance(error, StartTimeoutError)
    assert "ZeroDivisionError" in caplog.text


def test_a_task_that_has_started_waits_for_nothing():
    started = plugin.Started()
    started.waits_for(lambda: "broker default")

    started()

    assert started.lack == ""


@pytest.mark.asyncio
async def test_an_object_of_the_stage_that_never_comes_is_shown():
    @attrs.frozen
    class Pool: ...

    async def pool() -> AsyncIterator[Pool]:
        await inner()
        yield Pool()

    async def prepare():
        di.register(pool, lifetime="stage", eager=True)

    error = await timed_out(prepare)

    assert error.tree[0] == "the stage itself"
    assert any("inner tests/test_plugin_hanging.py" in line for line in error.tree)


@pytest.mark.asyncio
async def test_the_time_between_entering_and_starting_does_not_count():
    async def serve(started: plugin.Started):
        started()

    async def prepare():
        yield serve

    async with plugin.Stage(prepare, start_timeout=SOON) as stage:
        await asyncio.sleep(2 * SOON)
        await stage.start()
        assert stage.phase is plugin.Phase.RUNNING


@pytest.mark.asyncio
async def test_a_start_that_took_too_long_is_put_away():
    order = []

    async def prepare(teardown: plugin.Teardown):
        teardown.add(lambda: order.append("put away"))
        try:
            await inner()
        finally:
            order.append("prepare ended")

    await timed_out(prepare)

    assert order == ["prepare ended", "put away"]


def test_a_start_that_blocks_the_loop_is_told_by_a_watchdog(tmp_path):
    (tmp_path / "blocking.py").write_text("import threading\nthreading.Event().wait(60)")
    text = """
        from rostra import plugin
        plugin.stage("blocking", start_timeout=1, config={"logging": {"format": "text"}})
    """

    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(text)], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    with process:
        told = process.stderr.readline()
        last = next(line for line in process.stderr if 'blocking.py", line 2' in line)
        process.kill()

    assert "start.blocked" in told
    assert "in <module>" in last


def test_how_a_plugin_of_rostra_comes_to_call_the_user_is_not_told(monkeypatch):
    package = types.ModuleType("rostra_telegraph")
    package.__path__ = ["/src/rostra_telegraph"]
    package.__rostra_part__ = True
    monkeypatch.setitem(sys.modules, "rostra_telegraph", package)
    library = f"{sysconfig.get_path('purelib')}/aiohttp/web_app.py"
    part, user = "/src/rostra_telegraph/sending.py", "/srv/myapp.py"
    serving = (plugin.Place("serve", part, 1, is_outermost=True),)
    first = (
        plugin.Place("begin", library, 2, 1, is_outermost=True),
        plugin.Place("handle", part, 3, 1),
        plugin.Place("show", user, 4, 1),
        plugin.Place("fetch", library, 5, 1),
    )
    second = (plugin.Place("begin", library, 6, 1, is_outermost=True),)

    told = plugin.telling((*serving, *first, *second))

    assert [place.line for place in told] == [4, 5, 6]
    assert plugin.telling(serving) == serving
