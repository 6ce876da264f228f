"""What kind of value is a type?"""

import dataclasses
import datetime as dt
import enum
import types
import typing
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, NewType, TypedDict

import attrs
import pytest
from typing_extensions import TypeAliasType

from rostra.handlers import bare
from rostra.handlers.shapes import is_data, is_list_of_scalars, is_scalar


class Colour(enum.Enum):
    RED = "red"


@attrs.frozen
class Order:
    item: str
    parts: "list[Order]" = attrs.field(factory=list)


@dataclasses.dataclass
class Note:
    order: Order | None


class Point(NamedTuple):
    x: int


class Table(TypedDict):
    points: list[Point]


class Database:
    """No data."""


@attrs.define
class Orders:
    """A service, though its class is made by attrs."""

    database: Database


@attrs.frozen
class Broken:
    order: "Missing"  # noqa: F821


class Struct:
    """As msgspec makes them."""

    __struct_fields__ = ("x",)


UserId = NewType("UserId", int)
Older = typing.Union[int, str]  # noqa: UP007  (another type at run time)
Alias = TypeAliasType("Alias", int | None)

SCALARS = [
    str, bytes, int, float, bool, Decimal, uuid.UUID, dt.date, dt.datetime, dt.time, dt.timedelta, Path, Colour, UserId,
    Alias, Literal["a", 1], int | None, Older, int | str | None, Annotated[int, "metadata"],
]  # fmt: skip
LISTS = [list[int], tuple[str, ...], set[Colour], Sequence[int], list[int] | None, frozenset[UserId], list]
DATA = [
    Order, Note, Point, Table, Struct, Broken, Any, object, dict[str, Any], Mapping[str, Order], list[Order],
    Order | Note, Order | None, dict, tuple[int, Order],
]  # fmt: skip
OTHER = [Database, Orders, list[Database], Order | Database, dict[str, Database], types.ModuleType]


@pytest.mark.parametrize("annotation", SCALARS, ids=str)
def test_a_scalar_is_what_one_piece_of_text_says(annotation):
    assert is_scalar(annotation)
    assert is_data(annotation)
    assert not is_list_of_scalars(annotation)


@pytest.mark.parametrize("annotation", LISTS, ids=str)
def test_a_list_of_scalars_is_what_several_pieces_of_text_say(annotation):
    assert is_list_of_scalars(annotation)
    assert is_data(annotation)
    assert not is_scalar(annotation)


@pytest.mark.parametrize("annotation", DATA, ids=str)
def test_data_is_what_a_document_says(annotation):
    assert is_data(annotation)
    assert not is_scalar(annotation)
    assert not is_list_of_scalars(annotation)


@pytest.mark.parametrize("annotation", OTHER, ids=str)
def test_services_and_what_has_them_are_no_data(annotation):
    assert not is_data(annotation)
    assert not is_scalar(annotation)
    assert not is_list_of_scalars(annotation)


def test_what_is_around_a_type_is_taken_away():
    assert bare(Annotated[UserId, "metadata"] | None) is int
    assert bare(Alias) is int
    assert bare(int | str | None) == int | str | None
