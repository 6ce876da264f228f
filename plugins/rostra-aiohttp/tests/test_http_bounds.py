"""Bounds beside the types of parameters and bodies: what the document of a service tells, requests are held to."""

from typing import Annotated, Any

import attrs
import pytest
from annotated_types import Ge, Gt, Le, Len, MaxLen, MinLen
from msgspec import Meta

from rostra.errors import HandlerError
from rostra_aiohttp import Body, Cookie, Form, FromHeader, FromQuery, Header, Query, get, post

pytestmark = pytest.mark.asyncio

Page = Annotated[int, Ge(1), Le(100)]


@get("/orders/{number}")
async def order(
    number: Annotated[int, Gt(0)],
    page: Page = 1,
    size: Annotated[int, FromQuery("page-size"), Le(50)] = 10,
    tag: Query[Annotated[list[Annotated[str, Len(2, 2)]], MaxLen(2)]] = [],  # noqa: B006
    since: Query[Page | None] = None,
    choice: Query[Annotated[int, Ge(1)] | bool] = True,
    x_token: Header[Annotated[str, Meta(pattern="^[0-9]+$")]] = "0",
    accept_language: Annotated[list[str], FromHeader("Accept-Language"), MinLen(1)] = ["de"],  # noqa: B006
    theme: Cookie[Annotated[str, MaxLen(5)]] = "light",
) -> list[Any]:
    return [number, page, size, tag, since, choice, x_token, accept_language, theme]


@attrs.frozen
class Line:
    count: Annotated[int, Ge(1)]
    name: Annotated[str, MinLen(1)]


@post("/lines")
async def lines(lines: Body[Annotated[list[Line], Len(1, 2)]]) -> int:
    return len(lines)


@post("/form")
async def form(line: Form[Line]) -> int:
    return line.count


async def test_parameters_within_their_bounds_are_taken(serve):
    async with serve(order) as served:
        path = "/orders/1?page=100&page-size=50&tag=de&tag=at&since=1&choice=true"
        headers = {"X-Token": "42", "Accept-Language": "de, at", "Cookie": "theme=dark"}
        answer = await served.ask("GET", path, headers=headers)

    assert answer == (200, [1, 100, 50, ["de", "at"], 1, True, "42", ["de", "at"], "dark"])


async def test_all_parameters_out_of_bounds_are_told_at_once(serve):
    async with serve(order) as served:
        path = "/orders/0?page=101&page-size=51&tag=d&since=0&choice=0.5"
        headers = {"X-Token": "a", "Cookie": "theme=twilight"}
        status, problem = await served.ask("GET", path, headers=headers)

    assert status == 422
    assert {fault["name"]: fault["detail"] for fault in problem["errors"]} == {
        "number": "expected more than 0, found 0",
        "page": "expected at most 100, found 101",
        "page-size": "expected at most 50, found 51",
        "tag": "expected at least 2 characters, found 1 character",
        "since": "expected at least 1, found 0",
        "choice": 'expected a whole number or true or false, found "0.5"',
        "x-token": 'expected a text like ^[0-9]+$, found "a"',
        "theme": "expected at most 5 characters, found 8 characters",
    }


async def test_a_list_has_bounds_besides_those_of_its_items(serve):
    async with serve(order) as served:
        status, problem = await served.ask("GET", "/orders/1?tag=de&tag=at&tag=ch")

    assert (status, problem["errors"][0]["detail"]) == (422, "expected at most 2 items, found 3 items")


async def test_bodies_and_forms_are_held_to_theirs(serve):
    async with serve(lines, form) as served:
        wrong = [{"count": 0, "name": ""}, {"count": 1, "name": "tea"}]
        status, problem = await served.ask("POST", "/lines", json=wrong)
        too_few = await served.ask("POST", "/lines", json=[])
        of_form = await served.ask("POST", "/form", data={"count": "0", "name": ""})

    assert status == 422
    assert [(fault["pointer"], fault["detail"]) for fault in problem["errors"]] == [
        ("#/0/count", "expected at least 1, found 0"),
        ("#/0/name", "expected at least 1 character, found 0 characters"),
    ]
    assert too_few[1]["errors"][0] == {
        "in": "body",
        "pointer": "#",
        "detail": "expected at least 1 item, found 0 items",
    }
    assert [fault["pointer"] for fault in of_form[1]["errors"]] == ["#/count", "#/name"]


async def test_a_bound_that_no_value_could_have_is_an_error_at_the_start(serve):
    @get("/odd")
    async def odd(number: Annotated[int, MinLen(3)]) -> int:
        return number

    with pytest.raises(HandlerError, match="beside int stands a length, which no value of it has"):
        async with serve(odd):
            pass
