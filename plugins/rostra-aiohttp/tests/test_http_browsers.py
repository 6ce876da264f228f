"""Pages of other origins, and answers that are compressed."""

import gzip
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from rostra.config import ConfigSource
from rostra.errors import ConfigError
from rostra_aiohttp import HttpConfig, get, post
from rostra_aiohttp.compression import accepts_gzip

SHOP = "https://shop.example"
LONG = "hello " * 1000


@get("/")
async def hello() -> str:
    return "hello"


@post("/orders")
async def place(order: dict[str, Any]) -> dict[str, Any]:
    return order


async def headers_of(served: Any, method: str, path: str, **headers: str) -> tuple[int, Any]:
    async with served.session.request(method, served.url + path, headers=headers) as answer:
        return answer.status, answer.headers


def preflight(origin: str) -> dict[str, str]:
    return {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }


@pytest.mark.asyncio
async def test_no_page_of_another_origin_may_call_by_default(serve):
    async with serve(hello, place) as served:
        status, headers = await headers_of(served, "GET", "/", Origin=SHOP)
        refused, more = await headers_of(served, "OPTIONS", "/orders", **preflight(SHOP))

    assert (status, refused) == (200, 405)
    assert not [name for name in (*headers, *more) if name.startswith("Access-Control")]


@pytest.mark.asyncio
async def test_a_preflight_is_answered_before_any_handler_and_limit(serve):
    cors = {"origins": [SHOP], "credentials": True, "max_age": "5m"}

    async with serve(place, cors=cors) as served:
        status, headers = await headers_of(served, "OPTIONS", "/orders", **preflight(SHOP))

    assert status == 204
    assert headers["Access-Control-Allow-Origin"] == SHOP
    assert headers["Access-Control-Allow-Methods"] == "GET, HEAD, POST, PUT, PATCH, DELETE"
    assert headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type, X-Request-ID"
    assert headers["Access-Control-Allow-Credentials"] == "true"
    assert headers["Access-Control-Max-Age"] == "300"
    assert headers["Vary"] == "Origin"


@pytest.mark.asyncio
async def test_answers_say_who_may_read_them_refusals_among_them(serve):
    async with serve(place, cors={"origins": [SHOP]}) as served:
        answers = [
            await headers_of(served, "POST", "/orders", Origin=SHOP),
            await headers_of(served, "GET", "/nothing", Origin=SHOP),
        ]

    assert [status for status, _ in answers] == [422, 404]
    for _, headers in answers:
        assert headers["Access-Control-Allow-Origin"] == SHOP
        assert headers["Access-Control-Expose-Headers"] == "X-Request-ID"
        assert headers["Vary"] == "Origin"
        assert "Access-Control-Allow-Credentials" not in headers


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://shop.example", "https://shop.example.evil", "null"]
)
async def test_other_origins_may_not(serve, origin):
    async with serve(hello, cors={"origins": [SHOP]}) as served:
        status, headers = await headers_of(served, "GET", "/", Origin=origin)
        refused, more = await headers_of(served, "OPTIONS", "/", **preflight(origin))

    assert (status, refused) == (200, 403)
    assert "Access-Control-Allow-Origin" not in {*headers, *more}
    assert headers["Vary"] == "Origin"


@pytest.mark.asyncio
async def test_any_origin_may_if_that_is_wanted(serve):
    async with serve(hello, cors={"origins": ["*"]}) as served:
        _, headers = await headers_of(served, "GET", "/", Origin=SHOP)

    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Vary" not in headers


@pytest.mark.parametrize(
    ("cors", "why"),
    [
        ({"origins": ["*"], "credentials": True}, "have to be named"),
        ({"origins": ["shop.example"]}, "a scheme and a host"),
        ({"origins": ["https://shop.example/"]}, "a scheme and a host"),
    ],
)
def test_what_would_let_in_too_many_or_nobody_is_an_error_of_the_settings(cors, why):
    with pytest.raises(ConfigError, match=why):
        ConfigSource({"http": {"cors": cors}}).load(HttpConfig, "http")


@get("/long")
async def long() -> str:
    return LONG


@get("/short")
async def short() -> str:
    return "short"


@get("/image")
async def image() -> web.Response:
    return web.Response(body=b"x" * 5000, content_type="image/png")


@get("/tagged")
async def tagged() -> web.Response:
    return web.Response(text=LONG, headers={"ETag": '"v1"', "Vary": "Cookie"})


ON = {"enabled": True}


@pytest.fixture
def plain(serve):
    """Serves without a client that would decompress."""

    def served(**settings: Any) -> Any:
        return serve(long, short, image, tagged, **settings)

    return served


@pytest.mark.asyncio
async def test_a_long_text_is_compressed_for_who_takes_that(plain):
    async with plain(compression=ON) as served, aiohttp.ClientSession(auto_decompress=False) as session:
        async with session.get(f"{served.url}/long", headers={"Accept-Encoding": "br, gzip"}) as answer:
            body = await answer.read()
            assert (answer.headers["Content-Encoding"], answer.headers["Vary"]) == ("gzip", "Accept-Encoding")
            assert int(answer.headers["Content-Length"]) == len(body) < 200
            assert gzip.decompress(body).decode() == LONG
        async with session.get(f"{served.url}/long", headers={"Accept-Encoding": "gzip;q=0"}) as answer:
            assert "Content-Encoding" not in answer.headers
            assert answer.headers["Vary"] == "Accept-Encoding"
        async with session.get(f"{served.url}/tagged", headers={"Accept-Encoding": "gzip"}) as answer:
            assert (answer.headers["ETag"], answer.headers["Vary"]) == ('W/"v1"', "Cookie, Accept-Encoding")


@pytest.mark.asyncio
@pytest.mark.parametrize("path", ["/short", "/image", "/nothing"])
async def test_what_is_small_or_of_another_type_is_sent_as_it_is(plain, path):
    async with plain(compression=ON) as served, served.session.get(served.url + path) as answer:
        assert "Content-Encoding" not in answer.headers
        assert "Vary" not in answer.headers


@pytest.mark.asyncio
async def test_nothing_is_compressed_by_default(plain):
    async with plain() as served, served.session.get(f"{served.url}/long") as answer:
        assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize(
    ("said", "is_taken"),
    [
        ("gzip", True),
        ("GZIP;q=0.5, br", True),
        ("*", True),
        ("gzip;q=0, *", False),
        ("*;q=0", False),
        ("", False),
        ("br, identity", False),
        ("gzipped", False),
        ("gzip;q=x", False),
        ("identity, gzip;q=0.5", False),
        ("identity;q=0.5, gzip", True),
        ("identity, gzip", True),
    ],
)
def test_who_takes_gzip(said, is_taken):
    assert accepts_gzip(said) is is_taken


@given(st.text())
def test_nothing_that_a_client_says_of_encodings_is_an_error(said):
    accepts_gzip(said)
