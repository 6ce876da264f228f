"""What stands around handlers: guards, middlewares with injected parameters, and answers to what went wrong."""

from collections.abc import AsyncIterator
from typing import Annotated

import attrs
import pytest
from aiohttp import web

from rostra import context, di
from rostra.errors import HandlerError
from rostra_aiohttp import CallNext, FromHeader, get, guard, middleware, on_error

pytestmark = pytest.mark.asyncio


class OutOfStockError(LookupError):
    """A failure of the service's own."""


@attrs.frozen
class Users:
    admins: frozenset[str] = frozenset({"ada"})


async def only_admins(users: Users, x_user: Annotated[str, FromHeader()] = "") -> tuple[int, str] | None:
    return None if x_user in users.admins else (403, "not you")


async def test_a_guard_answers_instead_of_the_handler_or_lets_it(serve):
    called = []

    @get("/safe")
    @guard(only_admins)
    async def safe() -> str:
        called.append("safe")
        return "open"

    async def prepare() -> None:
        context.add(Users())

    async with serve(safe, prepare) as served:
        assert await served.ask("GET", "/safe") == (403, "not you")
        assert called == []
        for _ in range(4):
            assert await served.ask("GET", "/safe", headers={"X-User": "ada"}) == (200, "open")


async def test_guards_are_asked_in_order_before_anything_of_the_handler_is_read(serve):
    seen = []

    def first(request: web.Request) -> None:
        seen.append("first")

    async def second(number: str) -> None:
        seen.append(f"second {number}")
        if number == "secret":
            raise web.HTTPNotFound

    @guard(first)
    @guard(second)
    @get("/orders/{number}")
    async def show(number: int) -> str:
        return f"{number}"

    async with serve(show) as served:
        status, body = await served.ask("GET", "/orders/secret")
        assert (status, body["title"]) == (404, "Not Found")
        assert seen == ["first", "second secret"]
        assert (await served.ask("GET", "/orders/x"))[0] == 422
        assert await served.ask("GET", "/orders/7") == (200, "7")


async def test_a_guard_of_a_class_stands_before_all_of_its_methods(serve):
    @guard(only_admins)
    class Shop:
        @get("/a")
        async def a(self) -> str:
            return "a"

    async def prepare() -> None:
        context.add(Users())

    async with serve(Shop, prepare) as served:
        assert (await served.ask("GET", "/a"))[0] == 403
        assert await served.ask("GET", "/a", headers={"X-User": "ada"}) == (200, "a")


async def test_a_middleware_shares_the_scope_of_its_request_and_stands_around_what_nobody_answers(serve):
    journal = []

    class Session:
        pass

    @di.adapter
    async def session() -> AsyncIterator[Session]:
        made = Session()
        journal.append("opened")
        yield made
        journal.append("closed")

    @middleware
    async def outer(request: web.Request, call_next: CallNext, session: Session) -> web.StreamResponse:
        response = await call_next()
        journal.append(f"outer {type(session).__name__}")
        response.headers["X-Outer"] = request.path
        return response

    @get("/")
    async def hello(session: Session) -> str:
        journal.append("handler")
        return "hello"

    async with serve(session, outer, hello) as served:
        for _ in range(3):
            journal.clear()
            async with served.session.get(f"{served.url}/") as response:
                assert (await response.text(), response.headers["X-Outer"]) == ("hello", "/")
            assert journal == ["opened", "handler", "outer Session", "closed"]
        assert (await served.ask("GET", "/nowhere"))[0] == 404


async def test_a_middleware_answers_by_itself_as_a_handler_does(serve):
    @middleware
    async def closed(call_next: CallNext) -> tuple[int, dict[str, str]]:
        return 503, {"status": "closed"}

    @get("/")
    async def hello() -> str:
        return "hello"

    async with serve(closed, hello) as served:
        assert await served.ask("GET", "/") == (503, {"status": "closed"})


async def test_a_middleware_that_forgets_the_answer_is_an_error_in_the_log(serve, caplog):
    @middleware
    async def forgetful(call_next: CallNext) -> None:
        await call_next()

    @get("/")
    async def hello() -> str:
        return "hello"

    async with serve(forgetful, hello) as served:
        assert (await served.ask("GET", "/"))[0] == 500

    assert "returned nothing, and a middleware returns an answer" in caplog.text


async def test_what_went_wrong_is_answered_by_the_nearest_class_and_not_logged(serve, caplog):
    @on_error(LookupError, status=404)
    async def missing(error: LookupError, request: web.Request, users: Users) -> dict[str, str]:
        return {"missing": str(error), "path": request.path}

    @on_error(Exception)
    async def other(error: Exception) -> str:
        return type(error).__name__

    @get("/stock")
    async def stock() -> None:
        raise OutOfStockError("no tea")

    @get("/broken")
    async def broken() -> None:
        raise ValueError("inside")

    @get("/moved")
    async def moved() -> None:
        raise web.HTTPConflict(text="twice")

    async def prepare() -> None:
        context.add(Users())

    async with serve(missing, other, stock, broken, moved, prepare) as served:
        assert await served.ask("GET", "/stock") == (404, {"missing": "no tea", "path": "/stock"})
        assert await served.ask("GET", "/broken") == (500, "ValueError")
        assert (await served.ask("GET", "/moved"))[1]["detail"] == "twice"

    assert "http.failed" not in caplog.text


async def test_a_status_is_answered_with_what_would_have_been_said(serve):
    @on_error(404, 422)
    async def lost(response: web.Response, request: web.Request) -> str:
        return f"{response.status} {request.path}"

    @get("/orders/{number}")
    async def show(number: int) -> None: ...

    async with serve(lost, show) as served:
        assert await served.ask("GET", "/nowhere") == (404, "404 /nowhere")
        assert await served.ask("GET", "/orders/x") == (422, "422 /orders/x")


async def test_an_answer_to_an_error_that_fails_itself_is_logged_and_says_nothing(serve, caplog):
    @on_error(LookupError)
    async def broken(error: LookupError) -> None:
        raise RuntimeError("secret")

    @get("/")
    async def hello() -> None:
        raise OutOfStockError

    async with serve(broken, hello) as served:
        status, body = await served.ask("GET", "/")

    assert (status, body["title"]) == (500, "Internal Server Error")
    assert caplog.text.count("http.failed") == 1


async def test_two_answers_to_one_error_are_refused_with_both_places(serve):
    @on_error(404)
    async def one() -> str:
        return "one"

    @on_error(404)
    async def two() -> str:
        return "two"

    with pytest.raises(HandlerError) as caught:
        async with serve(one, two):
            pass

    assert caught.value.what == "error 404 is answered twice"
    assert [where.split(",")[0] for where in caught.value.where] == ["handler one", "handler two"]


async def test_a_status_that_is_none_of_an_error_is_refused():
    with pytest.raises(HandlerError, match="200 is no status of an error"):
        on_error(200)
