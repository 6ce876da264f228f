"""A handler of a signal adds in the middle of what its thread does with layers: nothing is lost."""

import gc
import subprocess
import sys
import textwrap
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from rostra.components import Components, changing

PATIENCE = 60
"""Seconds."""


class Animal: ...


class Dog(Animal): ...


class Cat(Animal): ...


class Stray(Animal):
    __rostra_shapes_apart__ = True


class Layers:
    """Layers of all sorts, one above the other."""

    def __init__(self) -> None:
        self.low = Components(None, "low")
        self.low.add(1, "one")
        self.middle = self.low.push("middle")
        self.middle.add(2, "two")
        self.top = self.middle.push("top")
        self.top.add(3, "three")
        self.begun = self.top.push("begun")
        self.begun.add(4, "four")
        self.lent = self.begun.push("lent")
        for layer in (self.lent, self.low.push("aside")):
            layer.get("one")

    def check(self) -> None:
        """Everything is found by all who lie above it."""
        layers = list(reversed(list(self.lent.layers())))
        for height, layer in enumerate(layers):
            numbers = [layer.get(key, default=None) for key in ("one", "two", "three", "four")]
            expected = [1, 2, 3, 4][: height + 1]
            assert numbers == [*expected, *[None] * (4 - len(expected))]

    def sees(self, where: str, key: Any, item: object) -> None:
        """Found there and above, and nowhere else."""
        is_above = False
        for layer in reversed(list(self.lent.layers())):
            is_above = is_above or layer.label == where
            assert layer.get(key, default=None) is (item if is_above else None), (layer.label, key)


class Interrupting:
    """Calls something once, at the n-th call or end of a function of layers: there Python lets handlers run.

    Or at the n-th line of one module.
    """

    def __init__(self, after: int, handler: Callable[[], None], at_lines_of: str = "") -> None:
        self.left = after
        self._handler = handler
        self._module = at_lines_of

    def __enter__(self) -> None:
        sys.settrace(self._called)

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _called(self, frame: FrameType, event: str, argument: object) -> Callable[..., Any] | None:
        if not frame.f_globals["__name__"].startswith(self._module or "rostra.components"):
            return None
        self._step()
        return self._returning

    def _returning(self, frame: FrameType, event: str, argument: object) -> Callable[..., Any]:
        if event == "return" or self._module:
            self._step()
        return self._returning

    def _step(self) -> None:
        self.left -= 1
        if self.left == 0:
            sys.settrace(None)
            self._handler()
            sys.settrace(self._called)


WHERE = ["low", "middle", "top", "begun", "lent"]


def at_every_step(
    act: Callable[[Layers], None], handle: Callable[[Layers], None], then: Callable[[Layers], None]
) -> int:
    """In how many steps it was interrupted, a world for each."""
    for after in range(1, 2_000):
        layers = Layers()
        interrupting = Interrupting(after, lambda layers=layers: handle(layers))
        with interrupting:
            act(layers)
        layers.check()
        if interrupting.left > 0:
            return after
        then(layers)
    raise AssertionError("it never ends")


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("by_handler", WHERE)
@pytest.mark.parametrize("kind", [Dog, Stray])
def test_what_a_handler_adds_in_the_middle_of_an_addition_is_there_too(
    where: str, by_handler: str, kind: type
) -> None:
    dog, cat = kind(), Cat()

    def then(layers: Layers) -> None:
        layers.sees(where, kind, dog)
        layers.sees(by_handler, Cat, cat)
        for layer in layers.lent.layers():
            assert layer.find(kind) == ({None: dog} if layer.get(kind, default=None) else {})

    steps = at_every_step(
        lambda layers: getattr(layers, where).add(dog),
        lambda layers: getattr(layers, by_handler).add(cat),
        then,
    )

    assert steps > 5


@pytest.mark.parametrize("by_handler", WHERE)
def test_what_a_handler_adds_in_the_middle_of_a_look_up_is_there_from_the_next_one_on(
    by_handler: str,
) -> None:
    dog, cat = Dog(), Cat()

    def act(layers: Layers) -> None:
        layers.low.add(dog)
        assert layers.lent.get(Dog) is dog
        assert layers.top.find(Dog) == {None: dog}
        layers.begun.push().push().add(Dog())

    def then(layers: Layers) -> None:
        layers.sees("low", Dog, dog)
        layers.sees(by_handler, Cat, cat)

    at_every_step(act, lambda layers: getattr(layers, by_handler).add(cat), then)


def test_layers_that_a_handler_puts_on_one_that_is_found_out_anew_are_known_to_it() -> None:
    dog, cat = Dog(), Cat()

    def act(layers: Layers) -> None:
        layers.low.add(dog)
        assert layers.begun.get(Dog) is dog

    def handle(layers: Layers) -> None:
        for layer in (layers.middle, layers.begun):
            above.append(layer.push())
            above[-1].add(5, "five")

    def then(layers: Layers) -> None:
        layers.begun.add(cat)
        layers.middle.add(6, "six")
        assert [each.get("six", default=None) for each in above[-2:]] == [6, 6]
        assert above[-1].get(Cat) is cat

    above: list[Components] = []
    at_every_step(act, handle, then)


def test_many_layers_that_a_handler_puts_on_one_are_all_known_to_it() -> None:
    dog = Dog()

    def act(layers: Layers) -> None:
        above.clear()
        for _ in range(12):
            above.append(layers.low.push())
            above[-1].push()

    def handle(layers: Layers) -> None:
        for _ in range(12):
            above.append(layers.low.push())
            above[-1].push()

    def then(layers: Layers) -> None:
        layers.low.add(dog)
        assert [each.get(Dog, default=None) for each in above] == [dog] * 24

    above: list[Components] = []
    at_every_step(act, handle, then)


class Adding:
    """A key that adds when it is hashed for the n-th time."""

    def __init__(self, after: int, add: Callable[[], object]) -> None:
        self.left = after
        self._add = add

    def __hash__(self) -> int:
        self.left -= 1
        if self.left == 0:
            self._add()
        return 1


@pytest.mark.parametrize("name", [None, "name"])
@pytest.mark.parametrize("where", WHERE)
def test_what_a_key_adds_while_something_is_added_under_it_is_there_too(where: str, name: str | None) -> None:
    for after in range(1, 100):
        layers, cat = Layers(), Cat()
        key = Adding(after, lambda layers=layers, cat=cat: getattr(layers, where).add(cat))

        getattr(layers, where).add(after, key, name=name)

        if key.left > 0:
            assert after > 1
            return
        assert getattr(layers, where).get(key, name=name) == after
        layers.sees(where, Cat, cat)
        layers.check()
    raise AssertionError("it never ends")


def test_who_is_always_disturbed_is_told_so() -> None:
    layers = Layers()
    numbers = iter(range(1_000_000))

    class Always:
        def __hash__(self) -> int:
            layers.top.add(2, f"key {next(numbers) % 10}")
            return 1

    with pytest.raises(RuntimeError, match="in the middle of one addition"):
        layers.top.add(1, Always())

    layers.check()


def test_garbage_is_collected_after_a_handler_came_while_the_lock_was_taken() -> None:
    def take() -> None:
        with changing:
            pass

    for after in range(1, 100):
        interrupting = Interrupting(after, take, at_lines_of="rostra.components.shapes")
        with interrupting:
            take()

        assert gc.isenabled()
        if interrupting.left > 0:
            return
    raise AssertionError("it never ends")


def test_signals_that_come_all_the_time_lose_nothing() -> None:
    program = """
        import itertools, signal
        from rostra.components import Components

        low = Components(None, "low")
        top = low.push("top")
        lent = top.push("lent")
        added = []

        def handle(*_):
            for layer in (low, top):
                key = f"handled {len(added)}"
                layer.add(len(added), key)
                added.append(key)
            if len(added) < 400:
                signal.setitimer(signal.ITIMER_REAL, next(pauses))  # so that it is not interrupted itself

        pauses = itertools.cycle(1e-5 * number for number in range(5, 60))
        signal.signal(signal.SIGALRM, handle)
        signal.setitimer(signal.ITIMER_REAL, next(pauses))
        for number in range(3_000):
            layer = (low, top)[number % 2]
            layer.add(number, f"key {number % 40}", name=f"name {number % 3}")
            assert lent.get(f"key {number % 40}", name=f"name {number % 3}") == number
        signal.setitimer(signal.ITIMER_REAL, 0)
        assert [lent.get(key) for key in added] == list(range(len(added)))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
