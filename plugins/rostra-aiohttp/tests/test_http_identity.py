"""The id of a request: in its answer, in the log, and in what is answered when something fails."""

import logging
import re
from typing import Any

import pytest
from aiohttp import web

from rostra import log
from rostra_aiohttp import get, request_id

pytestmark = pytest.mark.asyncio

MADE = re.compile(r"[0-9a-f]{32}")


@get("/")
async def known(request: web.Request) -> list[str]:
    return [request_id(request), log.bound_keys()["request"]]


async def asked(served: Any, path: str = "/", **headers: str) -> tuple[str | None, Any]:
    async with served.session.get(served.url + path, headers=headers) as response:
        return response.headers.get("X-Request-ID"), await response.json(content_type=None)


async def test_a_request_has_an_id_that_its_handler_its_log_and_its_answer_share(serve):
    async with serve(known) as served:
        first, said = await asked(served)
        second, _ = await asked(served)

    assert MADE.fullmatch(first)
    assert said == [first, first]
    assert first != second


@pytest.mark.parametrize("said", ["a", "01J9Z-x.y_z:1/2+3=@4", "x" * 128])
async def test_the_id_of_the_client_is_kept(serve, said):
    async with serve(known) as served:
        assert await asked(served, **{"X-Request-ID": said}) == (said, [said, said])


@pytest.mark.parametrize(
    "said", ["", " ", "x" * 129, "a b", 'a"b', "a;b", "../etc", "ä", "$(ls)", "a\tb", "%0a"]
)
async def test_what_could_do_harm_in_a_log_is_no_id(serve, said):
    async with serve(known) as served:
        answered, _ = await asked(served, **{"X-Request-ID": said})

    assert MADE.fullmatch(answered)


async def test_a_500_tells_the_id_by_which_its_line_in_the_log_is_found(serve, caplog):
    @get("/broken")
    async def broken() -> None:
        raise ValueError("hunter2")

    async with serve(broken) as served:
        chosen, problem = await asked(served, "/broken")

    assert problem == {"status": 500, "title": "Internal Server Error", "request": chosen}
    [record] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.getMessage().endswith(f"request={chosen}")


async def test_streams_and_refusals_tell_it_too(serve):
    @get("/stream")
    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"1")
        return response

    async with serve(stream) as served:
        assert (await asked(served, "/stream", **{"X-Request-ID": "mine"}))[0] == "mine"
        assert (await asked(served, "/nothing", **{"X-Request-ID": "mine"}))[0] == "mine"


async def test_it_can_be_switched_off(serve):
    @get("/")
    async def nothing(request: web.Request) -> str:
        return f'"{request_id(request)}"'

    async with serve(nothing, request_id=False) as served:
        assert await asked(served, **{"X-Request-ID": "mine"}) == (None, "")
