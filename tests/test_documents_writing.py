"""Values as JSON and msgpack: what can be said, and how it is told that something cannot."""

import datetime as dt
import json
from ipaddress import IPv4Address
from pathlib import PurePosixPath
from typing import Any

import attrs
import msgspec
import pytest

from rostra.config import Secret
from rostra.documents import UnsayableError, encoded, packed


@attrs.frozen
class Item:
    name: str
    count: int = 1
    _note: str = "own"


@attrs.define
class Slotted:
    zebra: int
    ant: Item


class Unset(msgspec.Struct, omit_defaults=True):
    name: str = "tea"
    size: int = 1


WRITTEN = [
    (Slotted(1, Item("tea")), '{"zebra":1,"ant":{"name":"tea","count":1}}'),
    ([Item("a"), {"b": Item("b", 2)}], '[{"name":"a","count":1},{"b":{"name":"b","count":2}}]'),
    (Unset(size=2), '{"size":2}'),
    ((PurePosixPath("/a"), IPv4Address("10.0.0.1")), '["/a","10.0.0.1"]'),
    (dt.date(2026, 1, 31), '"2026-01-31"'),
    (b"tea", '"dGVh"'),
]


@pytest.mark.parametrize(("value", "text"), WRITTEN, ids=str)
def test_a_value_is_written_with_its_attributes_in_their_order(value: Any, text: str) -> None:
    assert encoded(value).decode() == text


@pytest.mark.parametrize("value", [value for value, _ in WRITTEN[:3]], ids=str)
def test_msgpack_says_the_same(value: Any) -> None:
    assert msgspec.msgpack.decode(packed(value)) == json.loads(encoded(value))


def nested(depth: int) -> list[Any]:
    made: list[Any] = []
    for _ in range(depth):
        made = [made]
    return made


@pytest.mark.parametrize("write", [encoded, packed])
@pytest.mark.parametrize(
    ("value", "what"),
    [
        (["\udcff"], "a text with half a character in it"),
        (nested(100_000), "a value in a value in a value, too often"),
        ({"key": object()}, "an object, which JSON cannot say"),
        ([Secret("planted")], "a Secret, which JSON cannot say"),
    ],
    ids=["surrogate", "depth", "object", "secret"],
)
def test_what_cannot_be_said_is_told_without_its_value(write: Any, value: Any, what: str) -> None:
    with pytest.raises(UnsayableError) as caught:
        write(value)

    assert caught.value.what == what
    assert caught.value.fix
    assert "planted" not in str(caught.value)
    assert caught.value.__context__ is None


def test_whole_numbers_are_as_large_as_they_like_in_json_and_of_64_bits_in_msgpack() -> None:
    assert encoded({"count": 2**70}) == b'{"count":1180591620717411303424}'
    with pytest.raises(UnsayableError, match="a whole number that is too large"):
        packed({"count": 2**70})
