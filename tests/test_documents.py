"""JSON documents: what they are structured into, and all that may be wrong with them."""

import dataclasses
import datetime as dt
import enum
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Generic, NamedTuple, NewType, Optional, TypedDict, TypeVar

import attrs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rostra.documents import UNFIT, UnreadableTypeError, check_readable, faults, read


class State(enum.Enum):
    OPEN = "open"
    PAID = "paid"


@attrs.frozen
class Item:
    name: str = attrs.field(validator=attrs.validators.min_len(2))
    quantity: int = attrs.field(default=1, validator=[attrs.validators.ge(1), attrs.validators.le(9)])
    parts: "list[Item]" = attrs.field(factory=list)


@dataclasses.dataclass
class Order:
    items: list[Item]
    placed: dt.date
    state: State = State.OPEN
    prices: dict[str, float] = dataclasses.field(default_factory=dict)
    note: str | None = None


@attrs.frozen
class Period:
    first: int
    last: int

    def __attrs_post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("the period ends before it begins")


@attrs.frozen
class Trimmed:
    word: str = attrs.field(converter=str.strip)
    number: int = attrs.field(converter=lambda value: 10 // value)


T = TypeVar("T")


@attrs.frozen
class Page(Generic[T]):
    items: list[T]


class Point(NamedTuple):
    x: int
    y: int = 0


class Table(TypedDict):
    rows: list[int]


class Struct(msgspec.Struct):
    x: int


class Service:
    def __init__(self, item: Item) -> None:
        self.item = item


UserId = NewType("UserId", int)

GOOD: list[tuple[Any, Any, Any]] = [
    ({"name": "tea"}, Item, Item("tea")),
    ({"name": "tea", "unknown": 1}, Item, Item("tea")),
    ({"name": "box", "parts": [{"name": "lid"}]}, Item, Item("box", 1, [Item("lid")])),
    ({"items": [], "placed": "2026-01-31"}, Order, Order([], dt.date(2026, 1, 31))),
    ({"items": [{"x": 1}]}, Page[dict[str, int]], Page([{"x": 1}])),
    ({"items": [{"name": "tea"}]}, Page[Item], Page([Item("tea")])),
    ([1, 2], tuple[int, ...], (1, 2)),
    ([1, "a"], tuple[int, str], (1, "a")),
    ([1, 1], set[int], {1}),
    ([1], frozenset[int], frozenset({1})),
    ([1], Sequence[int], (1,)),
    ([1, "a", None], list, [1, "a", None]),
    ([3], Point, Point(3)),
    ({"rows": [1]}, Table, {"rows": [1]}),
    ({"1": 2}, dict[int, float], {1: 2.0}),
    ({"open": 2}, Mapping[State, int], {State.OPEN: 2}),
    ({"x": 1}, Struct, Struct(1)),
    (None, Item | None, None),
    ({"name": "tea"}, Item | None, Item("tea")),
    ("a", int | str, "a"),
    (1, int | Item, 1),
    (7, UserId, 7),
    (7, Annotated[int, "metadata"], 7),
    ([{"a": 1}], Any, [{"a": 1}]),
    ([], object, []),
    ({"word": " a ", "number": 5}, Trimmed, Trimmed("a", 5)),
]

BAD: list[tuple[Any, Any, dict[str, str]]] = [
    ([], Item, {"": "expected an object, found a list"}),
    ("abc", list[str], {"": 'expected a list, found "abc"'}),
    ({}, list[int], {"": "expected a list, found an object"}),
    ({}, Item, {"name": "it is missing"}),
    ({"nam": "tea"}, Item, {"name": "it is missing"}),
    ({"name": 1, "quantity": "x"}, Item, {"name": "expected a text, found 1", "quantity": 'expected a whole number, found "x"'}),
    (
        {"name": "t", "quantity": 0},
        Item,
        {"name": "Length of 'name' must be >= 2: 1", "quantity": "'quantity' must be >= 1: 0"},
    ),
    ({"quantity": 10}, Item, {"name": "it is missing", "quantity": "'quantity' must be <= 9: 10"}),
    (
        {"items": [{"name": "tea"}, {"name": "t"}, 3], "placed": "x", "state": "lost", "prices": {"a": "1"}, "note": 1},
        Order,
        {
            "items.1.name": "Length of 'name' must be >= 2: 1",
            "items.2": "expected an object, found 3",
            "placed": 'expected a date such as 2026-01-31, found "x"',
            "state": 'expected "open" or "paid", found "lost"',
            "prices.a": 'expected a number, found "1"',
            "note": "expected a text, found 1",
        },
    ),
    ({"first": 3, "last": 1}, Period, {"": "the period ends before it begins"}),
    ({"word": 1, "number": "x"}, Trimmed, {"word": "expected a text, found 1", "number": 'expected a whole number, found "x"'}),
    ([1], tuple[int, str], {"": "expected a list of 2 items, found one of 1"}),
    ([1, 2], tuple[int, str], {"1": "expected a text, found 2"}),
    ({"a": 1, "2": "x"}, dict[int, int], {"a": 'expected a whole number, found "a"', "2": 'expected a whole number, found "x"'}),
    ({}, Table, {"rows": "it is missing"}),
    ("x", int | Item, {"": 'expected a whole number or an object, found "x"'}),
    ({"name": "t"}, int | Item, {"name": "Length of 'name' must be >= 2: 1"}),
    ("x", int | None, {"": 'expected a whole number, found "x"'}),
    ({"x": "1"}, Struct, {"x": "expected `int`, got `str`"}),
    ({}, Struct, {"x": "it is missing"}),
    (3, Struct, {"": "expected an object, found 3"}),
]  # fmt: skip


@pytest.mark.parametrize(("value", "annotation", "meant"), GOOD, ids=str)
def test_a_document_becomes_what_the_annotation_says(value, annotation, meant):
    check_readable(annotation)

    made = read(value, annotation)

    assert made == meant
    assert type(made) is type(meant)


@pytest.mark.parametrize(("value", "annotation", "expected"), BAD, ids=str)
def test_all_that_is_wrong_is_told_with_its_place(value, annotation, expected):
    with pytest.raises(UNFIT) as caught:
        read(value, annotation)

    found = {".".join(map(str, fault.place)): fault.detail for fault in faults(caught.value)}
    assert found == expected


def test_places_are_json_pointers():
    with pytest.raises(UNFIT) as caught:
        read({"a/b~c": {"name": 1}}, dict[str, Item])

    [fault] = faults(caught.value)
    assert fault.pointer == "/a~1b~0c/name"


def test_a_broken_validator_is_no_fault_of_the_client():
    @attrs.frozen
    class Broken:
        name: str = attrs.field()

        @name.validator
        def _check(self, _: Any, value: str) -> None:
            raise AttributeError(value)

    with pytest.raises(UNFIT) as caught:
        read({"name": "tea"}, Broken)
    with pytest.raises(AttributeError):
        list(faults(caught.value))


@pytest.mark.parametrize(
    "annotation", [Service, list[Service], dict[str, Service], Service | None, Page[Service]], ids=str
)
def test_a_type_that_nobody_can_make_is_noticed_beforehand(annotation):
    with pytest.raises(UnreadableTypeError, match="there is no way to make Service from JSON"):
        check_readable(annotation)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "items", "placed", "x"]), inner)
    ),
    max_leaves=10,
)


@given(
    VALUES,
    st.sampled_from([Item, Order, Page[Item], list[Item | None], dict[str, int], Point, Table, int | Item]),
)
def test_any_document_fits_or_has_faults_and_nothing_else_happens(value, annotation):
    found = []
    try:
        made = [read(value, annotation)]
    except UNFIT as error:
        made, found = [], list(faults(error))

    assert bool(made) is not bool(found)


@dataclasses.dataclass
class Folder:
    name: str
    inside: list["Folder"]
    above: Optional["Folder"] = None


@attrs.frozen
class Tree:
    name: str
    branches: dict[str, "Tree"]


def test_a_class_may_stand_in_itself():
    folder = {"name": "a", "inside": [{"name": "b", "inside": [], "above": None}]}

    assert read(folder, Folder) == Folder("a", [Folder("b", [])])
    assert read({"name": "a", "branches": {"b": {"name": "b", "branches": {}}}}, Tree) == Tree(
        "a", {"b": Tree("b", {})}
    )
