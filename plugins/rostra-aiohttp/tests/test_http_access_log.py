"""The access log: one event for each answer that is to be logged, and nothing that should not stand in a log."""

import asyncio
import logging
from typing import Any

import pytest
from aiohttp import web

from rostra.config import ConfigSource
from rostra.errors import ConfigError
from rostra_aiohttp import HttpConfig, get, post

pytestmark = pytest.mark.asyncio

ON = {"enabled": True}


@get("/orders/{number}")
async def show(number: int) -> str:
    return "hello"


@post("/orders")
async def place(request: web.Request) -> None:
    await request.read()


def events(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """What the access log says, without what differs each time."""
    found = [record for record in caplog.records if record.name == "rostra.http.access"]
    return [record.rostra_fields for record in found]  # type: ignore[attr-defined]  # ours


async def test_an_answer_is_one_event(serve, caplog):
    caplog.set_level(logging.INFO)

    async with serve(show, access_log=ON) as served:
        headers = {"User-Agent": "curl/8" + "x" * 500, "X-Request-ID": "r1"}
        await served.ask("GET", "/orders/7?token=hunter2", headers=headers)

    [event] = events(caplog)
    assert event.pop("seconds") >= 0
    assert event.pop("bytes") >= len("hello")
    assert event == {
        "event": "http.answered",
        "method": "GET",
        "path": "/orders/7",
        "route": "/orders/{number}",
        "status": 200,
        "client": "127.0.0.1",
        "agent": ("curl/8" + "x" * 500)[:200],
        "request": "r1",
    }


async def test_no_query_body_or_secret_stands_in_it(serve, caplog):
    caplog.set_level(logging.INFO)

    async with serve(place, access_log=ON) as served:
        headers = {
            "Authorization": "Bearer hunter2",
            "Cookie": "session=hunter2",
            "Referer": "http://x/?hunter2",
        }
        await served.ask("POST", "/orders?key=hunter2", headers=headers, data=b"hunter2")

    assert len(events(caplog)) == 1
    assert "hunter2" not in str(events(caplog))


async def test_what_nobody_serves_has_no_route(serve, caplog):
    caplog.set_level(logging.INFO)

    async with serve(show, access_log=ON) as served:
        await served.ask("GET", "/nothing")
        await served.ask("DELETE", "/orders/7")

    assert [(event["status"], event["route"]) for event in events(caplog)] == [(404, None), (405, None)]


async def test_what_is_answered_before_the_application_sees_it_is_logged_with_its_id_too(serve, caplog):
    caplog.set_level(logging.INFO)
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "GET", "X-Request-ID": "r1"}

    async with serve(show, access_log=ON, cors={"origins": ["*"]}) as served:
        await served.ask("OPTIONS", "/orders/7", headers=asked)

    assert [(event["status"], event["request"]) for event in events(caplog)] == [(204, "r1")]


async def test_probes_are_left_out_unless_they_are_wanted(serve, caplog):
    caplog.set_level(logging.INFO)

    async with serve(show, access_log=ON) as served:
        await served.ask("GET", "/livez")
    assert events(caplog) == []

    async with serve(show, access_log={**ON, "probes": True}) as served:
        await served.ask("GET", "/livez")
    assert [event["path"] for event in events(caplog)] == ["/livez"]


async def test_it_is_off_until_somebody_wants_it(serve, caplog):
    caplog.set_level(logging.INFO)

    async with serve(show) as served:
        await served.ask("GET", "/orders/7")

    assert events(caplog) == []


async def test_a_class_of_status_may_be_sampled(serve, caplog):
    caplog.set_level(logging.INFO)

    async with serve(show, access_log={**ON, "sample": {"2": 0.0}}) as served:
        await served.ask("GET", "/orders/7")
        await served.ask("GET", "/orders/seven")

    assert [event["status"] for event in events(caplog)] == [422]


async def test_nothing_is_built_if_no_level_lets_it_through(serve, caplog):
    caplog.set_level(logging.WARNING, "rostra.http.access")

    async with serve(show, access_log=ON) as served:
        await served.ask("GET", "/orders/7")

    assert events(caplog) == []


@pytest.mark.parametrize(
    ("sample", "why"),
    [({"6": 0.1}, "classes of status"), ({"2": 1.5}, "from 0 to 1"), ({"ok": 0.5}, "whole number")],
)
async def test_a_sample_that_makes_no_sense_is_an_error_of_the_settings(sample, why):
    with pytest.raises(ConfigError, match=why):
        ConfigSource({"http": {"access_log": {"sample": sample}}}).load(HttpConfig, "http")


async def test_what_is_no_http_is_one_line_that_shows_nothing_of_it(serve, caplog):
    caplog.set_level(logging.INFO)

    async with serve(show, access_log=ON) as served:
        host, _, port = served.url.removeprefix("http://").rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"hunter2 hunter2\r\n\r\n")
        answer = await reader.read()
        writer.close()

    assert answer.startswith((b"HTTP/1.0 400", b"HTTP/1.1 400"))
    assert b"application/problem+json" in answer
    assert [event["status"] for event in events(caplog)] == [400]
    assert "hunter2" not in caplog.text
