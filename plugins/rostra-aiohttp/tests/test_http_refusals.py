"""What a client sends or a handler does that cannot be answered, and who is told of it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any, Literal

import pytest

from rostra import log
from rostra.errors import HandlerError
from rostra_aiohttp import Body, get, post

pytestmark = pytest.mark.asyncio


def errors(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_body_that_is_not_encoded_as_its_header_says_is_a_400_and_no_error_of_ours(
    serve, caplog, encoding
):
    @post("/orders")
    async def place(order: Body[dict[str, Any]]) -> None: ...

    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    async with serve(place) as served:
        async with served.session.post(f"{served.url}/orders", data=b"notgzip", headers=headers) as response:
            answer = await response.json(content_type="application/problem+json")
            connection = response.headers["Connection"]
        again = await served.ask("POST", "/orders", json={})

    assert (response.status, connection) == (400, "close")
    assert answer == {
        "status": 400,
        "title": "Bad Request",
        "detail": f"the body cannot be read: Can not decode content-encoding: {encoding}",
    }
    assert again[0] == 204
    assert errors(caplog) == []


async def test_a_body_that_nobody_reads_may_be_encoded_as_it_likes(serve, caplog):
    @post("/ping")
    async def ping() -> str:
        return "pong"

    async with serve(ping) as served:
        answer = await served.ask("POST", "/ping", data=b"x", headers={"Content-Encoding": "gzip"})

    assert answer == (200, "pong")
    assert errors(caplog) == []


async def test_a_cancellation_that_the_handler_raised_by_itself_is_a_500_in_the_log(serve, caplog):
    @get("/cancelled")
    async def cancelled() -> None:
        raise asyncio.CancelledError

    async with serve(cancelled) as served:
        answer = await served.ask("GET", "/cancelled")

    assert answer == (500, {"status": 500, "title": "Internal Server Error"})
    [record] = errors(caplog)
    assert record.getMessage().startswith("http.failed method=GET path=/cancelled request=")


async def test_what_a_handler_logs_says_which_request_it_was(serve, caplog):
    caplog.set_level("INFO")

    @get("/orders/{number}")
    async def show(number: int) -> None:
        log.get("orders").info("order.shown")

    async with serve(show) as served:
        await served.ask("GET", "/orders/3")

    assert any(line.startswith("order.shown method=GET path=/orders/3 request=") for line in caplog.messages)


async def test_a_pair_is_a_status_and_a_body_unless_the_annotation_says_that_it_is_data(serve):
    @get("/unsaid")
    async def unsaid():
        return 202, 5

    @get("/said")
    async def said() -> tuple[int, int]:
        return 202, 5

    @get("/either")
    async def either() -> list[int] | tuple[Literal[202] | HTTPStatus, Any] | None:
        return HTTPStatus.ACCEPTED, 5

    @get("/list")
    async def listed() -> list[int]:
        return 404, 5  # type: ignore[return-value]  # what the framework makes of it

    @get("/many")
    async def many() -> tuple[int, ...]:
        return 404, 5

    async with serve(unsaid, said, either, listed, many) as served:
        answers = [
            await served.ask("GET", path) for path in ("/unsaid", "/said", "/either", "/list", "/many")
        ]

    assert answers == [(202, 5), (202, 5), (202, 5), (200, [404, 5]), (200, [404, 5])]


async def test_a_status_that_is_none_is_a_500_and_the_log_names_the_handler(serve, caplog):
    @get("/odd")
    async def odd() -> tuple[int, str]:
        return 999, "x"

    async with serve(odd) as served:
        status, _ = await served.ask("GET", "/odd")

    assert status == 500
    [record] = errors(caplog)
    assert record.exc_info is not None
    error = record.exc_info[1]
    assert isinstance(error, HandlerError)
    place = error.where[1]
    assert place.startswith("handler odd, ")
    assert str(error) == (
        "odd returned the status 999\n"
        "  where   GET /odd\n"
        f"          {place}\n"
        "  why     the status of an answer is a number from 200 to 599, and (number, body) is read as a status and a body\n"
        "  to fix  if the pair is data, say so by the return annotation: -> list[int]"
    )


async def test_a_result_that_json_cannot_say_names_the_handler(serve, caplog):
    @get("/iterated")
    async def iterated() -> Any:
        return aiter(parts())

    async def parts() -> AsyncIterator[str]:
        yield "x"

    async with serve(iterated) as served:
        status, _ = await served.ask("GET", "/iterated")

    assert status == 500
    [record] = errors(caplog)
    assert record.exc_info is not None
    error = record.exc_info[1]
    assert isinstance(error, HandlerError)
    assert error.what == "iterated returned an async_generator, which JSON cannot say"
    assert error.where[1].startswith("handler iterated, ")


async def test_a_decorator_without_parentheses_is_an_error_that_shows_how_to_write_it():
    async def hello() -> None: ...

    with pytest.raises(HandlerError) as caught:
        get(hello)  # type: ignore[arg-type]  # the mistake itself

    error = caught.value
    assert error.where[0].startswith("handler hello, ")
    assert str(error) == (
        "@get needs a path\n"
        f"  where   {error.where[0]}\n"
        "  why     without parentheses it takes the function for the path\n"
        '  to fix  write @get("/hello")'
    )


async def test_a_path_that_is_no_text_is_an_error_of_its_line():
    with pytest.raises(HandlerError) as caught:
        post(7)  # type: ignore[arg-type]  # the mistake itself

    assert str(caught.value) == ('@post needs a path\n  why     7 is no text\n  to fix  write @post("/path")')
