"""In development, results are compared with what is promised; and bodies are asked for when they are wanted."""

import asyncio
import dataclasses
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import attrs
import msgspec
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from rostra_aiohttp import Address, Answer, Body, get, post
from rostra_aiohttp.conforming import departures
from rostra_aiohttp.negotiation import prefers_msgpack


@attrs.frozen
class Line:
    price: float
    note: str | None = None


@dataclasses.dataclass
class Basket:
    lines: list[Line]


class Row(TypedDict, total=False):
    a: int


class Needed(TypedDict):
    a: int
    b: str


class Counted(TypedDict):
    n: NotRequired[Annotated[int, Meta(ge=1)]]


@attrs.frozen
class Named:
    name: Annotated[str, Meta(min_length=2)]


CASES: list[tuple[Any, Any, list[str]]] = [
    (Basket([Line(1)]), Basket, []),
    (Basket([Line("1")]), Basket, [".lines[0].price is str, and float is promised"]),  # type: ignore[arg-type]
    ({"a": 1}, Row, []),
    ({"a": "1"}, Row, ["['a'] is str, and int is promised"]),
    ({"b": ""}, Needed, ["['a'] is missing, and a value is promised"]),
    ([1, "2"], list[int], ["[1] is str, and int is promised"]),
    ((1, "a"), tuple[int, str], []),
    (True, int, ["the result is bool, and int is promised"]),
    (1, "later", []),
    (None, Line | None, []),
    ({}, Line | None, ["the result is dict, and Line | None is promised"]),
    (Line("x"), Line | str, [".price is str, and float is promised"]),  # type: ignore[arg-type]
    ("c", Literal["a", "b"], ['the result is str, and Literal["a", "b"] is promised']),
    (Answer([1]), Answer[list[str]], ["[0] is int, and str is promised"]),
    (1, Annotated[int, "metadata"], []),
    (1, None, ["the result is int, and None is promised"]),
    ({1: Line(1)}, dict[int, Line], []),
    (0, Annotated[int, Meta(ge=1)], ["the result is out of bounds, and at least 1 is promised"]),
    (0, Annotated[int, Meta(ge=1)] | None, ["the result is out of bounds, and at least 1 is promised"]),
    ("1", Annotated[int, Meta(ge=1)], ["the result is str, and int is promised"]),
    (
        [[]],
        list[Annotated[list[int], Meta(min_length=1)]],
        ["[0] is out of bounds, and at least 1 item is promised"],
    ),
    (Named("x"), Named, [".name is out of bounds, and at least 2 characters is promised"]),
    ({"n": 0}, Counted, ["['n'] is out of bounds, and at least 1 is promised"]),
]


@pytest.mark.parametrize(("value", "promised", "found"), CASES, ids=str)
def test_a_result_is_compared_with_its_promise(value, promised, found):
    assert [str(each) for each in departures(value, promised)] == found


@given(st.from_type(Basket) | st.from_type(Line))
def test_what_is_made_of_a_type_conforms_to_it(value):
    assert not list(departures(value, type(value)))
    assert list(departures([value], type(value)))


@pytest.mark.asyncio
async def test_a_result_that_is_not_as_promised_is_a_500_that_is_logged_with_both_types(serve, caplog):
    @get("/")
    async def show(right: bool) -> list[Line]:
        return [Line(1.0)] if right else [Line("1")]  # type: ignore[arg-type]  # that is what is wrong

    @get("/own")
    async def own() -> list[Line]:
        return web.Response(text="own")  # type: ignore[return-value]  # aiohttp's answers are always taken

    async with serve(show, own, validate_results=True) as served:
        answers = [(await served.ask("GET", path))[0] for path in ("/?right=yes", "/?right=no", "/own")]
    async with serve(show) as served:
        unasked = await served.ask("GET", "/?right=no")

    assert answers == [200, 500, 200]
    assert "[0].price is str, and float is promised" in caplog.text
    assert unasked[0] == 200


@pytest.mark.asyncio
async def test_a_body_that_would_be_refused_is_not_even_asked_for(serve):
    @post("/")
    async def place(body: Body[bytes]) -> int:
        return len(body)

    async def begin(length: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(*address)
        writer.write(
            f"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n".encode()
        )
        return reader, writer

    async with serve(place, body_limit="1000B") as served:
        address = served.stage.components.get(Address)[:2]
        reader, writer = await begin(3)
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"abc")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
        writer.close()
        reader, writer = await begin(2000)
        assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
        writer.close()


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("application/msgpack", True),
        ("application/x-msgpack, */*;q=0.1", True),
        ("application/json, application/msgpack", True),
        ("application/json, application/msgpack;q=0.9", False),
        ("application/msgpack;q=0", False),
        ("application/msgpack;q=x", True),
        ("*/*", False),
        ("", False),
    ],
)
def test_a_client_prefers_what_it_says(accept, wanted):
    assert prefers_msgpack(accept) is wanted


@given(st.text(",;=q01./*ab ", max_size=40))
def test_any_wish_can_be_read(accept):
    prefers_msgpack(accept)


@pytest.mark.asyncio
async def test_data_is_answered_as_msgpack_to_who_wants_it(serve):
    @get("/")
    async def show() -> Answer[list[Line]]:
        return Answer([Line(1.5)], status=203)

    @get("/text")
    async def text() -> str:
        return "a"

    wanted = {"Accept": "application/msgpack"}
    async with serve(show, text, msgpack=True) as served:
        async with served.session.get(served.url, headers=wanted) as response:
            assert (response.status, response.content_type) == (203, "application/msgpack")
            assert msgspec.msgpack.decode(await response.read()) == [{"price": 1.5, "note": None}]
            assert response.headers["Vary"] == "Accept"
        async with served.session.get(served.url) as response:
            assert (response.content_type, response.headers["Vary"]) == ("application/json", "Accept")
        async with served.session.get(served.url + "/text", headers=wanted) as response:
            assert (response.content_type, "Vary" in response.headers) == ("text/plain", False)
    async with serve(show) as served, served.session.get(served.url, headers=wanted) as response:
        assert response.content_type == "application/json"
