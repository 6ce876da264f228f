"""What a handler returns becomes an answer."""

import dataclasses
import datetime as dt
import enum
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

import attrs
import msgspec
import pytest
from aiohttp import web
from cases import named

from rostra.config import Bytes, Duration, Secret
from rostra_aiohttp.answers import answer


class Colour(enum.Enum):
    RED = "red"


@attrs.frozen
class Order:
    item: str
    placed: dt.date = dt.date(2026, 1, 31)


@attrs.frozen
class Line:
    quantity: int = 1
    article: str = "tea"
    _seen: int = 0


@attrs.frozen
class Basket(Line):
    owner: str = "ann"
    lines: tuple[Line, ...] = (Line(),)


@dataclasses.dataclass(slots=True)
class Slotted:
    z: int = 1
    a: int = 2


@dataclasses.dataclass
class Note:
    text: str


class Struct(msgspec.Struct):
    x: int


def sent(result: Any, status: int | None = None) -> tuple[int, str, bytes]:
    response = answer(result, status)
    assert isinstance(response, web.Response)
    body = response.body if isinstance(response.body, bytes) else b""
    return response.status, response.content_type, body


JSON: list[tuple[Any, bytes]] = [
    (Order("tea"), b'{"item":"tea","placed":"2026-01-31"}'),
    ([Order("tea")], b'[{"item":"tea","placed":"2026-01-31"}]'),
    (Note("x"), b'{"text":"x"}'),
    (Struct(1), b'{"x":1}'),
    ({"a": 1}, b'{"a":1}'),
    ({}, b"{}"),
    ([], b"[]"),
    (0, b"0"),
    (False, b"false"),
    (1.5, b"1.5"),
    (Duration("1m30s"), b"90.0"),
    ({"size": Bytes("1KiB")}, b'{"size":1024}'),
    (Colour.RED, b'"red"'),
    (Decimal("1.50"), b'"1.50"'),
    (("a", "b"), b'["a","b"]'),
    (("a", 2), b'["a",2]'),
    ((True, 2), b"[true,2]"),
    ((404, 1, 2), b"[404,1,2]"),
    ({"path": PurePosixPath("a/b")}, b'{"path":"a/b"}'),
]


@pytest.mark.parametrize(("result", "body"), JSON, ids=str)
def test_data_is_sent_as_json(result, body):
    assert sent(result) == (200, "application/json", body)


def test_fields_keep_the_order_of_their_definition_and_private_ones_stay_inside():
    line = b'{"quantity":1,"article":"tea"}'
    basket = b'{"quantity":1,"article":"tea","owner":"ann","lines":[' + line + b"]}"

    assert sent(Basket())[2] == basket
    assert sent({"all": [Basket(), {Line()}]})[2] == b'{"all":[' + basket + b",[" + line + b"]]}"
    assert sent(Slotted())[2] == b'{"z":1,"a":2}'


def test_a_text_is_sent_as_text():
    response = answer("grüße")

    assert isinstance(response, web.Response)
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.text == "grüße"


@pytest.mark.parametrize("result", [b"\0\1", bytearray(b"\0\1"), memoryview(b"\0\1")], ids=named)
def test_bytes_are_sent_as_they_are(result):
    assert sent(result) == (200, "application/octet-stream", b"\0\1")


def test_nothing_is_sent_as_nothing():
    assert answer(None).status == 204
    assert answer(None, 202).status == 202


def test_a_status_may_be_returned_with_the_body():
    assert sent((409, {"title": "no"})) == (409, "application/json", b'{"title":"no"}')
    assert sent((201, "made"))[:2] == (201, "text/plain")
    assert answer((404, None)).status == 404


def test_the_status_of_the_route_counts_where_the_result_says_none():
    assert sent({"a": 1}, 201)[0] == 201
    assert sent((409, {"a": 1}), 201)[0] == 409


def test_an_answer_of_aiohttp_is_sent_as_it_is():
    response = web.Response(text="mine", status=418)

    assert answer(response, 201) is response


@pytest.mark.parametrize(
    "result", [object(), {"password": Secret("hunter2")}, [lambda: None]], ids=lambda value: str(type(value))
)
def test_what_json_cannot_say_is_refused_and_a_secret_above_all(result):
    with pytest.raises(TypeError, match="which JSON cannot say") as caught:
        answer(result)

    assert "hunter2" not in str(caught.value)
