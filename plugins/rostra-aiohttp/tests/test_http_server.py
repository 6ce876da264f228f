"""Requests to a stage that serves on a real port."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from rostra import context, di, log
from rostra_aiohttp import delete, get, post

pytestmark = pytest.mark.asyncio


class Ledger:
    """Something that di makes."""


@post("/orders", status=201)
async def place(order: dict[str, Any]) -> dict[str, Any]:
    return order


async def test_head_is_answered_as_get_without_a_body_and_other_methods_by_405(serve):
    @get("/orders")
    async def show() -> list[int]:
        return [1, 2]

    @delete("/orders")
    async def clear() -> None: ...

    async with serve(show, clear, place) as served:
        async with served.session.head(f"{served.url}/orders") as head:
            assert (head.status, head.headers["Content-Length"], await head.read()) == (200, "5", b"")
        async with served.session.put(f"{served.url}/orders") as other:
            problem = await other.json(content_type="application/problem+json")
            assert (other.status, other.headers["Allow"]) == (405, "DELETE,GET,HEAD,POST")
            assert problem == {"status": 405, "title": "Method Not Allowed"}


async def test_a_path_that_nobody_serves_is_a_problem(serve):
    async with serve(place) as served:
        assert await served.ask("GET", "/nothing") == (404, {"status": 404, "title": "Not Found"})


async def test_an_error_of_a_handler_is_a_500_that_tells_nothing_and_one_line_in_the_log(serve, caplog):
    @get("/broken")
    async def broken() -> None:
        raise ValueError("hunter2")

    async with serve(broken) as served:
        answer = await served.ask("GET", "/broken")

    assert answer == (500, {"status": 500, "title": "Internal Server Error"})
    [record] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.getMessage().startswith("http.failed method=GET path=/broken request=")
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == "hunter2"


async def test_the_traceback_of_a_handler_that_fails_begins_in_the_handler(serve, capsys):
    @get("/broken")
    async def broken() -> None:
        raise ValueError("hunter2")

    log.configure(log.LogConfig(format="json"))
    try:
        async with serve(broken) as served:
            await served.ask("GET", "/broken")
    finally:
        log.restore()

    (failed,) = [line for line in capsys.readouterr().err.splitlines() if "http.failed" in line]
    first, place, *_ = json.loads(failed)["exception"].splitlines()
    assert first == "Traceback (most recent call last):"
    assert place.startswith(f'  File "{__file__}", line ')
    assert place.endswith(", in broken")


async def test_a_result_that_cannot_be_sent_is_a_500(serve):
    @get("/object")
    async def unsendable() -> object:
        return object()

    async with serve(unsendable) as served:
        status, _ = await served.ask("GET", "/object")

    assert status == 500


async def test_an_http_exception_keeps_its_headers_and_the_text_that_somebody_chose(serve):
    @get("/busy")
    async def busy() -> None:
        raise web.HTTPServiceUnavailable(text="come back later", headers={"Retry-After": "5"})

    @get("/own")
    async def own() -> None:
        raise web.HTTPConflict(text='{"mine":1}', content_type="application/json")

    @get("/elsewhere")
    async def elsewhere() -> None:
        raise web.HTTPFound("/busy")

    async with serve(busy, own, elsewhere) as served:
        async with served.session.get(f"{served.url}/busy") as response:
            assert response.headers["Retry-After"] == "5"
            problem = await response.json(content_type="application/problem+json")
            assert problem == {"status": 503, "title": "Service Unavailable", "detail": "come back later"}
        assert await served.ask("GET", "/own") == (409, {"mine": 1})
        async with served.session.get(f"{served.url}/elsewhere", allow_redirects=False) as response:
            assert (response.status, response.headers["Location"]) == (302, "/busy")


async def test_a_request_is_a_scope_and_adapters_may_ask_for_it(serve):
    journal: list[str] = []

    async def transaction(request: web.Request) -> AsyncIterator[Ledger]:
        journal.append(f"begin {request.path}")
        try:
            yield Ledger()
        except BaseException:
            journal.append("rollback")
            raise
        journal.append("commit")

    @get("/ok")
    async def ok(ledger: Ledger, again: Ledger) -> bool:
        return ledger is again

    @get("/broken")
    async def broken(ledger: Ledger) -> None:
        raise web.HTTPBadRequest

    async def prepare() -> None:
        di.register(transaction)

    async with serve(ok, broken, prepare) as served:
        answers = [await served.ask("GET", "/ok"), (await served.ask("GET", "/broken"))[0]]

    assert answers == [(200, True), 400]
    assert journal == ["begin /ok", "commit", "begin /broken", "rollback"]


async def test_what_fails_when_a_scope_closes_is_an_error_and_not_a_success(serve):
    async def transaction() -> AsyncIterator[Ledger]:
        yield Ledger()
        raise ConnectionError("cannot commit")

    @get("/")
    async def ok(ledger: Ledger) -> str:
        return "done"

    async def prepare() -> None:
        di.register(transaction)

    async with serve(ok, prepare) as served:
        status, _ = await served.ask("GET", "/")

    assert status == 500


async def test_methods_of_a_class_are_handlers_of_one_instance(serve):
    class Shop:
        def __init__(self, ledger: Ledger) -> None:
            self.visits = 0

        @get("/visits")
        async def visit(self) -> int:
            self.visits += 1
            return self.visits

    async def prepare() -> None:
        di.register(Ledger)

    async with serve(Shop, prepare) as served:
        assert [await served.ask("GET", "/visits") for _ in range(2)] == [(200, 1), (200, 2)]


async def test_a_handler_may_be_a_plain_function(serve):
    @get("/")
    def plain() -> str:
        return "hello"

    async with serve(plain) as served:
        assert await served.ask("GET", "/") == (200, "hello")


async def test_routes_can_be_added_the_classic_way_with_a_scope_and_problems_of_the_same_shape(serve):
    async def show(request: web.Request) -> web.Response:
        same = await di.nject(web.Request) is request
        return web.json_response([request.match_info["name"], same])

    async def broken(_: web.Request) -> web.Response:
        raise KeyError("inside")

    async def prepare() -> None:
        application = await di.nject(web.Application)
        application.router.add_route("GET", "/classic/{name}", show)
        application.router.add_get("/broken", broken)

    async with serve(prepare) as served:
        assert await served.ask("GET", "/classic/x") == (200, ["x", True])
        assert await served.ask("GET", "/broken") == (500, {"status": 500, "title": "Internal Server Error"})


async def test_an_application_of_ones_own_is_served_with_its_middlewares_and_clean_up(serve):
    journal: list[str] = []

    @web.middleware
    async def tag(request: web.Request, handler: Any) -> web.StreamResponse:
        response = await handler(request)
        response.headers["X-Tag"] = "mine"
        return response

    async def put_away(_: web.Application) -> None:
        journal.append("put away")

    @get("/")
    async def hello() -> str:
        return "hello"

    async def prepare() -> None:
        application = context.add(web.Application(middlewares=[tag]))
        application.on_cleanup.append(put_away)

    async with serve(hello, prepare) as served, served.session.get(served.url) as response:
        assert (response.headers["X-Tag"], await response.text()) == ("mine", "hello")

    assert journal == ["put away"]


async def test_what_a_handler_binds_to_the_log_is_gone_with_the_next_request_of_the_connection(serve):
    import structlog

    @get("/bind")
    async def bind() -> None:
        log.bind(user="u1")
        structlog.contextvars.bind_contextvars(tenant="t1")

    @get("/bound")
    async def bound() -> list[str]:
        return list(log.bound_keys())

    async with serve(bind, bound) as served:
        assert await served.ask("GET", "/bind") == (204, "")
        assert await served.ask("GET", "/bound") == (200, ["method", "path", "request"])


async def test_a_client_that_goes_away_harms_nobody(serve, caplog):
    arrived, go_on, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    @get("/slow")
    async def slow() -> str:
        arrived.set()
        await go_on.wait()
        done.set()
        return "too late"

    async with serve(slow) as served:
        asking = asyncio.create_task(served.ask("GET", "/slow"))
        await arrived.wait()
        asking.cancel()
        await asyncio.wait([asking])
        go_on.set()
        await done.wait()
        assert (await served.ask("GET", "/livez"))[0] == 200

    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("path", ["/read", "/write"])
async def test_a_connection_that_breaks_while_a_body_is_on_its_way_is_no_error(serve, caplog, path):
    caplog.set_level(logging.DEBUG)
    arrived, noticed = asyncio.Event(), asyncio.Event()

    def notice(record: logging.LogRecord) -> bool:
        if record.getMessage().startswith("http.abandoned"):
            noticed.set()
        return True

    caplog.handler.addFilter(notice)

    @post("/read")
    async def read(request: web.Request) -> None:
        arrived.set()
        await request.read()

    @post("/write")
    async def write(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        arrived.set()
        while True:
            await response.write(b"x" * 100_000)

    async with serve(read, write) as served:
        host, _, port = served.url.removeprefix("http://").rpartition(":")
        _, client = await asyncio.open_connection(host, int(port))
        client.write(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n".encode())
        await arrived.wait()
        client.transport.abort()
        await asyncio.wait_for(noticed.wait(), 10)

    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_many_requests_at_a_time_do_not_get_mixed_up(serve):
    @get("/{number}")
    async def show(number: int, request: web.Request) -> list[Any]:
        await asyncio.sleep(0)
        return [number, request.path]

    async with serve(show) as served:
        answers = await asyncio.gather(*(served.ask("GET", f"/{number}") for number in range(50)))

    assert answers == [(200, [number, f"/{number}"]) for number in range(50)]
