"""What is wrong with handlers is told before the server starts, with their places."""

import sys
import types
from typing import Any

import pytest
from aiohttp import web

from rostra import di, plugin
from rostra.errors import HandlerError
from rostra_aiohttp import Body, Header, Route, get, post

pytestmark = pytest.mark.asyncio


class Service:
    """Neither data nor registered."""


async def refusal(serve: Any, *items: Any) -> HandlerError:
    with pytest.raises(HandlerError) as caught:
        async with serve(*items):
            pass
    return caught.value


async def test_two_handlers_of_one_route_are_named_with_both_places(serve):
    @get("/orders/{number}")
    async def show(number: int) -> None: ...

    @get("/orders/{id}")
    async def look_up(id: int) -> None: ...  # noqa: A002  (another name for the same)

    error = await refusal(serve, show, look_up)

    assert error.what == "GET /orders/{id} is answered twice"
    first, second = error.where
    assert first.startswith("handler show, plugins/rostra-aiohttp/tests/test_http_binding.py:")
    assert second.startswith("handler look_up, plugins/rostra-aiohttp/tests/test_http_binding.py:")


async def test_a_route_of_the_classic_kind_counts_as_well(serve):
    @get("/orders")
    async def show() -> None: ...

    async def classic(_: web.Request) -> web.Response:
        return web.Response()

    async def prepare() -> None:
        application = await di.nject(web.Application)
        application.router.add_route("*", "/orders", classic)

    error = await refusal(serve, show, prepare)

    assert error.what == "GET /orders is answered twice"
    assert "classic, plugins/rostra-aiohttp/tests/test_http_binding.py:" in error.where[0]


async def test_different_patterns_and_methods_are_different_routes(serve):
    @get("/orders/{number:[0-9]+}")
    async def by_number(number: int) -> str:
        return f"number {number}"

    @get("/orders/{name:[a-z]+}")
    async def by_name(name: str) -> str:
        return f"name {name}"

    @post("/orders/{name:[a-z]+}")
    async def make(name: str) -> str:
        return f"made {name}"

    async with serve(by_number, by_name, make) as served:
        assert await served.ask("GET", "/orders/3") == (200, "number 3")
        assert await served.ask("GET", "/orders/x") == (200, "name x")
        assert await served.ask("POST", "/orders/x") == (200, "made x")


async def test_a_body_that_cannot_be_made_from_json_is_an_error(serve):
    @post("/orders")
    async def place(order: Body[dict[str, Service]]) -> None: ...

    error = await refusal(serve, place)

    assert error.what == "place cannot get its parameter order: dict[str, Service] from the payload"
    assert error.why == ("there is no way to make Service from JSON",)


async def test_a_header_or_a_name_in_the_path_has_to_be_a_single_value(serve):
    @get("/orders/{number}")
    async def show(number: dict[str, int]) -> None: ...

    @get("/things")
    async def things(x_thing: Header[Service]) -> None: ...

    with pytest.raises(ExceptionGroup) as caught:
        async with serve(show, things):
            pass

    assert [str(error.args[0]) for error in caught.value.exceptions] == [
        "show cannot get its parameter number: dict[str, int] from the path",
        "things cannot get its parameter x_thing: Service from the marker",
    ]


async def test_handlers_that_come_when_the_server_runs_are_an_error(serve, monkeypatch):
    @get("/early")
    async def early() -> None: ...

    late = types.ModuleType("late")
    late.handle = get("/late")(lambda: None)
    late.handle.__module__ = "late"
    monkeypatch.setitem(sys.modules, "late", late)

    async with serve(early) as served:
        with pytest.raises(HandlerError) as caught:
            await served.stage.components.get(plugin.Loader)("late")

    assert caught.value.what == "GET /late comes too late"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("orders", "it does not begin with a slash"),
        ("/orders/{", "Invalid path '/orders/{'"),
        (
            "/orders/{number:[}",
            "Bad pattern '/orders/(?P<number>[)': unterminated character set",
        ),
    ],
)
async def test_a_path_that_nobody_can_read_is_an_error_of_its_line(path, why):
    with pytest.raises(HandlerError) as caught:
        get(path)

    assert caught.value.what == f'"{path}" is no path'
    assert caught.value.why[0].startswith(why)


async def test_a_decorated_function_can_be_called_as_ever():
    @get("/orders/{number}", status=202)
    def show(number: int) -> int:
        return number

    assert show(3) == 3
    assert Route("GET", "/orders/{number}").describe() == "GET /orders/{number}"
