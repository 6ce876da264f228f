"""Who brought what into a stage, and how long its preparation took."""

import asyncio
import sys
import textwrap
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest
from a_transport import On

from rostra import context, di, plugin
from rostra.clock import Clock, ManualClock, SystemClock
from rostra.components import Components
from rostra.handlers import Handlers, mark

pytestmark = pytest.mark.asyncio


class Database: ...


class Pool: ...


class Mailer: ...


@pytest.fixture(autouse=True)
def modules_of_tests() -> Iterator[None]:
    yield
    for name in ("shop_of_test", "some_transport"):
        sys.modules.pop(name, None)


def named(name: str, source: str) -> ModuleType:
    """A module with this source, which knows the names of this one."""
    module = ModuleType(name)
    vars(module).update(
        {"di": di, "plugin": plugin, "mark": mark, "On": On, "Handlers": Handlers}, __name__=name
    )
    exec(textwrap.dedent(source), vars(module))
    sys.modules[name] = module
    return module


async def test_components_and_adapters_are_their_plugins_also_when_several_are_prepared_at_once():
    turn = asyncio.Event()

    async def first(load: plugin.Loader):
        async with asyncio.TaskGroup() as group:
            group.create_task(load(second))
            await turn.wait()
            context.add(Database())
            di.register(Pool)

    async def second():
        context.add(Database(), name="second")
        turn.set()
        await asyncio.sleep(0)
        context.add(3, "limit")

    async with plugin.Stage(first) as stage:
        _, one, two = (record.brought for record in stage.records)

    assert list(one.components) == [(Database, None)]
    assert list(two.components) == [(Database, "second"), ("limit", None)]
    assert [adapter.label for adapter in one.adapters] == ["Pool"]
    assert two.adapters == []


async def test_what_a_module_defines_and_yields_is_its_plugins():
    named("some_transport", "async def prepare(handlers: Handlers): handlers.on(On, lambda bound: None)")
    module = named(
        "shop_of_test",
        """
        class Basket: ...

        @di.adapter
        def basket() -> Basket:
            return Basket()

        async def placed(): ...

        mark(placed, On("order"))

        async def sweep(): ...

        async def prepare():
            yield sweep
            yield plugin.task(sweep, name="nightly", background=True)
        """,
    )

    async with plugin.Stage(module) as stage:
        found = next(record.brought for record in stage.records if record.name == "shop_of_test")

    assert [adapter.label for adapter in found.adapters] == ["basket"]
    assert [handler.label for handler in found.handlers] == ["placed"]
    assert [task.name for task in found.tasks] == ["sweep", "nightly"]


async def test_what_tasks_add_while_the_stage_runs_is_no_plugins():
    stage_layer: list[Components] = []

    async def late():
        stage_layer[0].add(Mailer())

    async def prepare():
        yield late

    async with plugin.Stage(prepare) as stage:
        stage_layer.append(stage.components)
        await stage.run()

    assert [record.brought.components for record in stage.records] == [{}, {}]
    assert isinstance(stage.components.get(Mailer), Mailer)


async def test_the_time_in_which_a_plugin_waits_for_others_is_not_its_own():
    clock = ManualClock()
    layer = Components()
    layer.add(clock, Clock)

    async def outer(load: plugin.Loader):
        await clock.sleep(1)
        await asyncio.gather(load(inner), load(other))
        await clock.sleep(2)

    async def inner():
        await clock.sleep(4)

    async def other():
        await clock.sleep(8)

    async def drive():
        for seconds in (1, 4, 4, 2):
            await clock.wait_for_sleepers()
            await clock.advance(seconds)

    async with asyncio.TaskGroup() as group:
        group.create_task(drive())
        async with plugin.Stage(outer, components=layer) as stage:
            taken = {
                record.name.rpartition(".")[2].rpartition(":")[2]: (
                    record.elapsed.seconds,
                    record.elapsed.own_seconds,
                )
                for record in stage.records
            }

    assert taken == {"config": (0, 0), "outer": (11, 3), "inner": (4, 4), "other": (8, 8)}


async def test_an_import_counts_for_the_plugin_and_for_the_one_that_loads_it_though_it_was_done_before():
    clock = Ticking()
    layer = Components()
    layer.add(clock, Clock)
    slow = ModuleType("slow_to_import")
    slow.prepare = prepared_at_once
    sys.meta_path.insert(0, finder := SlowToImport(slow, clock))

    async def outer(load: plugin.Loader):
        clock.now += 1
        await load("slow_to_import")

    try:
        async with plugin.Stage(outer, "slow_to_import", components=layer) as stage:
            taken = [(each.elapsed.seconds, each.elapsed.own_seconds) for each in stage.records]
    finally:
        sys.meta_path.remove(finder)
        sys.modules.pop("slow_to_import", None)

    assert taken == [(0, 0), (6, 1), (5, 5)]


async def prepared_at_once():
    pass


class Ticking(SystemClock):
    """A clock that moves when something says so."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


class SlowToImport:
    """Finds one module, which takes five seconds to load."""

    def __init__(self, module: ModuleType, clock: Ticking) -> None:
        self.module, self.clock = module, clock

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name == self.module.__name__ else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        self.clock.now += 5
        return self.module

    def exec_module(self, module: ModuleType) -> None: ...
