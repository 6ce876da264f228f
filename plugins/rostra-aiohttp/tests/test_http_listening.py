"""Where the server listens, and why it may not be able to."""

import socket
from typing import Any

import pytest

from rostra.config import ConfigSource
from rostra_aiohttp import Address, ListenError, get

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
