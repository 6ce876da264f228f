"""What ``Values`` makes is what ``typing.NamedTuple`` makes, which type checkers take it for."""

import copy
import inspect
import pickle
import sys
from typing import Any, NamedTuple, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rostra.values import Values

FIELDS = ("name", "size", "parts")


class Thing(Values):
    """Something."""

    name: str
    size: int = 1
    parts: "tuple[Thing, ...]" = ()

    @property
    def label(self) -> str:
        """As people call it."""
        return f"{self.name} of {self.size}"


class Pair(NamedTuple):
    """The same by the standard library."""

    name: str
    size: int = 1
    parts: "tuple[Pair, ...]" = ()


class Box(Thing):
    """With a way of its own to be made."""

    def __new__(cls, name: str) -> Self:
        return super().__new__(cls, name, 9)


def made(kind: Any, values: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...] | None:
    """A tuple, or None if it is refused."""
    try:
        found = kind(*values, **named)
    except TypeError:
        return None
    assert isinstance(found, kind)
    return tuple(found)


@given(
    st.lists(st.integers(), max_size=4), st.dictionaries(st.sampled_from([*FIELDS, "other"]), st.integers())
)
def test_values_by_place_and_by_name_make_what_a_named_tuple_makes_of_them(
    values: list[int], named: dict[str, int]
) -> None:
    assert made(Thing, tuple(values), dict(named)) == made(Pair, tuple(values), dict(named))


@given(st.dictionaries(st.sampled_from([*FIELDS, "other"]), st.integers()))
def test_what_is_replaced_is_what_a_named_tuple_replaces(changes: dict[str, int]) -> None:
    if "other" in changes:
        with pytest.raises(TypeError, match="has the fields name, size, parts"):
            Thing("a")._replace(**changes)  # type: ignore[arg-type]
    else:
        assert Thing("a")._replace(**changes) == Pair("a")._replace(**changes)  # type: ignore[arg-type]


def test_it_is_compared_shown_and_taken_apart_like_a_named_tuple() -> None:
    thing, pair = Thing("box", parts=(Thing("lid"),)), Pair("box", parts=(Pair("lid"),))

    name, *rest = thing

    assert thing == pair
    assert hash(thing) == hash(pair)
    assert repr(thing) == repr(pair).replace("Pair", "Thing")
    assert (name, rest) == ("box", [1, (Thing("lid"),)])
    assert thing._asdict() == pair._asdict()
    assert thing.label == "box of 1"
    match thing:
        case Thing(called, size=size):
            assert (called, size) == ("box", 1)


@pytest.mark.parametrize("name", ["_fields", "_field_defaults", "__match_args__"])
def test_it_says_what_it_is_made_of_like_a_named_tuple(name: str) -> None:
    assert getattr(Thing, name) == getattr(Pair, name)


def test_who_asks_for_the_parameters_gets_them() -> None:
    signature = inspect.signature(Thing)

    assert str(signature) == "(name: str, size: int = 1, parts: 'tuple[Thing, ...]' = ())"
    assert str(inspect.signature(Box)) == "(name: str) -> Self"


def test_nothing_of_it_can_be_set() -> None:
    thing = Thing("box")

    with pytest.raises(AttributeError):
        thing.size = 2  # type: ignore[misc]
    with pytest.raises(AttributeError):
        thing.colour = "red"  # type: ignore[attr-defined]
    assert not hasattr(thing, "__dict__")
    assert sys.getsizeof(thing) == sys.getsizeof(Pair("box"))


def test_a_class_below_has_the_same_fields_and_may_be_made_otherwise() -> None:
    box = Box("crate")

    assert (box.name, box.size, box.label) == ("crate", 9, "crate of 9")
    assert box._replace(size=3) == ("crate", 3, ())
    assert type(box._replace(size=3)) is Box
    assert Box._fields == FIELDS
    assert not hasattr(box, "__dict__")


@pytest.mark.parametrize("again", [copy.copy, lambda thing: pickle.loads(pickle.dumps(thing))])
def test_a_copy_is_equal_and_of_the_same_class(again: Any) -> None:
    thing = Thing("box", 2)

    copied = again(thing)

    assert copied == thing
    assert type(copied) is Thing


def test_what_does_not_fit_is_told_how_it_is_made() -> None:
    with pytest.raises(TypeError, match=r"made as Thing\(name: str, size: int = 1, parts: .* = \(\)\)"):
        Thing(size=2)  # type: ignore[call-arg]


def test_no_fewer_and_no_more_values_than_there_are_fields_are_taken() -> None:
    assert Thing._make(["a", 2, ()]) == Thing("a", 2)
    for values in (["a"], ["a", 2, (), 4]):
        with pytest.raises(TypeError, match="has the fields name, size, parts"):
            Thing._make(values)


def test_a_field_may_have_any_name() -> None:
    class Method(Values):
        cls: type
        self: object = None

    method = Method(cls=int)

    assert method._replace(self=3) == (int, 3)
    assert Method(self=1, cls=str) == (str, 1)
