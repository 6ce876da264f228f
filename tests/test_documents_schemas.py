"""What the document says of types: whatever the service answers fits it, and whatever fits it can be sent."""

import dataclasses
import datetime as dt
import enum
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, NotRequired, TypedDict, TypeVar
from uuid import UUID

import attrs
import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import Doc, TypeAliasType

from rostra import documents
from rostra.config import Bytes, Duration, Secret
from rostra.documents import Direction, Schemas, encoded, finished, in_draft_07, unique

T = TypeVar("T")
NIL = UUID(int=0)
PLANTED = Secret("planted")
Number = NewType("Number", int)
Words = TypeAliasType("Words", "list[str | Words]")


class Colour(enum.Enum):
    """What it looks like."""

    RED = "red"
    """As a rose."""
    BLUE = "blue"


@attrs.frozen
class Leaf:
    """Has everything.

    Args:
        at: When.
    """

    name: str = attrs.field(validator=[attrs.validators.min_len(1), attrs.validators.matches_re("[a-z]+")])
    at: dt.datetime
    colour: Colour = Colour.RED
    size: Literal["s", "m"] | None = None
    count: int = attrs.field(default=1, validator=[attrs.validators.ge(1), attrs.validators.lt(10)])
    kind: str | None = attrs.field(
        default=None, validator=attrs.validators.optional(attrs.validators.in_(["a", "b"]))
    )
    price: Decimal = Decimal("1.50")
    day: dt.date = dt.date(2026, 1, 31)
    id: UUID = NIL
    path: Path = Path("a")
    data: bytes = b"ab"
    size_bytes: Bytes = Bytes("1MiB")
    lasts: Duration = Duration("1m30s")
    tags: list[str] = attrs.field(factory=list, validator=attrs.validators.max_len(3))
    odd: set[int] = attrs.field(factory=set)
    pair: tuple[int, str] = (1, "a")


@attrs.frozen
class Tree:
    """Holds itself."""

    value: int
    branches: "list[Tree]" = attrs.Factory(list)


@dataclasses.dataclass
class Page(Generic[T]):
    items: list[T]
    """What is on it."""
    following: int | None = None


@dataclasses.dataclass
class Numbers(Page[Number]):
    pass


class Table(TypedDict):
    name: str
    rows: NotRequired[int]


class Point(NamedTuple):
    x: float
    y: float = 0.0


class Struct(msgspec.Struct, rename="camel", forbid_unknown_fields=True, tag="a-struct"):
    long_name: Annotated[int, msgspec.Meta(ge=1, description="A number.")]
    other: str = "x"


class Login(msgspec.Struct):
    user: str


@attrs.frozen
class Account:
    password: Secret[str]
    tokens: list[Secret[str]] = attrs.field(factory=lambda: [PLANTED])
    key: Secret[str] | None = PLANTED


def schema_of(annotation: Any, direction: Direction = "answered") -> dict[str, Any]:
    """The schema, with the components that it needs where JSON Schema finds them."""
    schemas = Schemas()
    made, components = finished(schemas.of(annotation, direction), schemas, {})
    text = json.dumps({**made, "$defs": components}).replace("#/components/schemas/", "#/$defs/")
    schema: dict[str, Any] = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(schema)
    return schema


def components_of(annotation: Any, direction: Direction = "answered") -> dict[str, Any]:
    found: dict[str, Any] = schema_of(annotation, direction)["$defs"]
    return found


ANSWERS = [
    (Leaf, Leaf("a", dt.datetime(2026, 1, 31, tzinfo=dt.UTC))),
    (Tree, Tree(1, [Tree(2), Tree(3, [Tree(4)])])),
    (Page[Leaf], Page([Leaf("b", dt.datetime(2026, 1, 31, tzinfo=dt.UTC), size="m", kind="a")], 2)),
    (Numbers, Numbers([Number(1)])),
    (Table, Table(name="t")),
    (Point, Point(1.0)),
    (Struct, Struct(1)),
    (Struct | None, None),
    (Words, ["a", ["b", []]]),
    (list[Leaf | Tree], [Tree(1)]),
    (Mapping[Colour, int], {Colour.RED: 1}),
    (dict[int, str], {1: "a"}),
    (Sequence[dt.timedelta], [dt.timedelta(minutes=1)]),
    (frozenset[str], frozenset({"a"})),
    (Any, {"a": [1, None]}),
    (Annotated[int, Doc("So many.")], 3),
]


@pytest.mark.parametrize(("annotation", "value"), ANSWERS, ids=lambda each: str(each)[:40])
def test_what_is_answered_fits_what_is_said(annotation: Any, value: Any) -> None:
    answered = json.loads(encoded(value))

    jsonschema.validate(answered, schema_of(annotation))


@pytest.mark.parametrize(("annotation", "value"), ANSWERS, ids=lambda each: str(each)[:40])
def test_in_draft_07_it_says_the_same(annotation: Any, value: Any) -> None:
    schema = in_draft_07(schema_of(annotation))

    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    answered = json.loads(encoded(value))
    assert list(validator.iter_errors(answered)) == []
    for other in (None, 1, "a", [], {}, [{}], {"a": {}}):
        is_valid = jsonschema.Draft202012Validator(schema_of(annotation)).is_valid(other)
        assert validator.is_valid(other) == is_valid


@pytest.mark.parametrize("annotation", [Leaf, Tree, Page[Leaf], Table, Point, Struct], ids=str)
def test_what_fits_what_is_said_can_be_sent(annotation: Any) -> None:
    schema = schema_of(annotation, "sent")
    value = next(value for each, value in ANSWERS if each == annotation)

    sent = json.loads(encoded(value))

    jsonschema.validate(sent, schema)
    assert documents.read(sent, annotation) == value


@given(
    st.fixed_dictionaries(
        {"name": st.text("abC", max_size=3), "at": st.just("2026-01-31T12:00:00Z")},
        optional={
            "colour": st.sampled_from(["red", "green", None]),
            "count": st.integers(-1, 11) | st.just("1") | st.just(1.5),
            "size": st.sampled_from(["s", "l", None]),
            "kind": st.sampled_from(["a", "c", None]),
            "tags": st.lists(st.sampled_from(["a", 1]), max_size=4),
            "lasts": st.sampled_from([1, 1.5, -1, "90", "1m30s", "-1s", True]),
            "size_bytes": st.sampled_from([1, -1, "10MiB", "10 apples", 1.5]),
            "pair": st.lists(st.sampled_from([1, "a"]), max_size=3),
            "unknown": st.integers(),
        },
    )
)
def test_the_schema_takes_what_the_service_takes_and_refuses_what_it_refuses(sent: dict[str, Any]) -> None:
    try:
        documents.read(sent, Leaf)
        is_taken = True
    except documents.UNFIT:
        is_taken = False

    assert jsonschema.Draft202012Validator(schema_of(Leaf, "sent")).is_valid(sent) is is_taken


def test_classes_within_themselves_and_generic_ones_are_components() -> None:
    components = components_of(Page[Tree])

    assert components["Page_Tree"]["properties"]["items"] == {
        "type": "array",
        "items": {"$ref": "#/$defs/Tree"},
        "description": "What is on it.",
    }
    assert components["Tree"]["properties"]["branches"]["items"] == {"$ref": "#/$defs/Tree"}


def test_names_that_msgspec_gives_and_tags_are_those_of_the_members() -> None:
    assert components_of(Struct, "sent")["Struct"] == {
        "type": "object",
        "properties": {
            "type": {"const": "a-struct"},
            "longName": {"type": "integer", "minimum": 1, "description": "A number."},
            "other": {"type": "string", "default": "x"},
        },
        "required": ["type", "longName"],
        "additionalProperties": False,
    }


def test_an_enum_says_what_its_members_are() -> None:
    assert components_of(Colour)["Colour"] == {
        "type": "string",
        "enum": ["red", "blue"],
        "description": "What it looks like.\n\n- `red`: As a rose.",
    }


def test_a_secret_shows_nothing_but_that_it_is_one() -> None:
    account = components_of(Account, "sent")["Account"]

    assert account["properties"] == {
        "password": {"type": "string", "format": "password", "writeOnly": True},
        "tokens": {"type": "array", "items": {"type": "string", "format": "password", "writeOnly": True}},
        "key": {"type": ["string", "null"], "format": "password", "writeOnly": True},
    }
    assert "planted" not in json.dumps(account)


def test_examples_of_a_secret_are_left_out() -> None:
    annotation = Annotated[Secret[str], msgspec.Meta(examples=["planted"])]

    assert "planted" not in json.dumps(schema_of(annotation, "sent"))


@pytest.mark.parametrize(
    ("annotation", "direction", "said"),
    [
        (int | None, "sent", {"type": ["integer", "null"]}),
        (int | None, "text", {"type": "integer"}),
        (int | str, "text", {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
        (Literal[1, 2], "text", {"type": "integer", "enum": [1, 2]}),
        (Literal["a"], "sent", {"type": "string", "const": "a"}),
        (Literal["a", 1], "sent", {"enum": ["a", 1]}),
        (Number, "sent", {"type": "integer"}),
        (Any | None, "sent", {}),
        (list, "sent", {"type": "array"}),
        (dict, "sent", {"type": "object"}),
        (tuple[int, ...], "sent", {"type": "array", "items": {"type": "integer"}}),
        (object, "answered", {}),
        (T, "answered", {}),
    ],
    ids=str,
)
def test_a_type_is_said_in_the_fewest_words(
    annotation: Any, direction: Direction, said: dict[str, Any]
) -> None:
    assert {key: value for key, value in schema_of(annotation, direction).items() if key != "$defs"} == said


@given(
    st.dictionaries(st.text("ab.", min_size=1, max_size=4), st.lists(st.text("ab", min_size=1), min_size=1))
)
def test_names_are_unique_whatever_they_are_made_of(candidates: dict[str, list[str]]) -> None:
    names = unique(candidates, ["a"])

    assert names.keys() == candidates.keys()
    assert len({*names.values(), "a"}) == len(names) + 1


def test_of_two_that_share_a_name_none_gets_it() -> None:
    names = unique({1: ("Order", "shop.Order"), 2: ("Order", "bar.Order"), 3: ("Item", "bar.Item")})

    assert names == {1: "shop.Order", 2: "bar.Order", 3: "Item"}
