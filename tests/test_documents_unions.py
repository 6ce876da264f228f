"""What is told of a value that fits no member of a union: the faults of the one that was meant."""

import dataclasses
import enum
from typing import Annotated, Any, Literal, NamedTuple, TypedDict

import attrs
import msgspec
import pytest

from rostra.documents import UNFIT, Fault, faults, read


class CatDict(TypedDict):
    kind: Literal["cat"]
    lives: int


class DogDict(TypedDict):
    kind: Literal["dog", "hound"]
    bark: str


@attrs.frozen
class Cat:
    kind: Literal["cat"]
    lives: int
    age: int


@dataclasses.dataclass
class Dog:
    kind: Literal["dog"]
    bark: str


class CatStruct(msgspec.Struct, tag="cat"):
    lives: int


class DogStruct(msgspec.Struct, tag="dog"):
    bark: str


class Zoo(msgspec.Struct):
    pets: list[CatStruct | DogStruct]
    names: dict[str, int] = {}


class Size(enum.Enum):
    SMALL = "s"
    LARGE = "l"


@attrs.frozen
class Small:
    size: Literal[Size.SMALL]
    price: int


@attrs.frozen
class Large:
    size: Literal[Size.LARGE]
    price: int


@attrs.frozen
class Person:
    name: str
    age: int


@attrs.frozen
class Company:
    name: str
    seat: str
    staff: int


@attrs.frozen
class Circle:
    radius: float


@attrs.frozen
class Square:
    side: float


class Point(NamedTuple):
    x: int
    y: int


class Place(NamedTuple):
    x: int
    y: int
    z: int


WRONG: list[tuple[Any, Any, dict[str, str]]] = [
    ({"kind": "cat", "lives": "x"}, CatDict | DogDict, {"lives": 'expected a whole number, found "x"'}),
    ({"kind": "hound"}, CatDict | DogDict, {"bark": "it is missing"}),
    (
        {"kind": "cow"},
        CatDict | DogDict,
        {"kind": 'expected "cat", "dog" or "hound", found "cow"'},
    ),
    ({"lives": 9}, CatDict | DogDict, {"kind": "it is missing"}),
    ({"kind": "cat"}, Cat | Dog, {"lives": "it is missing", "age": "it is missing"}),
    ({"kind": "cat", "bark": 1, "age": 1}, Cat | Dog, {"lives": "it is missing"}),
    ({"kind": "dog", "bark": 1}, int | Cat | Dog | None, {"bark": "expected a text, found 1"}),
    ({"kind": "dog"}, Annotated[Cat, "meek"] | Dog, {"bark": "it is missing"}),
    ({"type": "cat"}, CatStruct | DogStruct, {"lives": "it is missing"}),
    ({"type": "cow"}, CatStruct | DogStruct, {"type": 'expected "cat" or "dog", found "cow"'}),
    ({"type": ["cat"]}, CatStruct | DogStruct, {"type": 'expected "cat" or "dog", found a list'}),
    ("cat", CatStruct | DogStruct, {"": 'expected an object, found "cat"'}),
    ({"size": "l", "price": "x"}, Small | Large, {"price": 'expected a whole number, found "x"'}),
    ({"size": "m", "price": 1}, Small | Large, {"size": 'expected "s" or "l", found "m"'}),
    ({"name": "Ann", "age": "x"}, Person | Company, {"age": 'expected a whole number, found "x"'}),
    ({"name": "Tea Ltd", "seat": "Bath"}, Person | Company, {"": "expected Person or Company, found an object"}),
    ({}, Circle | Square, {"": "expected Circle or Square, found an object"}),
    ([1], Point | Place, {"": "expected Point or Place, found a list"}),
    (
        {"pets": [{"kind": "cat", "lives": 9}, {"kind": "dog"}, {"kind": "cow"}]},
        dict[str, list[CatDict | DogDict]],
        {"pets.1.bark": "it is missing", "pets.2.kind": 'expected "cat", "dog" or "hound", found "cow"'},
    ),
    ({"pets": [{"type": "cat", "lives": "x"}]}, Zoo, {"pets.0.lives": "expected `int`, got `str`"}),
    ({"pets": [{"type": "cat"}]}, Zoo, {"pets.0.lives": "it is missing"}),
    ({"pets": [], "names": {"a": "x"}}, Zoo, {"names": "expected `int`, got `str`"}),
]  # fmt: skip


@pytest.mark.parametrize(("value", "annotation", "expected"), WRONG, ids=str)
def test_the_faults_of_the_member_that_was_meant_are_told(value, annotation, expected):
    with pytest.raises(UNFIT) as caught:
        read(value, annotation)

    found = {".".join(map(str, fault.place)): fault.detail for fault in faults(caught.value)}
    assert found == expected


def test_what_was_sent_is_not_told_where_others_read_it():
    with pytest.raises(UNFIT) as caught:
        read({"kind": "hunter2"}, CatDict | DogDict)

    (fault,) = faults(caught.value, with_values=False)
    assert fault.detail == 'expected "cat", "dog" or "hound"'


def test_a_broken_validator_of_a_member_is_no_fault_of_the_sender():
    def broken(_: Any, __: Any, value: str) -> None:
        raise AttributeError(value)

    @attrs.frozen
    class Broken:
        name: str = attrs.field(validator=broken)

    with pytest.raises(AttributeError):
        read({"name": "Ann"}, Broken | Person)


@attrs.frozen
class Leaf:
    kind: Literal["leaf"]
    size: int


@attrs.frozen
class Twig:
    kind: Literal["twig"]
    parts: "list[Twig | Branch | Leaf]"


@attrs.frozen
class Branch:
    kind: Literal["branch"]
    parts: "list[Twig | Branch | Leaf]"


def nested(depth: int, inmost: Any) -> Any:
    for _ in range(depth):
        inmost = {"kind": "branch", "parts": [inmost]}
    return inmost


def test_each_level_of_what_is_nested_is_read_once_by_the_member_that_it_says_it_is():
    found = read(nested(40, {"kind": "leaf", "size": 1}), Twig | Branch | Leaf)

    for _ in range(40):
        assert isinstance(found, Branch)
        [found] = found.parts
    assert found == Leaf("leaf", 1)


@pytest.mark.parametrize(
    ("inmost", "name", "detail"),
    [
        ({"kind": "leaf", "size": "x"}, "size", 'expected a whole number, found "x"'),
        ({"kind": "root", "size": 1}, "kind", 'expected "twig", "branch" or "leaf", found "root"'),
        ({"size": 1}, "kind", "it is missing"),
    ],
)
def test_what_is_wrong_deep_within_is_told_in_its_place(inmost, name, detail):
    with pytest.raises(UNFIT) as caught:
        read(nested(40, inmost), Twig | Branch | Leaf)

    assert [*faults(caught.value)] == [Fault(("parts", 0) * 40 + (name,), detail)]


def test_a_level_that_says_nothing_of_itself_is_told_without_looking_into_it():
    value: Any = {"kind": "leaf", "size": "x"}
    for _ in range(40):
        value = {"parts": [value]}

    with pytest.raises(UNFIT) as caught:
        read(value, Twig | Branch)

    assert [*faults(caught.value)] == [Fault(("kind",), "it is missing")]


def test_what_says_nothing_of_itself_is_of_the_class_that_asks_for_nothing():
    assert read({"name": "Ann", "age": 1}, Cat | Person) == Person("Ann", 1)
