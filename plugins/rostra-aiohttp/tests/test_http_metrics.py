"""How long requests took, as exporters are told."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import pytest
from aiohttp import web

from rostra.metrics import Metrics, Spec
from rostra_aiohttp import get
from rostra_aiohttp.websockets import WebSocket, websocket

pytestmark = pytest.mark.asyncio


class Told:
    """Keeps what was recorded."""

    def __init__(self) -> None:
        self.labels: list[tuple[str, ...]] = []
        self.seconds: list[float] = []

    def record(self, spec: Spec, value: float, labels: Mapping[str, str]) -> None:
        if spec.name == "http_request_seconds":
            self.labels.append(tuple(labels[name] for name in spec.labels))
            self.seconds.append(value)


@get("/orders/{number:[0-9]+}")
async def order(number: int) -> int:
    if number == 0:
        raise web.HTTPConflict
    return 1 // (number - 1)


@get("/lines")
async def lines() -> AsyncIterator[str]:
    yield "one"
    yield "two"


@websocket("/echo")
async def echo(socket: WebSocket) -> None:
    async for message in socket:
        await socket.send(message)


async def test_each_request_is_told_with_its_method_its_route_and_what_was_answered(serve):
    told = Told()

    async with serve(order, lines) as served:
        with served.stage.components.get(Metrics).exported(told):
            for method, path in [
                ("GET", "/orders/2"),
                ("GET", "/orders/0"),
                ("GET", "/orders/1"),
                ("GET", "/orders/x"),
                ("PUT", "/orders/2"),
                ("HEAD", "/orders/3"),
                ("GET", "/lines"),
                ("PROPFIND", "/lines"),
                ("GET", "/livez"),
            ]:
                await served.ask(method, path)

    assert told.labels == [
        ("GET", "/orders/{number}", "200"),
        ("GET", "/orders/{number}", "409"),
        ("GET", "/orders/{number}", "500"),
        ("GET", "", "404"),
        ("PUT", "", "405"),
        ("HEAD", "/orders/{number}", "200"),
        ("GET", "/lines", "200"),
        ("other", "", "405"),
        ("GET", "/livez", "200"),
    ]
    assert all(0 <= seconds < 60 for seconds in told.seconds)


async def test_a_web_socket_is_no_request_that_takes_long(serve):
    told = Told()

    async with serve(echo) as served:
        with served.stage.components.get(Metrics).exported(told):
            async with served.session.ws_connect(f"{served.url}/echo") as client:
                await client.send_str("hello")
                await client.receive_str()
            await served.ask("GET", "/livez")

    assert told.labels == [("GET", "/livez", "200")]


async def test_what_is_refused_or_takes_too_long_is_told_as_well(serve):
    told, go_on = Told(), asyncio.Event()

    @get("/slow")
    async def slow() -> None:
        go_on.set()
        await asyncio.Event().wait()

    async with serve(slow, timeout="300ms", most_requests=1) as served:
        with served.stage.components.get(Metrics).exported(told):
            running = asyncio.create_task(served.ask("GET", "/slow"))
            await go_on.wait()
            assert (await served.ask("GET", "/slow"))[0] == 503
            assert (await running)[0] == 504

    assert told.labels == [("GET", "", "503"), ("GET", "/slow", "504")]
