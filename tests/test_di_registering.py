"""Threads ask while others register: what was registered before is what is asked for, and is always there."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
from at_once import at_once, many_switches

from rostra import context, di
from rostra.components import Components

REGISTRATIONS = 100
WORLDS = 6
"""A fault shows in most of them, but not in each."""


class Item:
    """Each adapter that replaces another makes one with a higher number."""

    def __init__(self, number: int) -> None:
        self.number = number


class Other: ...


class Handler:
    def __init__(self, item: Item, other: Other) -> None:
        self.item = item


@di.inject
def injected(item: Item) -> Item:
    return item


async def called(handler: Handler) -> Item:
    return handler.item


def first() -> Item:
    return Item(0)


class World:
    """A layer, its registry, and one below that; and the last adapter that was registered."""

    def __init__(self) -> None:
        self.process = di.Registry()
        self.registry = di.Registry(self.process)
        self.layer = Components(None, "stage")
        self.layer.add(self.registry)
        self.latest = 0

    def replaces(self, registry: di.Registry) -> Callable[[], None]:
        """Registers one adapter after the other."""

        def replace() -> None:
            for number in range(1, REGISTRATIONS):
                registry.register(making(number), replace=True)
                self.latest = number

        return replace

    def asks(self, ask: Callable[[], Item]) -> Callable[[], None]:
        """Sees to it that nothing older is found than what was registered before it asks."""
        layer = self.layer.push()

        def look() -> None:
            least = self.latest
            with context.use(layer):
                assert ask().number >= least

        return look


def making(number: int) -> Callable[[], Item]:
    def make() -> Item:
        return Item(number)

    return make


def by_call() -> Item:
    async def asked() -> Item:
        return await di.call(called)

    with asyncio.Runner() as runner:
        return runner.run(asked())


WAYS: dict[str, Callable[[], Item]] = {
    "now": lambda: di.now(Item),
    "several": lambda: di.now(Item, Other)[0],
    "through another": lambda: di.now(Handler).item,
    "given": lambda: di.now(Handler, other=Other()).item,
    "inject": injected,
    "call": by_call,
}


@pytest.fixture(autouse=True)
def _many_switches() -> Iterator[None]:
    with many_switches():
        yield


@pytest.mark.parametrize("where", ["process", "registry"])
@pytest.mark.parametrize("way", WAYS)
def test_what_is_asked_for_is_made_by_what_was_registered_before(way: str, where: str) -> None:
    for _ in range(WORLDS):
        world = World()
        world.process.register(first, Other, Handler)
        ask = WAYS[way]

        at_once([world.replaces(getattr(world, where))], [world.asks(ask)] * 2)

        with context.use(world.layer):
            assert ask().number == REGISTRATIONS - 1


@pytest.mark.parametrize("_world", range(WORLDS))
def test_what_is_registered_again_is_there_meanwhile(_world: int) -> None:
    world = World()
    world.registry.register(first, Other, Handler)

    def again() -> None:
        for _ in range(REGISTRATIONS):
            world.registry.register(Handler)
            world.registry.register(first)

    at_once([again, again], [world.asks(lambda: di.now(Handler).item)] * 2)

    assert len(world.registry.adapters) == 3


def test_what_several_threads_register_is_all_there() -> None:
    kinds = [type(f"Kind{number}", (Other,), {}) for number in range(4 * REGISTRATIONS)]
    world = World()

    def registers(some: list[type]) -> Callable[[], None]:
        def register() -> None:
            for cls in some:
                world.registry.register(cls)

        return register

    def look() -> None:
        with context.use(world.layer):
            found = di.now(list[Other])
        assert len({*map(type, found)}) == len(found)

    at_once([registers(kinds[::2]), registers(kinds[1::2])], [look])

    with context.use(world.layer):
        assert {*map(type, di.now(list[Other]))} == {*kinds}


def test_what_waits_for_a_name_is_there_once_that_is_registered() -> None:
    world = World()
    kinds = [type(f"Late{number}", (Other,), {}) for number in range(REGISTRATIONS)]

    def making_late(cls: type) -> Callable[[], object]:
        def make() -> object:
            return cls()

        make.__annotations__["return"] = cls.__name__
        return make

    def register() -> None:
        for cls in kinds:
            world.registry.register(making_late(cls))
            world.registry.register(type(cls.__name__, (), {}))

    def look() -> None:
        with context.use(world.layer):
            di.now(list[Other])
        assert len(world.registry.problems) <= 1

    at_once([register], [look, look])

    assert not world.registry.problems
    assert len(world.registry.adapters) == 2 * REGISTRATIONS


def test_stages_begin_while_others_register_in_the_process() -> None:
    process = di.Registry()

    def begin() -> None:
        for _ in range(REGISTRATIONS):
            stage = di.Registry(process)
            stage.register(first)

    def register() -> None:
        for number in range(REGISTRATIONS):
            process.register(type(f"Kind{number}", (), {}))

    at_once([begin, begin, register], [])

    assert len(process.adapters) == REGISTRATIONS
