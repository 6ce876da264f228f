"""What layers share that were made alike; seen from outside as what look-ups and additions do not cost."""

import gc
import tracemalloc

import pytest

from rostra.components import Components
from rostra.components.environment import Environment
from rostra.components.shapes import Shape


class User: ...


class Users: ...


class Box: ...


class Animal: ...


class Dog(Animal): ...


class Cat(Animal): ...


class Stray:
    __rostra_shapes_apart__ = True


def test_layers_to_which_the_same_was_added_share_their_shape() -> None:
    stage = Components()
    stage.add(User())
    one, other = stage.push(), stage.push().push()

    for layer in (one, other):
        layer.add(Users())
        layer.add(Box(), name="big")

    assert one.shape is not stage.shape
    assert one.shape.slots == other.shape.slots
    same = stage.push()
    same.add(Users())
    same.add(Box(), name="big")
    assert same.shape is one.shape


def test_a_layer_has_the_environment_of_the_one_below_until_something_is_added() -> None:
    stage = Components()
    stage.add(User())

    layer = stage.push()

    assert layer.look() == stage.look()
    layer.add(Users())
    assert layer.look() != stage.look()


def test_what_replaces_a_component_keeps_the_shape() -> None:
    layer = Components()
    layer.add(Users())
    shape = layer.shape

    latest = layer.add(Users())

    assert layer.shape is shape
    assert layer.get(Users) is latest


def test_types_that_hide_each_other_in_turn_need_no_more_shapes_than_orders() -> None:
    layer = Components().push()
    for _ in range(3):
        layer.add(Dog())
        layer.add(Cat())
    shape = layer.shape

    layer.add(Dog())
    cat = layer.add(Cat())

    assert layer.shape is shape
    assert layer.get(Animal) is cat
    assert len(layer.values[1:]) == 2


def test_a_class_that_is_apart_shares_its_shape_with_nobody() -> None:
    stage = Components()
    one, other = stage.push(), stage.push()

    one.add(Stray())
    other.add(Stray())

    assert one.shape is not other.shape


def test_who_reads_a_list_of_values_does_not_see_them_change() -> None:
    layer = Components()
    first = layer.add(User())
    values = layer.values

    layer.add(User())
    layer.add(Users())

    assert values[1:] == [first]


def test_ten_thousand_types_leave_no_more_shapes_than_are_remembered() -> None:
    stage = Components()
    for number in range(10_000):
        stage.push().add(number, f"key {number}")

    gc.collect()

    assert sum(isinstance(each, Shape) for each in gc.get_objects()) < 3_000


def test_ten_thousand_types_in_one_layer_are_found() -> None:
    layer = Components().push()
    for number in range(10_000):
        layer.add(number, f"key {number}")

    assert [layer.get(f"key {number}") for number in (0, 5_000, 9_999)] == [0, 5_000, 9_999]


@pytest.mark.parametrize("is_looked_at", [False, True], ids=["added", "and looked at each time"])
@pytest.mark.parametrize("name", [None, "name {}"], ids=["without names", "by names"])
@pytest.mark.parametrize("depth", [1, 2])
def test_a_thousand_types_in_one_layer_take_room_for_a_thousand(
    depth: int, name: str | None, is_looked_at: bool
) -> None:
    layer = Components() if depth == 1 else Components().push()
    before = Components() if depth == 1 else Components().push()
    fill(before, range(10), name, is_looked_at)

    tracemalloc.start()
    try:
        fill(layer, range(1_000), name, is_looked_at)
        gc.collect()
        size_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert size_bytes < 3_000 * 1_000


def fill(layer: Components, numbers: range, name: str | None, is_looked_at: bool) -> None:
    for number in numbers:
        called = name and name.format(number)
        layer.add(number, f"key {number}", name=called)
        if is_looked_at:
            assert layer.get(f"key {number}", name=called) == number


def test_layers_that_differ_late_see_what_is_their_own() -> None:
    stage = Components()
    layers = [stage.push() for _ in range(3)]
    for number in range(150):
        for each in layers:
            each.add(number, f"key {number}")
        if number % 50 == 20:
            for which, each in enumerate(layers):
                each.add(which, f"key {number} of {which}")

    for which, each in enumerate(layers):
        assert [each.get(f"key {number}") for number in range(150)] == list(range(150))
        own = [each.get(f"key {number} of {which}") for number in (20, 70, 120)]
        assert own == [which] * 3
        assert each.get(f"key 20 of {(which + 1) % 3}", default=None) is None


def test_layers_that_are_gone_are_not_remembered_by_the_one_below() -> None:
    stage = Components()
    for _ in range(1_000):
        stage.push().add(User())

    gc.collect()

    assert sum(isinstance(each, Environment) for each in gc.get_objects()) < 500
    stage.add(Users())


def test_a_thousand_layers_deep_an_addition_at_the_bottom_is_seen() -> None:
    stage = Components()
    layer = stage
    for number in range(1_500):
        layer = layer.push()
        layer.add(number, f"key {number}")

    user = stage.add(User())

    assert layer.get(User) is user
