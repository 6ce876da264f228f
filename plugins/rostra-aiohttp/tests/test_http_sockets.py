"""The server on sockets that were given to its process, and as a worker that its parent counts."""

import asyncio
import os
import resource
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from rostra import context, fork
from rostra.fork.balancing import Places
from rostra.testing import checkpoint
from rostra_aiohttp import Address, get

pytestmark = pytest.mark.asyncio


@get("/")
async def hello() -> str:
    return "hello"


@pytest.fixture
def bound() -> Iterator[Callable[..., fork.Bound]]:
    """Binds a free port, or a file."""
    with ExitStack() as opened:

        def bind(name: str = "", path: Path | None = None) -> fork.Bound:
            listener = opened.enter_context(socket.socket(socket.AF_INET if path is None else socket.AF_UNIX))
            listener.bind(("127.0.0.1", 0) if path is None else str(path))
            listener.listen()
            listener.setblocking(False)
            return fork.Bound(listener, name)

        yield bind


def given(*bound: fork.Bound) -> Any:
    async def prepare() -> None:
        context.add(fork.Sockets(bound))

    return prepare


async def asked(url: str, path: Path | None = None, tls: ssl.SSLContext | bool = True) -> str:
    connector = aiohttp.TCPConnector(ssl=tls) if path is None else aiohttp.UnixConnector(str(path))
    async with aiohttp.ClientSession(connector=connector) as session, session.get(url) as answer:
        return await answer.text()


async def test_given_sockets_are_served_all_of_them_in_place_of_host_and_port(serve, bound, tmp_path, caplog):
    caplog.set_level("INFO")
    path = tmp_path / "x.sock"
    one, other, local = bound(), bound(), bound(path=path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        async with serve(hello, given(one, other, local), port=taken.getsockname()[1]) as served:
            urls = [f"http://127.0.0.1:{each.address.port}" for each in (one, other)]
            assert served.url == urls[0]
            assert [await asked(url) for url in urls] == ["hello", "hello"]
            assert await asked("http://x/", path) == "hello"
            found = served.stage.components.find(Address)

    assert set(found) == {None, urls[1], f"http+unix:{path}"}
    lines = [line for line in caplog.messages if line.startswith("http.listening")]
    assert len(lines) == 3
    assert path.exists()  # it is removed by whoever has bound it


async def test_a_given_socket_of_that_name_is_the_one_for_those_who_look_after_the_service(serve, bound):
    main, admin = bound(), bound("http.admin")

    async with serve(hello, given(main, admin), admin={"port": 1}) as served:
        assert await asked(f"{served.url}/") == "hello"
        url = f"http://127.0.0.1:{admin.address.port}"
        assert served.stage.components.get(Address, name="admin").url == url
        assert '"well"' in await asked(f"{url}/livez")


async def test_given_sockets_speak_tls_if_the_settings_say_so(serve, bound, tmp_path):
    certificate, key = tmp_path / "tls.crt", tmp_path / "tls.key"
    words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=x -addext subjectAltName=IP:127.0.0.1"
    files = ["-keyout", str(key), "-out", str(certificate)]
    await asyncio.to_thread(
        subprocess.run, ["openssl", *words.split(), *files], check=True, capture_output=True
    )
    tls = ssl.create_default_context(cafile=certificate)

    async with serve(hello, given(bound()), tls={"certificate": str(certificate), "key": str(key)}) as served:
        assert served.url.startswith("https://127.0.0.1:")
        assert await asked(served.url, tls=tls) == "hello"


async def test_a_socket_that_others_serve_too_goes_on_listening_when_this_process_stops(serve, bound):
    mine = bound()
    others = mine.socket.dup()

    async with serve(hello, given(mine)) as served:
        assert await asked(served.url) == "hello"

    with others, socket.create_connection(others.getsockname()) as client:
        accepted, _ = others.accept()
        with accepted:
            accepted.sendall(b"from another")
            assert client.recv(100) == b"from another"


async def test_requests_are_counted_for_the_parent_of_a_worker(serve):
    counted = []

    async def prepare() -> None:
        context.add(fork.Worker(1, 2, count_request=lambda: counted.append(os.getpid())))

    async with serve(hello, prepare) as served:
        for _ in range(3):
            assert await served.ask("GET", "/") == (200, "hello")
        assert (await served.ask("GET", "/nothing"))[0] == 404

    assert len(counted) == 4


async def one_of_several() -> None:
    """Add what a worker has that shares its sockets."""
    context.add(fork.Worker(1, 2, balance=Places().take(1)))


async def test_a_worker_that_shares_its_sockets_speaks_tls_and_forgets_who_does_not(serve, tmp_path):
    certificate, key = tmp_path / "tls.crt", tmp_path / "tls.key"
    words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=x -addext subjectAltName=IP:127.0.0.1"
    files = ["-keyout", str(key), "-out", str(certificate)]
    await asyncio.to_thread(
        subprocess.run, ["openssl", *words.split(), *files], check=True, capture_output=True
    )
    tls = ssl.create_default_context(cafile=certificate)

    async def prepare() -> None:
        await one_of_several()

    async with serve(
        hello, prepare, tls={"certificate": str(certificate), "key": str(key)}, headers_timeout="1s"
    ) as served:
        address = served.stage.components.get(Address)
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        silent, other = await asyncio.open_connection(address.host, address.port)

        assert await asked(served.url, tls=tls) == "hello"
        assert b"hello" not in await reader.read()
        assert await silent.read() == b""
        writer.close()
        other.close()


async def test_other_workers_see_at_once_how_many_connections_have_ended(serve):
    places = Places()
    mine, its = places.take(1), places.take(2)
    its.tell(1)

    async def prepare() -> None:
        context.add(fork.Worker(1, 2, balance=mine))

    async with serve(hello, prepare) as served:
        address = served.stage.components.get(Address)
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
        assert its.is_due

        writer.close()

        async with asyncio.timeout(20):
            while its.is_due:
                await checkpoint()


async def test_a_worker_that_has_no_room_for_connections_goes_on_when_it_has(serve, caplog):
    async def prepare() -> None:
        await one_of_several()

    async with serve(hello, prepare) as served:
        address = served.stage.components.get(Address)
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        client = socket.socket()
        client.setblocking(False)
        lowest = os.dup(0)
        os.close(lowest)
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, before[1]))
        try:
            await asyncio.get_running_loop().sock_connect(client, (address.host, address.port))
            async with asyncio.timeout(20):
                while not any(line.startswith("http.exhausted") for line in caplog.messages):
                    await checkpoint()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
        with client:
            loop = asyncio.get_running_loop()
            await loop.sock_sendall(client, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert b"200 OK" in await loop.sock_recv(client, 1000)
