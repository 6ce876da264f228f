"""What a stamp answers arrives as what aiohttp would have sent, whatever is done to it on its way."""

import asyncio
import contextlib
import pickle
import re
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from rostra import di
from rostra_aiohttp import Address, get, on_error
from rostra_aiohttp.stamps import JSON, TEXT, stamp

_KEY = web.ResponseKey("key", str)
_GET = b"GET %b HTTP/1.1\r\nHost: here\r\nX-Request-ID: mine\r\n\r\n"

Change = Callable[[web.Response], object]


def nothing(_: web.Response) -> None:
    """Leave it as it is."""


def headers(response: web.Response) -> None:
    response.headers["X-One"] = "1"
    response.headers.add("x-one", "2")


def two_lines(response: web.Response) -> None:
    response.headers["X-One"] = "1\r\nX-Two: 2"


def no_type(response: web.Response) -> None:
    del response.headers["Content-Type"]


def own_length(response: web.Response) -> None:
    response.headers["Content-Length"] = "5"


def own_server(response: web.Response) -> None:
    response.headers.update({"Server": "mine", "Date": "today"})


def cookie(response: web.Response) -> None:
    response.set_cookie("one", "1")


def status(response: web.Response) -> None:
    response.set_status(418)


def no_content(response: web.Response) -> None:
    response.set_status(304)


def text(response: web.Response) -> None:
    response.text = "another"


def compressed(response: web.Response) -> None:
    response.enable_compression(web.ContentCoding.gzip)


def chunked(response: web.Response) -> None:
    response.enable_chunked_encoding()


def last_one(response: web.Response) -> None:
    response.force_close()


CHANGES = [nothing, headers, no_type, own_length, own_server, cookie, status, no_content]
CHANGES += [text, compressed, chunked, last_one]


async def sent(address: Address, request: bytes) -> str:
    """All that comes back, without the time, and ids that nobody chose."""
    reader, writer = await asyncio.open_connection(*address[:2])
    with contextlib.closing(writer):
        writer.write(request)
        writer.write(b"GET /last HTTP/1.1\r\nHost: here\r\nX-Request-ID: last\r\nConnection: close\r\n\r\n")
        came = await reader.read()
    return re.sub(r"Date: \w+, .*?\r\n|[0-9a-f]{32}", "", came.decode("latin-1"))


@contextlib.asynccontextmanager
async def both(serve: Any, change: Change, code: int = 200, body: bytes = b"hello", **settings: Any):
    """A server that gives one answer from a stamp, at /ours, and one as aiohttp makes it, at /theirs.

    At /text the answer of the stamp comes from what a handler returns.
    """

    @get("/ours")
    async def ours() -> web.Response:
        change(made := stamp(code, TEXT).answer(body))
        return made

    @get("/text")
    async def text() -> str:
        return body.decode()

    @get("/theirs")
    async def theirs() -> web.Response:
        change(made := web.Response(body=body, status=code, headers={"Content-Type": TEXT}))
        return made

    @get("/last")
    async def last() -> web.Response:
        return web.Response(text="last")

    async with serve(ours, text, theirs, last, **settings) as served:
        yield served.stage.components.get(Address)


async def same(address: Address, request: bytes = _GET) -> str:
    """What arrived, which is the same for both."""
    mine, other = [await sent(address, request % path) for path in (b"/ours", b"/theirs")]
    assert mine == other
    return mine


@pytest.mark.asyncio
@pytest.mark.parametrize("change", CHANGES)
async def test_it_arrives_as_aiohttp_would_send_it(serve, change):
    async with both(serve, change) as address:
        arrived = await same(address)

    assert "X-Request-ID: mine" in arrived


@pytest.mark.asyncio
async def test_a_header_that_would_be_two_is_not_sent(serve):
    async with both(serve, two_lines) as address:
        arrived = await same(address)

    assert arrived.startswith("HTTP/1.1 500 ")
    assert "X-Two" not in arrived


@pytest.mark.asyncio
@pytest.mark.parametrize("code", [200, 201, 204, 205, 304, 404, 500])
@pytest.mark.parametrize("body", [b"", b"hello", b"x" * 200_000])
async def test_so_it_is_for_every_status_and_size(serve, code, body):
    async with both(serve, nothing, code, body) as address:
        await same(address)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "request_",
    [
        b"HEAD %b HTTP/1.1\r\nHost: here\r\nX-Request-ID: mine\r\n\r\n",
        b"GET %b HTTP/1.0\r\nX-Request-ID: mine\r\n\r\n",
        b"GET %b HTTP/1.0\r\nConnection: keep-alive\r\nX-Request-ID: mine\r\n\r\n",
        b"GET %b HTTP/1.1\r\nHost: here\r\nConnection: close\r\nX-Request-ID: mine\r\n\r\n",
        b"GET %b HTTP/1.1\r\nHost: here\r\nExpect: 100-continue\r\nX-Request-ID: mine\r\n\r\n",
    ],
)
async def test_so_it_is_for_odd_requests(serve, request_):
    async with both(serve, nothing) as address:
        await same(address, request_)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "settings",
    [
        {"request_id": False},
        {"cors": {"origins": ["*"]}},
        {"timeout": 30},
        {"compression": {"enabled": True}},
    ],
)
async def test_so_it_is_whatever_the_settings_say(serve, settings):
    async with both(serve, nothing, body=b"hello" * 1000, **settings) as address:
        await same(
            address, _GET.replace(b"\r\n\r\n", b"\r\nAccept-Encoding: gzip\r\nOrigin: http://a\r\n\r\n")
        )


@pytest.mark.asyncio
@pytest.mark.parametrize("settings", [{}, {"request_id": False}])
@pytest.mark.parametrize("body", [b"", b"hello", b"x" * 200_000])
async def test_so_does_what_a_handler_returns(serve, body, settings):
    async with both(serve, nothing, body=body, **settings) as address:
        arrived = await sent(address, _GET % b"/text")

        assert arrived == await same(address)


@pytest.mark.asyncio
@pytest.mark.parametrize("change", [nothing, headers, own_server, own_length])
async def test_who_asks_for_headers_sees_those_that_were_sent_also_afterwards(serve, change):
    answers: list[web.Response] = []

    @web.middleware
    async def keep(request: web.Request, handler: Any) -> web.StreamResponse:
        answers.append(await handler(request))
        change(answers[-1])
        return answers[-1]

    async def prepare() -> None:
        (await di.nject(web.Application)).middlewares.append(keep)

    @get("/")
    async def hello() -> str:
        return "hello"

    async with serve(hello, prepare) as served, served.session.get(served.url) as response:
        assert await response.text() == "hello"
        (answer,) = answers
        assert [*answer.headers.items()] == [*response.headers.items()]
        assert answer.headers is answer.headers


@pytest.mark.asyncio
@pytest.mark.parametrize("more", [False, True])
async def test_a_middleware_may_begin_to_send_it_and_look_at_it(serve, more):
    seen: list[str] = []

    @web.middleware
    async def begin(request: web.Request, handler: Any) -> web.StreamResponse:
        answer = await handler(request)
        if request.path != "/last":
            await answer.prepare(request)
            seen.append(re.sub("ours|theirs|Stamped|Response", "", repr(answer)))
            if more:
                await answer.write(b"hello")
                answer.body = None
        return answer

    async def prepare() -> None:
        (await di.nject(web.Application)).middlewares.append(begin)

    async with both(lambda *handlers, **settings: serve(*handlers, prepare, **settings), nothing) as address:
        arrived = await same(address)

    assert "\r\n\r\nhello" in arrived
    assert seen[0] == seen[1]


@pytest.mark.asyncio
@pytest.mark.parametrize("change", [nothing, headers, chunked, compressed])
@pytest.mark.parametrize("is_stamp", [False, True])
async def test_of_an_answer_that_was_prepared_and_given_up_nothing_is_sent(serve, is_stamp, change):
    @get("/")
    async def hello(request: web.Request) -> str:
        given_up = stamp(201, TEXT).answer(b"given up") if is_stamp else web.Response(text="given up")
        change(given_up)
        await given_up.prepare(request)
        raise LookupError

    @on_error(LookupError, status=409)
    async def failed() -> str:
        return "failed"

    async with serve(hello, failed) as served:
        assert await served.ask("GET", "/") == (409, "failed")
        assert await served.ask("GET", "/") == (409, "failed")


def test_it_is_an_answer_of_aiohttps_once_it_was_pickled():
    made = stamp(201, JSON).answer(b"{}")
    made.headers["X-One"] = "1"

    again = pickle.loads(pickle.dumps(made))

    assert type(again) is web.Response
    assert (again.status, again.body, again.headers["X-One"]) == (201, b"{}", "1")
    assert again.content_type == JSON


@pytest.mark.asyncio
async def test_what_the_application_itself_does_to_answers_is_done(serve):
    async def mark(_request: web.Request, response: web.StreamResponse) -> None:
        response.headers["X-Marked"] = "yes"

    async def prepare() -> None:
        (await di.nject(web.Application)).on_response_prepare.append(mark)

    @get("/")
    async def hello() -> str:
        return "hello"

    async with serve(hello, prepare) as served, served.session.get(served.url) as response:
        assert response.headers["X-Marked"] == "yes"


@pytest.mark.parametrize("content_type", [TEXT, JSON])
def test_it_has_what_aiohttp_gives_an_answer(content_type):
    made = stamp(201, content_type).answer(b"hello")

    whole = web.Response(body=b"hello", status=201, headers={"Content-Type": content_type})
    assert {name: getattr(made, name) for name in vars(whole)} == vars(whole)
    assert (made.status, made.reason, made.text, made.content_type) == (
        whole.status,
        whole.reason,
        whole.text,
        whole.content_type,
    )


def test_answers_of_a_stamp_share_nothing_that_changes():
    first, second = (stamp(200, TEXT).answer(body) for body in (b"a", b"b"))

    first.headers["X-One"] = "1"
    first[_KEY] = "value"
    first.set_cookie("one", "1")

    assert "X-One" not in second.headers
    assert _KEY not in second
    assert not second.cookies
    assert (first.text, second.text) == ("a", "b")
