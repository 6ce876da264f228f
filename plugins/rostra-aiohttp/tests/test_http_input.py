"""What clients send: values of the path, the query and headers, bodies, and all that may be wrong with them."""

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any

import attrs
import pytest

from rostra_aiohttp import Body, FromHeader, FromQuery, Header, Query, get, patch, post, put

pytestmark = pytest.mark.asyncio


@attrs.frozen
class Order:
    item: str = attrs.field(validator=attrs.validators.min_len(1))
    quantity: int = attrs.field(default=1, validator=attrs.validators.ge(1))


async def test_values_come_from_the_path_the_query_and_headers(serve):
    @get("/orders/{number}/{kind}")
    async def show(
        number: int,
        kind: str,
        limit: int = 10,
        state: str | None = None,
        tags: list[int] | None = None,
        *,
        page_size: Annotated[int, FromQuery("page-size")] = 1,
        x_token: Header[str] | None,
        accept: Annotated[list[str], FromHeader("Accept")],
        sorts: Query[list[str]],
    ) -> list[Any]:
        return [number, kind, limit, state, tags, page_size, x_token, accept, sorts]

    async with serve(show) as served:
        everything = await served.ask(
            "GET",
            "/orders/3/a%20b?limit=5&state=open&tags=1&tags=2&page-size=7&sorts=x",
            headers={"X-Token": "t", "Accept": "a/b, c/d"},
        )
        as_little_as_possible = await served.ask("GET", "/orders/3/x?sorts=y")

    assert everything == (200, [3, "a b", 5, "open", [1, 2], 7, "t", ["a/b", "c/d"], ["x"]])
    assert as_little_as_possible == (200, [3, "x", 10, None, None, 1, None, ["*/*"], ["y"]])


async def test_each_of_several_values_that_is_wrong_is_told_and_what_is_empty_in_a_header_is_none(serve):
    @get("/")
    async def show(x_n: Header[list[int]], v: list[int]) -> list[list[int]]:
        return [x_n, v]

    async with serve(show) as served:
        right = await served.ask("GET", "/?v=3", headers={"X-N": "1,, 2 ,"})
        _, problem = await served.ask("GET", "/?v=a&v=4&v=b", headers={"X-N": "1"})

    assert right == (200, [[1, 2], [3]])
    assert problem["errors"] == [
        {"in": "query", "name": "v", "detail": f'expected a whole number, found "{word}"'} for word in "ab"
    ]


@pytest.mark.parametrize("encoding", ["br", "zstd"])
async def test_a_body_in_an_encoding_that_nobody_knows_is_a_415(serve, encoding):
    @post("/")
    async def show(numbers: list[int]) -> list[int]:
        return numbers

    async with serve(show) as served:
        headers = {"Content-Encoding": encoding, "Content-Type": "application/json"}
        status, problem = await served.ask("POST", "/", data=b"junk", headers=headers)

    assert (status, problem["title"]) == (415, "Unsupported Media Type")


async def test_everything_that_is_wrong_with_a_request_is_told_at_once(serve):
    @post("/orders/{number}")
    async def place(
        number: int, order: Order, x_token: Header[int], limit: int, state: bool = False
    ) -> None: ...

    async with serve(place) as served:
        status, problem = await served.ask(
            "POST",
            "/orders/x?state=maybe&state=no&limit=1",
            json={"item": "", "quantity": "2"},
        )

    assert status == 422
    assert problem == {
        "status": 422,
        "title": "Unprocessable Content",
        "errors": [
            {"in": "path", "name": "number", "detail": 'expected a whole number, found "x"'},
            {"in": "header", "name": "x-token", "detail": "it is missing"},
            {"in": "query", "name": "state", "detail": "expected one value, found 2"},
            {"in": "body", "pointer": "#/quantity", "detail": 'expected a whole number, found "2"'},
            {"in": "body", "pointer": "#/item", "detail": "Length of 'item' must be >= 1: 0"},
        ],
    }


@post("/orders", status=201)
async def place(order: Order) -> Order:
    return order


@pytest.mark.parametrize(
    ("sent", "status", "detail"),
    [
        ({"data": b'{"item":', "headers": {"Content-Type": "application/json"}}, 400, "the body is no JSON"),
        ({"data": b"\xff", "headers": {"Content-Type": "application/json"}}, 400, "the body is no JSON"),
        (
            {"data": b"[" * 100_000, "headers": {"Content-Type": "application/json"}},
            400,
            "the body is no JSON",
        ),
        ({"data": b"item=tea"}, 415, "send the body as application/json"),
        ({"data": {"item": "tea"}}, 415, "send the body as application/json"),
        (
            {"data": b"x" * 2000, "headers": {"Content-Type": "application/json"}},
            413,
            "Maximum request body size",
        ),
    ],
    ids=["cut", "no text", "deep", "no type", "form", "large"],
)
async def test_a_body_that_cannot_be_read_is_a_problem(serve, sent, status, detail):
    async with serve(place, body_limit="1000B" if status == 413 else "1MiB") as served:
        found, problem = await served.ask("POST", "/orders", **sent)

    assert found == status
    assert problem["status"] == status
    assert problem["detail"].startswith(detail)


async def test_a_body_of_unknown_length_that_is_too_large_is_a_problem(serve):
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 100

    async with serve(place, body_limit="1000B") as served:
        status, problem = await served.ask(
            "POST", "/orders", data=chunks(), headers={"Content-Type": "application/json"}
        )

    assert (status, problem["status"]) == (413, 413)


async def test_a_body_may_be_of_any_json_type_and_may_be_left_out(serve):
    @put("/any")
    async def put_any(items: list[Order] | None) -> Any:
        return items

    @patch("/raw")
    async def patch_raw(raw: Body[bytes]) -> int:
        return len(raw)

    @post("/default")
    async def post_default(order: Order = Order("tea")) -> str:
        return order.item

    async with serve(put_any, patch_raw, post_default) as served:
        json_type = {"Content-Type": "application/vnd.orders+json"}
        answers = [
            await served.ask("PUT", "/any", data=b'[{"item":"tea"}]', headers=json_type),
            await served.ask("PUT", "/any"),
            await served.ask("PATCH", "/raw", data=b"\0\1\2"),
            await served.ask("POST", "/default"),
        ]

    assert answers == [(200, [{"item": "tea", "quantity": 1}]), (204, ""), (200, 3), (200, "tea")]


async def test_a_dict_is_the_body_and_never_the_settings_though_these_are_one(serve):
    @post("/any")
    async def anything(order: dict[str, Any]) -> dict[str, Any]:
        return order

    @post("/mapping")
    async def mapping(order: Mapping[str, Any]) -> Mapping[str, Any]:
        return order

    async with serve(anything, mapping) as served:
        answers = [await served.ask("POST", path, json={"a": 1}) for path in ("/any", "/mapping")]

    assert answers == [(200, {"a": 1})] * 2
