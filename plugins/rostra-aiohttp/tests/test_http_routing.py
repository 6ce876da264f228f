"""Methods, prefixes, and what is answered where a path has no such method."""

import sys
import types
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from rostra import plugin
from rostra.errors import HandlerError
from rostra_aiohttp import Address, Prefix, delete, get, head, options, post, route

pytestmark = pytest.mark.asyncio


async def answers_of(
    monkeypatch: Any, names: dict[str, Any], *questions: tuple[str, str]
) -> list[tuple[int, str]]:
    """What a module of these names answers."""
    module = types.ModuleType("routed")
    for name, item in names.items():
        if not isinstance(item, Prefix):
            item.__module__ = module.__name__
        setattr(module, name, item)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    async with plugin.Stage("routed", config={"http": {"port": 0}}) as stage:
        await stage.start()
        url = stage.components.get(Address).url
        answers = []
        async with aiohttp.ClientSession() as session:
            for method, path in questions:
                async with session.request(method, url + path) as response:
                    answers.append((response.status, await response.text()))
        return answers


async def test_one_handler_answers_several_methods_and_paths(serve):
    @route("/orders", methods=["GET", "POST"])
    @get("/all")
    async def orders() -> str:
        return "orders"

    async with serve(orders) as served:
        answers = [
            await served.ask(*asked) for asked in [("GET", "/orders"), ("POST", "/orders"), ("GET", "/all")]
        ]

    assert answers == [(200, "orders")] * 3


async def test_a_method_that_a_path_does_not_have_is_told_with_those_that_it_has(serve):
    @get("/orders")
    async def orders() -> str:
        return "orders"

    @delete("/orders")
    async def forget() -> None: ...

    async with serve(orders, forget) as served, served.session.put(f"{served.url}/orders") as response:
        body = await response.json(content_type="application/problem+json")

    assert response.status == 405
    assert response.headers["Allow"] == "DELETE,GET,HEAD"
    assert body == {"status": 405, "title": "Method Not Allowed"}


async def test_head_is_answered_as_get_without_the_body(serve):
    @get("/orders")
    async def orders() -> str:
        return "orders"

    async with serve(orders) as served, served.session.head(f"{served.url}/orders") as response:
        assert (response.status, response.headers["Content-Length"], await response.text()) == (200, "6", "")


async def test_head_and_options_may_have_handlers_of_their_own(serve):
    @get("/orders")
    async def orders() -> str:
        return "orders"

    @head("/orders")
    async def look(request: web.Request) -> web.Response:
        return web.Response(headers={"X-Count": "3"})

    @options("/orders")
    async def ask() -> str:
        return "ask"

    async with serve(orders, look, ask) as served:
        async with served.session.head(f"{served.url}/orders") as response:
            assert response.headers["X-Count"] == "3"
        assert await served.ask("OPTIONS", "/orders") == (200, "ask")
        assert await served.ask("GET", "/orders") == (200, "orders")


async def test_a_prefix_stands_before_all_paths_of_its_module_and_class(monkeypatch):
    @get("/ping")
    async def ping(tenant: str) -> str:
        return tenant

    class Orders:
        prefix = Prefix("/orders")

        @get("/")
        async def all(self, tenant: str) -> str:
            return f"orders of {tenant}"

        @get("/{number:[0-9]+}")
        async def one(self, number: int, tenant: str) -> str:
            return f"{tenant} {number + 1}"

    answers = await answers_of(
        monkeypatch,
        {"prefix": Prefix("/api/{tenant}"), "ping": ping, "Orders": Orders},
        ("GET", "/api/acme/ping"),
        ("GET", "/api/acme/orders"),
        ("GET", "/api/acme/orders/7"),
        ("GET", "/ping"),
    )

    assert answers[:3] == [(200, "acme"), (200, "orders of acme"), (200, "acme 8")]
    assert answers[3][0] == 404


async def test_two_prefixes_in_one_module_are_refused(monkeypatch):
    @get("/ping")
    async def ping() -> None: ...

    with pytest.raises(HandlerError) as caught:
        await answers_of(monkeypatch, {"a": Prefix("/a"), "b": Prefix("/b"), "ping": ping})

    assert caught.value.what == "routed has 2 prefixes"
    assert caught.value.where == ("a = Prefix('/a')", "b = Prefix('/b')")


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda: Prefix("/api/"), '"/api/" is no prefix'),
        (lambda: Prefix("api"), '"api" is no path'),
        (lambda: route("/", methods=["get"]), '"get" is no method'),
        (lambda: route("/", methods=[]), "there is no method"),
    ],
)
async def test_what_is_no_prefix_or_method_is_an_error_of_its_line(make, what):
    with pytest.raises(HandlerError) as caught:
        make()

    assert caught.value.what == what


async def test_methods_of_a_class_share_one_object(serve):
    class Counter:
        def __init__(self) -> None:
            self.count = 0

        @post("/count")
        async def add(self) -> str:
            self.count += 1
            return str(self.count)

    async with serve(Counter) as served:
        assert [(await served.ask("POST", "/count"))[1] for _ in range(4)] == ["1", "2", "3", "4"]
