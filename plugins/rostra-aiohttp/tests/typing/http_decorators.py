"""Decorated functions keep their types, and marked parameters are of the type that they are marked around."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import assert_type

from rostra_aiohttp import Answer, Body, Cookie, Event, Form, Header, Query, get, post


@get("/orders/{number}")
async def show(number: int, limit: Query[int], x_token: Header[str] | None = None) -> list[str]:
    assert_type(limit, int)
    assert_type(x_token, str | None)
    return []


@post("/orders", status=201)
def place(order: Body[dict[str, int]]) -> int:
    assert_type(order, dict[str, int])
    return 1


@post("/letters")
async def send(letter: Form[dict[str, str]], session: Cookie[str]) -> Answer[dict[str, str]]:
    assert_type(letter, dict[str, str])
    assert_type(session, str)
    return Answer(letter, status=201)


@get("/ticks")
async def ticks() -> AsyncIterator[Event]:
    yield Event(1)


async def callers() -> None:
    assert_type(await show(3, limit=1), list[str])
    assert_type(place({}), int)
    assert_type((await send({}, session="a")).body, dict[str, str])
    assert_type(ticks(), AsyncIterator[Event])
    as_function: Callable[[int, int], Awaitable[list[str]]] = show
    await as_function(1, 2)
