"""Where the server listens, and why it may not be able to."""

import asyncio
import socket
from time import monotonic
from typing import Any

import pytest
from aiohttp import web

from rostra import plugin
from rostra.config import ConfigSource
from rostra.testing import checkpoint
from rostra_aiohttp import Address, ListenError, get
from rostra_aiohttp.closing import MOMENT, hear_the_last, take_all
from rostra_aiohttp.connections import opening

pytestmark = pytest.mark.asyncio


@get("/")
async def hello() -> str:
    return "hello"


async def refusal(serve: Any, **settings: Any) -> ListenError:
    with pytest.raises(ExceptionGroup) as caught:
        async with serve(hello, **settings):
            pass
    [error] = caught.value.exceptions
    assert isinstance(error, ListenError)
    return error


async def test_the_bound_address_is_a_component_and_stands_in_the_log(serve, caplog):
    caplog.set_level("INFO")

    async with serve(hello) as served:
        address = served.stage.components.get(Address)

    assert address.host == "127.0.0.1"
    assert address.port > 0
    [line] = [line for line in caplog.messages if line.startswith("http.listening")]
    assert line.startswith(f"http.listening url=http://127.0.0.1:{address.port}")


async def test_it_listens_on_ipv6_too(serve):
    async with serve(hello, host="::1") as served:
        assert served.url.startswith("http://[::1]:")
        assert await served.ask("GET", "/") == (200, "hello")


async def test_a_port_that_is_taken_is_an_error_that_names_the_setting_and_the_ways_to_change_it(serve):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        error = await refusal(serve, port=port)

    another = port + 1 if port < 65535 else 8080
    assert str(error) == (
        f"cannot listen on 127.0.0.1:{port}\n"
        f"  where   [http] port = {port}, from a mapping\n"
        "  why     another process listens there already\n"
        "  to fix  stop that process, or listen elsewhere; port 0 takes any that is free:\n"
        f"          --set http.port={another}\n"
        f"          with --env-prefix APP, APP_HTTP_PORT={another}\n"
        f"          [http] port = {another} in a file of settings"
    )


async def test_the_variable_to_set_is_the_one_of_the_programs_prefix(serve):
    source = ConfigSource(env_prefix="ORDERS", environ={"ORDERS_HTTP_HOST": "192.0.2.1"})

    assert source.variable("http.host") == "ORDERS_HTTP_HOST"
    assert ConfigSource().variable("http.host") is None


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("192.0.2.1", "this machine has no such address"),
        ("no.such.host.invalid", "its name cannot be resolved"),
    ],
)
async def test_a_host_that_is_not_of_this_machine_is_an_error_about_the_host(serve, host, why):
    error = await refusal(serve, host=host)

    assert error.reason.startswith(why)
    assert error.fix[0] == "--set http.host=127.0.0.1"


async def test_who_waits_to_be_accepted_when_it_stops_is_answered(serve):
    waiting = []
    async with serve(hello) as served:
        address = served.stage.components.get(Address)
        for _ in range(
            20
        ):  # the loop does not turn meanwhile, so that none of them is accepted before the stop
            waiting.append(socket.create_connection((address.host, address.port)))
            waiting[-1].sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        served.stage.stop()

    for each in waiting:
        with each:
            each.settimeout(20)
            assert each.recv(1000).startswith(b"HTTP/1.1 200 OK")


async def test_who_has_connected_just_before_the_stop_is_still_heard():
    async def answer(_request):
        return web.Response(text="hello")

    server = web.Server(answer)
    accepting = await asyncio.get_running_loop().create_server(opening(server, 0, ()), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*accepting.sockets[0].getsockname())
    accepting.close()
    hearing = asyncio.create_task(hear_the_last(server, (), seconds=60))
    for _ in range(200):
        await checkpoint()
    assert not hearing.done()

    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")

    assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
    async with asyncio.timeout(20):
        await hearing
    writer.close()
    await server.shutdown()


async def test_a_socket_that_closes_takes_who_waits_there_first():
    accepted = []

    async def speak(connection):
        accepted.append(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        waiting = [socket.create_connection(listener.getsockname()) for _ in range(5)]

        await asyncio.gather(*take_all(listener, speak))

    assert len(accepted) == 5
    for each in (*accepted, *waiting):
        each.close()


async def test_who_connects_and_says_nothing_keeps_it_from_stopping_for_a_moment_only(serve):
    async with serve(hello) as served:
        address = served.stage.components.get(Address)
        _, silent = await asyncio.open_connection(address.host, address.port)
        assert await served.ask("GET", "/") == (200, "hello")

        begun = monotonic()
        served.stage.stop()
        await served.stage.lifecycle.wait_for(plugin.Phase.STOPPED)
        took = monotonic() - begun

    assert took >= MOMENT
    silent.close()
