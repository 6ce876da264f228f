"""Sockets in the file system, and an address for those who look after the service."""

import asyncio
import socket
import stat
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from rostra import di
from rostra_aiohttp import Address, Admin, ListenError, get

pytestmark = pytest.mark.asyncio


@get("/")
async def hello(request: web.Request) -> str:
    return f"hello {request.remote or 'nobody'}"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.sock"


async def asked(path: Path, target: str = "/") -> str:
    connector = aiohttp.UnixConnector(str(path))
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.get(f"http://x{target}") as answer,
    ):
        return await answer.text()


async def refusal(serve: Any, **settings: Any) -> ListenError:
    with pytest.raises(ExceptionGroup) as caught:
        async with serve(hello, **settings):
            pass
    [error] = caught.value.exceptions
    assert isinstance(error, ListenError)
    return error


async def test_a_socket_in_the_file_system_is_served_and_removed(serve, path):
    async with serve(hello, socket=str(path), socket_mode="600") as served:
        assert await asked(path) == "hello nobody"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert served.stage.components.get(Address) == Address("", 0, "http", path)
        assert served.url == f"http+unix:{path}"

    assert list(path.parent.iterdir()) == []


async def test_a_socket_that_a_dead_process_has_left_is_replaced(serve, path):
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))

    async with serve(hello, socket=str(path)):
        assert await asked(path) == "hello nobody"


async def test_a_socket_behind_which_somebody_listens_is_refused_and_left_alone(serve, path):
    async with serve(hello, socket=str(path)):
        error = await refusal(serve, socket=str(path))
        assert await asked(path) == "hello nobody"

    assert str(error) == (
        f"cannot listen on {path}\n"
        f"  where   [http] socket = {path}, from a mapping\n"
        "  why     another process listens there already\n"
        "  to fix  stop that process, or listen elsewhere:\n"
        "          --set http.socket=/tmp/http.sock\n"
        "          with --env-prefix APP, APP_HTTP_SOCKET=/tmp/http.sock\n"
        "          [http] socket = /tmp/http.sock in a file of settings"
    )


async def test_a_file_that_is_no_socket_is_refused_and_left_alone(serve, path):
    path.write_text("mine")

    error = await refusal(serve, socket=str(path))

    assert error.reason == "there is another file"
    assert path.read_text() == "mine"


async def test_a_folder_that_is_not_there_is_an_error_that_says_so(serve, path):
    error = await refusal(serve, socket=str(path.parent / "none" / "x.sock"))

    assert error.reason == "No such file or directory"
    assert error.fix[0] == "make its folder, or listen elsewhere:"


async def test_a_socket_that_another_server_has_taken_over_meanwhile_is_left_to_it(serve, path):
    async with serve(hello, socket=str(path)):
        path.unlink()
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(path))
            number = path.stat().st_ino

    assert path.stat().st_ino == number


async def test_a_proxy_on_the_socket_is_trusted_as_soon_as_any_is(serve, path):
    async with serve(hello, socket=str(path), trusted_proxies=["10.0.0.0/8"]):
        connector = aiohttp.UnixConnector(str(path))
        headers = {"X-Forwarded-For": "203.0.113.7"}
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.get("http://x/", headers=headers) as answer,
        ):
            assert await answer.text() == "hello 203.0.113.7"


async def test_probes_move_to_the_address_for_those_who_look_after_the_service(serve):
    async with serve(hello, admin={"port": 0}) as served:
        admin = served.stage.components.get(Address, name="admin")
        assert admin.url != served.url
        for probe in ("/livez", "/readyz", "/startupz"):
            assert (await served.ask("GET", probe))[0] == 404
            async with served.session.get(admin.url + probe) as answer:
                assert (answer.status, (await answer.json())["status"]) == (200, "well")
        async with served.session.get(f"{admin.url}/") as answer:
            assert answer.status == 404


@pytest.mark.parametrize("settings", [{}, {"admin": {"port": 0}}])
async def test_what_is_registered_for_it_is_served_there_or_where_all_is(serve, settings):
    async def metrics(_: web.Request) -> web.Response:
        return web.Response(text="requests_total 1")

    async def prepare() -> None:
        (await di.nject(Admin)).application.router.add_get("/metrics", metrics)

    async with serve(hello, prepare, **settings) as served:
        address = served.stage.components.get(Address, name="admin" if settings else None)
        async with served.session.get(f"{address.url}/metrics") as answer:
            assert await answer.text() == "requests_total 1"


async def test_an_admin_port_that_is_taken_is_an_error_that_names_its_setting(serve):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        error = await refusal(serve, admin={"port": port})

    assert error.where == (f"[http.admin] port = {port}, from a mapping",)
    assert error.fix[1].startswith("--set http.admin.port=")


async def test_probes_are_answered_there_while_the_last_requests_are_finished(serve):
    arrived, go_on = asyncio.Event(), asyncio.Event()

    @get("/slow")
    async def slow() -> str:
        arrived.set()
        await go_on.wait()
        return "done"

    async with serve(slow, admin={"port": 0}) as served:
        admin = served.stage.components.get(Address, name="admin")
        asking = asyncio.create_task(served.ask("GET", "/slow"))
        await arrived.wait()
        served.stage.stop()
        try:
            while True:
                async with served.session.get(f"{admin.url}/readyz") as answer:
                    if answer.status == 503:
                        break
        finally:
            go_on.set()
        assert await asking == (200, "done")
