"""Cookies, and headers and cookies of answers."""

from typing import Annotated

import attrs
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from rostra import di
from rostra_aiohttp import (
    Answer,
    CallNext,
    Cookie,
    FromCookie,
    ResponseHead,
    SetCookie,
    get,
    middleware,
    post,
)
from rostra_aiohttp.answers import UnsayableError, answer


@attrs.frozen
class Order:
    item: str


@pytest.mark.asyncio
async def test_cookies_are_parameters(serve):
    @get("/")
    async def show(
        session: Cookie[str],
        page_size: Annotated[int, FromCookie("page-size")] = 10,
        theme: Cookie[str] | None = None,
    ) -> list[str | int | None]:
        return [session, page_size, theme]

    async with serve(show) as served:
        everything = await served.ask("GET", "/", headers={"Cookie": "session=a; page-size=3; theme=dark"})
        wrong = await served.ask("GET", "/", headers={"Cookie": "page-size=x"})

    assert everything == (200, ["a", 3, "dark"])
    assert wrong[0] == 422
    assert wrong[1]["errors"] == [
        {"in": "cookie", "name": "session", "detail": "it is missing"},
        {"in": "cookie", "name": "page-size", "detail": 'expected a whole number, found "x"'},
    ]


@pytest.mark.asyncio
async def test_a_result_may_say_its_status_headers_and_cookies(serve):
    @post("/orders", status=202)
    async def place(order: Order) -> Answer[Order]:
        return Answer(
            order,
            status=201,
            headers={"Location": "/orders/1", "Content-Type": "application/vnd.order+json"},
            cookies=[SetCookie("session", "a", max_age=3600), SetCookie("theme", "b", http_only=False)],
        )

    async with (
        serve(place) as served,
        served.session.post(served.url + "/orders", json={"item": "tea"}) as response,
    ):
        assert (response.status, await response.json(content_type=None)) == (201, {"item": "tea"})
        assert response.headers["Location"] == "/orders/1"
        assert response.headers["Content-Type"] == "application/vnd.order+json"
        assert response.headers.getall("Set-Cookie") == [
            "session=a; Path=/; Max-Age=3600; Secure; HttpOnly; SameSite=Lax",
            "theme=b; Path=/; Secure; SameSite=Lax",
        ]


@pytest.mark.asyncio
async def test_handlers_and_adapters_add_to_the_same_head(serve):
    class User:
        pass

    @di.adapter
    def user(head: ResponseHead) -> User:
        head.set_cookie(SetCookie("session", "renewed"))
        head.headers["X-User"] = "ann"
        return User()

    @get("/")
    async def show(user: User, head: ResponseHead) -> str:
        assert isinstance(user, User)
        head.status = 203
        head.headers.add("Cache-Control", "no-store")
        head.delete_cookie("old")
        return "shown"

    @get("/own")
    async def own(user: User) -> web.Response:
        assert isinstance(user, User)
        return web.Response(headers={"X-User": "mine"})

    async with serve(show, own, user) as served:
        async with served.session.get(served.url + "/") as response:
            assert (response.status, await response.text()) == (203, "shown")
            assert response.headers["X-User"] == "ann"
            assert response.headers["Cache-Control"] == "no-store"
            assert len(response.headers.getall("Set-Cookie")) == 2
        async with served.session.get(served.url + "/own") as response:
            assert response.headers.getall("X-User") == ["mine"]


@pytest.mark.asyncio
async def test_who_has_an_answer_already_gets_304(serve):
    @get("/")
    async def show() -> Answer[str]:
        return Answer("long", headers={"ETag": '"7"', "Cache-Control": "no-cache"})

    async with serve(show) as served:
        for sent, status in (('"7"', 304), ('W/"7"', 304), ('"6", "7"', 304), ("*", 304), ('"6"', 200)):
            async with served.session.get(served.url, headers={"If-None-Match": sent}) as response:
                assert (sent, response.status) == (sent, status)
                assert response.headers["ETag"] == '"7"'
                assert ("Content-Type" in response.headers) is (status == 200)
                assert await response.text() == ("long" if status == 200 else "")


@pytest.mark.asyncio
async def test_a_header_that_would_split_the_answer_is_not_sent(serve):
    @get("/")
    async def show(text: str) -> Answer[None]:
        return Answer(None, headers={"X-Text": text})

    async with serve(show) as served:
        status, problem = await served.ask("GET", "/?text=a%0d%0aSet-Cookie:b=c")

    assert (status, problem["title"]) == (500, "Internal Server Error")


@pytest.mark.asyncio
@pytest.mark.parametrize("sent", ["%0a", "%0d", "%00", "%01", "%1f", "%7f"])
async def test_a_character_that_no_header_may_have_is_a_500_whose_line_in_the_log_names_the_handler(
    serve, sent, caplog
):
    @get("/said")
    async def said(text: str, head: ResponseHead) -> str:
        head.headers["X-Text"] = text
        return "said"

    @get("/by_aiohttp")
    async def by_aiohttp(text: str) -> web.Response:
        return web.Response(headers={"X-Text": text})

    async with serve(said, by_aiohttp) as served:
        for path in ("/said", "/by_aiohttp"):
            status, problem = await served.ask("GET", f"{path}?text=a{sent}b")
            assert (status, problem["title"]) == (500, "Internal Server Error")
            assert path[1:] in str(caplog.records[-1].exc_info[1])
        assert (await served.ask("GET", "/by_aiohttp?text=%09%C3%A4"))[0] == 200


@pytest.mark.asyncio
async def test_what_was_put_on_an_answer_is_not_put_on_it_again(serve):
    @middleware
    async def outermost(call_next: CallNext, head: ResponseHead) -> web.StreamResponse:
        answer = await call_next()
        head.headers["X-Last"] = "2"
        head.set_cookie(SetCookie("late", "1"))
        return answer

    @middleware
    async def changes(call_next: CallNext) -> web.StreamResponse:
        answer = await call_next()
        del answer.headers["X-Internal"]
        answer.headers["Content-Type"] = "text/html"
        return answer

    @get("/")
    async def show(head: ResponseHead) -> str:
        head.set_cookie(SetCookie("a", "1"))
        head.headers.update({"X-Internal": "1", "Content-Type": "text/css", "X-Last": "1"})
        return "shown"

    async with serve(outermost, changes, show) as served, served.session.get(served.url) as response:
        assert [each.partition(";")[0] for each in response.headers.getall("Set-Cookie")] == ["a=1", "late=1"]
        assert "X-Internal" not in response.headers
        assert response.headers["Content-Type"] == "text/html"
        assert response.headers.getall("X-Last") == ["2"]


@pytest.mark.asyncio
async def test_another_answer_has_it_as_well(serve):
    @middleware
    async def replaces(call_next: CallNext) -> web.StreamResponse:
        await call_next()
        return web.Response(text="another")

    @get("/")
    async def show(head: ResponseHead) -> str:
        head.set_cookie(SetCookie("a", "1"))
        return "shown"

    async with serve(replaces, show) as served, served.session.get(served.url) as response:
        assert await response.text() == "another"
        assert len(response.headers.getall("Set-Cookie")) == 1


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({"name": "a b"}, "has a name that is no token"),
        ({"name": "a", "value": "a;b"}, "more than visible ASCII"),
        ({"name": "a", "path": "/;x"}, "has a path or domain"),
        ({"name": "a", "same_site": "None", "secure": False}, "only if it is secure"),
        ({"name": "a", "same_site": "lax"}, "has a same_site"),
        ({"name": "__Host-a", "domain": "example.com"}, "of this host by its name"),
        ({"name": "__Secure-a", "secure": False}, "is secure by its name only"),
    ],
)
def test_a_cookie_that_browsers_would_refuse_is_an_error(options, wrong):
    with pytest.raises(ValueError, match=wrong):
        SetCookie(**{"value": "x", **options})


def test_a_cookie_does_not_show_its_value():
    cookie = SetCookie("session", "hunter2")

    assert "hunter2" not in repr(cookie)
    with pytest.raises(ValueError, match="session") as caught:
        SetCookie("session", "hunter2 ")
    assert "hunter2" not in str(caught.value)


@given(st.text(max_size=20), st.text(max_size=20))
def test_no_text_breaks_out_of_its_header(name, value):
    try:
        lines = [SetCookie(name, value).line()]
    except ValueError:
        lines = []
    try:
        response = answer(Answer("x", headers={name: value}))
    except UnsayableError:
        has_control = any(each != "\t" and (each < " " or each == "\x7f") for each in value)
        assert has_control or not name.isascii() or not name.isalnum()
    else:
        lines += response.headers.getall(name)

    assert not any(each in line for each in "\r\n\0" for line in lines)
    assert all(line.count(";") == 4 for line in lines[:1] if line != value)
