"""https: certificates that are well, that are not, and that are renewed while the server runs."""

import asyncio
import os
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from rostra import context
from rostra.clock import Clock
from rostra.testing import ManualClock
from rostra_aiohttp import Address, ListenError, get
from rostra_aiohttp.websockets import WebSocket, websocket

pytestmark = pytest.mark.asyncio

CA = """
[ca]
default_ca = own
[own]
database = {folder}/index.txt
new_certs_dir = {folder}
default_md = sha256
policy = any
rand_serial = yes
copy_extensions = copy
[any]
commonName = supplied
"""


@get("/")
async def hello() -> str:
    return "hello"


@attrs.frozen
class Files:
    """A certificate and its key."""

    certificate: Path
    key: Path

    def as_settings(self, **more: Any) -> dict[str, Any]:
        return {"certificate": str(self.certificate), "key": str(self.key), **more}

    def move_to(self, other: "Files") -> None:
        """Put these in place of others, as an update does."""
        self.key.replace(other.key)
        self.certificate.replace(other.certificate)


def openssl(*words: object) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


Make = Callable[..., Files]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes a certificate of its own authority, for 127.0.0.1."""

    def made(
        name: str, since: str = "20200101000000Z", until: str = "20990101000000Z", password: str = ""
    ) -> Files:
        folder = tmp_path / name
        folder.mkdir()
        files = Files(folder / "tls.crt", folder / "tls.key")
        (folder / "index.txt").touch()
        (folder / "ca.cnf").write_text(CA.format(folder=folder))
        encrypted = ["-passout", f"pass:{password}"] if password else ["-nodes"]
        openssl(
            *("req", "-new", "-newkey", "rsa:2048", *encrypted, "-keyout", files.key, "-out", folder / "csr"),
            *("-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"),
        )
        unlocked = ["-passin", f"pass:{password}"] if password else []
        openssl(
            *(
                "ca",
                "-batch",
                "-selfsign",
                "-notext",
                "-config",
                folder / "ca.cnf",
                "-in",
                folder / "csr",
                *unlocked,
            ),
            *("-keyfile", files.key, "-startdate", since, "-enddate", until, "-out", files.certificate),
        )
        return files

    return made


async def shown(served: Any) -> str:
    """The name in the certificate that a new connection is shown, and that an answer comes over it."""
    address = served.stage.components.get(Address)
    unverified = ssl.create_default_context()
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    reader, writer = await asyncio.open_connection(address.host, address.port, ssl=unverified)
    certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert (await reader.read()).endswith(b"hello")
    writer.close()
    return next(name for name in ("first", "second") if f"{name}".encode() in certificate)


async def refusal(serve: Any, **tls: Any) -> ListenError:
    with pytest.raises(ExceptionGroup) as caught:
        async with serve(hello, tls=tls):
            pass
    [error] = caught.value.exceptions
    assert isinstance(error, ListenError)
    assert error.__cause__ is None
    return error


async def test_a_client_that_trusts_the_certificate_is_answered_by_https(serve, make):
    files = make("first")
    trusting = ssl.create_default_context(cafile=files.certificate)

    async with serve(hello, tls=files.as_settings()) as served:
        assert served.url.startswith("https://127.0.0.1:")
        assert await served.ask("GET", "/", ssl=trusting) == (200, "hello")


async def test_tls_below_1_2_is_refused(serve, make):
    old = ssl.create_default_context()
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1

    async with serve(hello, tls=make("first").as_settings()) as served:
        address = served.stage.components.get(Address)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.open_connection(address.host, address.port, ssl=old)


async def test_who_does_not_shake_hands_in_time_is_let_go(serve, make):
    async with serve(hello, tls=make("first").as_settings(), headers_timeout=0.2) as served:
        address = served.stage.components.get(Address)
        reader, writer = await asyncio.open_connection(address.host, address.port)
        assert await asyncio.wait_for(reader.read(), 20) == b""
        writer.close()


async def test_an_encrypted_key_is_opened_by_its_password(serve, make):
    files = make("first", password="hunter22")

    async with serve(hello, tls=files.as_settings(password="hunter22")) as served:
        assert await shown(served) == "first"


async def test_an_expired_certificate_ends_the_start(serve, make):
    files = make("first", until="20200201000000Z")

    error = await refusal(serve, **files.as_settings())

    assert str(error) == (
        "cannot listen on 127.0.0.1:0\n"
        f"  where   [http.tls] certificate = {files.certificate}, from a mapping\n"
        "  why     the certificate has expired on 2020-02-01 00:00 UTC\n"
        "  to fix  renew the files, or name others:\n"
        "          with --env-prefix APP, APP_HTTP_TLS_CERTIFICATE=/path/to/certificate.pem\n"
        "          [http.tls] certificate = /path/to/certificate.pem in a file of settings"
    )


async def test_a_certificate_that_is_not_valid_yet_ends_the_start(serve, make):
    files = make("first", since="20980101000000Z")

    assert (await refusal(serve, **files.as_settings())).reason.startswith(
        "the certificate is valid from 2098-01-01"
    )


async def test_the_key_of_another_certificate_ends_the_start(serve, make):
    first, second = make("first"), make("second")

    error = await refusal(serve, certificate=str(first.certificate), key=str(second.key))

    assert error.reason == "the key is not that of the certificate"
    assert error.where == (f"[http.tls] key = {second.key}, from a mapping",)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("hunter33", "the password of the key is wrong"),
        (None, "the key is encrypted, and there is no password"),
    ],
)
async def test_a_password_that_does_not_open_the_key_ends_the_start_and_is_not_shown(
    serve, make, password, reason
):
    files = make("first", password="hunter22")

    error = await refusal(serve, **files.as_settings(**({"password": password} if password else {})))

    assert error.reason == reason
    assert "hunter" not in str(error)


async def test_a_file_that_is_not_there_or_no_certificate_ends_the_start(serve, make, tmp_path):
    files = make("first")
    (tmp_path / "empty").write_text("hello")

    missing = await refusal(serve, certificate=str(files.certificate), key=str(tmp_path / "none"))
    wrong = await refusal(serve, certificate=str(tmp_path / "empty"), key=str(files.key))

    assert missing.reason == "No such file or directory"
    assert missing.where[0].startswith("[http.tls] key = ")
    assert wrong.reason == "it is no PEM file of a certificate"


async def test_new_connections_get_a_renewed_certificate_and_old_ones_go_on(serve, make, caplog):
    caplog.set_level("INFO")
    clock = ManualClock()
    first, second = make("first"), make("second")
    noticed = asyncio.Event()

    async def prepare() -> None:
        context.add(clock, Clock)

    def notice(record: Any) -> bool:
        if record.getMessage().startswith("http.certificate"):
            noticed.set()
        return True

    caplog.handler.addFilter(notice)
    trusting = ssl.create_default_context(cafile=first.certificate)
    await clock.advance(30 * 365 * 86400)  # it begins in 2000
    async with serve(hello, prepare, tls=first.as_settings()) as served:
        assert await served.ask("GET", "/", ssl=trusting) == (200, "hello")
        assert await shown(served) == "first"
        second.move_to(first)
        await clock.wait_for_sleepers()
        await clock.advance(61)
        await asyncio.wait_for(noticed.wait(), 20)
        assert await shown(served) == "second"
        assert await served.ask("GET", "/", ssl=trusting) == (
            200,
            "hello",
        )  # the connection is that of before

    assert any(
        line.startswith("http.certificate_renewed until='2099-01-01 00:00 UTC'") for line in caplog.messages
    )


async def test_a_renewed_certificate_that_is_not_well_is_told_and_not_taken(serve, make, caplog):
    clock = ManualClock()
    first, expired = make("first"), make("second", until="20200201000000Z")
    noticed = asyncio.Event()

    async def prepare() -> None:
        context.add(clock, Clock)

    def notice(record: Any) -> bool:
        if record.getMessage().startswith("http.certificate"):
            noticed.set()
        return True

    caplog.handler.addFilter(notice)
    await clock.advance(30 * 365 * 86400)  # it begins in 2000
    async with serve(hello, prepare, tls=first.as_settings()) as served:
        expired.move_to(first)
        await clock.wait_for_sleepers()
        await clock.advance(61)
        await asyncio.wait_for(noticed.wait(), 20)
        assert await shown(served) == "first"

    assert any("the certificate has expired on 2020-02-01" in line for line in caplog.messages)


@pytest.mark.parametrize(
    ("asked", "code"),
    [("return", 1000), ("close", 4001), ("x" * 2000, 1009), ("stop", 1001), ("goodbye", 4007)],
)
async def test_web_sockets_end_in_order_over_tls_whoever_ends_them(serve, make, caplog, asked, code):
    files, ended = make("first"), asyncio.Event()
    trusting = ssl.create_default_context(cafile=files.certificate)

    @websocket("/talk")
    async def talk(socket: WebSocket) -> None:
        try:
            async for message in socket:
                if message == "close":
                    await socket.close(4001)
                if message == "return":
                    return
        finally:
            ended.set()

    async with asyncio.timeout(20):
        async with serve(talk, tls=files.as_settings(), websocket={"largest": "1KiB"}) as served:
            client = await served.session.ws_connect(f"{served.url}/talk", ssl=trusting)
            if asked == "goodbye":
                await client.close(code=4007)
                told = client.close_code
            else:
                await client.send_str(asked) if asked != "stop" else served.stage.stop()
                told = (await client.receive()).data
            await ended.wait()

    assert told == code
    assert [record for record in caplog.records if record.levelname in ("ERROR", "WARNING")] == []


async def test_a_file_is_sent_whole_and_who_goes_away_in_the_middle_is_no_error(
    serve, make, tmp_path, caplog
):
    files, content = make("first"), os.urandom(1 << 16) * 128
    trusting = ssl.create_default_context(cafile=files.certificate)
    (tmp_path / "large").write_bytes(content)

    @get("/large")
    async def large() -> Path:
        return tmp_path / "large"

    async with asyncio.timeout(60):
        async with serve(large, tls=files.as_settings()) as served:
            address = served.stage.components.get(Address)
            async with served.session.get(f"{served.url}/large", ssl=trusting) as response:
                whole = await response.read()
            for _ in range(3):
                reader, writer = await asyncio.open_connection(address.host, address.port, ssl=trusting)
                writer.write(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
                await reader.read(1000)
                writer.transport.abort()

    assert whole == content
    assert [record for record in caplog.records if record.levelname in ("ERROR", "WARNING")] == []
