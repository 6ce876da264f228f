"""Threads look things up while others add: what is there is found, and never anything else."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from at_once import at_once, many_switches

from rostra import context, di
from rostra.components import Components

ADDITIONS = 100
READERS = 3
FORKS = 30
PATIENCE = 20
"""Seconds."""


class Counted:
    """Each is added later than those with lower numbers."""

    def __init__(self, number: int) -> None:
        self.number = number


class Low(Counted): ...


class Middle(Counted): ...


class Settled: ...


class Handler:
    def __init__(self, low: Low, middle: Middle, settled: Settled) -> None:
        self.found = low, middle, settled


class Layers:
    """Three layers, one above the other, and one above them to which nothing was added."""

    def __init__(self) -> None:
        self.low = Components(None, "low")
        self.middle = self.low.push("middle")
        self.top = self.middle.push("top")
        self.low.add(Low(0))
        self.middle.add(Middle(0))
        self.middle.add(Middle(0), name="second")
        self.settled = self.top.add(Settled())
        self.lent = self.top.push("lent")


@pytest.fixture(autouse=True)
def _many_switches() -> Iterator[None]:
    with many_switches():
        yield


class Latest:
    """Sees to it that of several that are added one after the other none is found after a later one."""

    def __init__(self) -> None:
        self._numbers: dict[type, int] = {}

    def check(self, found: Any, wanted: type[Counted]) -> None:
        assert type(found) is wanted
        assert found.number >= self._numbers.get(wanted, 0)
        self._numbers[wanted] = found.number


def adding(layers: Layers, kind: str) -> Callable[[], None]:
    """Adds below the others: kinds that nobody asks for, and in between again what was there."""
    types = [type(f"{kind}{number}", (), {}) for number in range(ADDITIONS)]

    def add() -> None:
        for number, cls in enumerate(types, 1):
            layer = layers.low if number % 2 else layers.middle
            item = layer.add(cls())
            assert layers.lent.get(cls) is item
            if number % 5 == 0 and kind == "first":
                layers.low.add(Low(number))
                layers.middle.add(Middle(number))
                assert layers.top.get(Low).number == number

    return add


def looking(
    layer: Components, layers: Layers, found_by: Callable[[Components], Sequence[Any]]
) -> Callable[[], None]:
    latest = Latest()

    def look() -> None:
        low, middle, settled = found_by(layer)
        latest.check(low, Low)
        latest.check(middle, Middle)
        assert settled is layers.settled

    return look


def by_get(layer: Components) -> Sequence[Any]:
    return layer.get(Low), layer.get(Middle), layer.get(Settled)


def by_context(layer: Components) -> Sequence[Any]:
    with context.use(layer):
        return context.get(Low), context.get(Middle), context.get(Settled)


def by_find(layer: Components) -> Sequence[Any]:
    assert set(layer.find(Middle)) == {None, "second"}
    return layer.find(Low)[None], layer.find(Middle)[None], layer.find(Settled)[None]


def by_now(layer: Components) -> Sequence[Any]:
    with context.use(layer):
        return di.now(Low), di.now(Middle), di.now(Settled)


def by_several(layer: Components) -> Sequence[Any]:
    with context.use(layer):
        return di.now(Low, Middle, Settled)


def by_handler(layer: Components) -> Sequence[Any]:
    with context.use(layer):
        return di.now(Handler).found


def by_scope(layer: Components) -> Sequence[Any]:
    async def asked() -> Any:
        async with di.scope():
            return await di.nject(Low, Middle, Settled)

    with context.use(layer), asyncio.Runner() as runner:
        return runner.run(asked())


WAYS = [by_get, by_context, by_find, by_now, by_several, by_handler, by_scope]


@pytest.mark.parametrize("found_by", WAYS)
def test_what_is_there_is_found_while_other_threads_add_below(
    found_by: Callable[[Components], Sequence[Any]],
) -> None:
    layers = Layers()
    layers.low.add(di.Registry())
    with context.use(layers.low):
        di.register(Handler)

    readers = [looking(layer, layers, found_by) for layer in (layers.top, layers.lent, layers.lent)[:READERS]]
    at_once([adding(layers, "first"), adding(layers, "second")], readers)

    for layer in (layers.top, layers.lent):
        low, middle, settled = found_by(layer)
        assert (low.number, middle.number, settled) == (ADDITIONS, ADDITIONS, layers.settled)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_process_that_is_forked_meanwhile_can_add_too() -> None:
    layers = Layers()

    def fork() -> None:
        for _ in range(FORKS):
            child = os.fork()
            if child == 0:
                signal.alarm(PATIENCE)  # which ends it, if it waits for a thread that it does not have
                layers.low.add(Low(ADDITIONS))
                os._exit(0 if layers.lent.get(Low).number == ADDITIONS else 1)
            assert os.waitpid(child, 0)[1] == 0

    at_once([fork], [lambda: layers.low.add(Low(0)), lambda: layers.middle.add(Middle(0))])


def test_what_is_put_away_meanwhile_may_take_a_lock_that_one_who_looks_has() -> None:
    layers, lock = Layers(), threading.RLock()

    class Leaky:
        def __init__(self) -> None:
            self.circle = self

        def __del__(self) -> None:
            with lock:
                pass

    def add() -> None:
        for number in range(30 * ADDITIONS):
            Leaky()
            layers.low.add(Low(number), name=f"name {number % 40}")

    def look() -> None:
        for _ in range(30 * ADDITIONS):
            with lock:
                layers.lent.get(Low)

    threads = [threading.Thread(target=act, daemon=True) for act in (add, look)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(PATIENCE)

    assert not any(each.is_alive() for each in threads)
