"""A service of tomodachi and one of rostra understand each other over RabbitMQ, in both directions.

tomodachi has dependencies of its own, so it lives in an environment of its own, which is made once and kept in pytest's
cache.
"""

import asyncio
import fcntl
import json
import os
import shutil
import subprocess
import sys
import threading
import types
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.wrappers_pb2 import StringValue

from rostra import context, di, plugin
from rostra_amqp.testing import RabbitNode
from rostra_messaging import Message, Publisher, subscribe

TOMODACHI = "tomodachi[protobuf]==0.29.0"
PATIENCE = 60.0
ECHO = Path(__file__).with_name("tomodachi_echo.py")

pytestmark = pytest.mark.asyncio


@pytest.fixture(scope="session")
def tomodachi(request: pytest.FixtureRequest) -> Path:
    """A Python that has tomodachi."""
    folder = request.config.cache.mkdir(f"tomodachi-{sys.version_info.major}.{sys.version_info.minor}")
    python = folder / "venv/bin/python"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests may run in several processes
        if not _has_tomodachi(python):
            _call(sys.executable, "-m", "venv", "--clear", folder / "venv")
            told = _call(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", TOMODACHI)
            if not _has_tomodachi(python):
                pytest.skip(
                    f"{TOMODACHI} cannot be installed, so nothing was exchanged with it: {told[-300:]}"
                )
    return python


def _has_tomodachi(python: Path) -> bool:
    return (
        python.exists()
        and _call(python, "-c", "import tomodachi, google.protobuf; print('is there')") == "is there\n"
    )


def _call(*command: str | Path) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    except OSError as error:
        return str(error)
    return done.stdout if done.returncode == 0 else done.stderr


@pytest.fixture
def echo(tomodachi: Path, rabbitmq_node: RabbitNode, prefix: str, tmp_path: Path) -> Iterator[None]:
    """A service of tomodachi that sends back what it gets."""
    shutil.copy(ECHO, tmp_path)
    told = {"ECHO_PORT": str(rabbitmq_node.port), "ECHO_PREFIX": prefix, "TOMODACHI_LOGGER": "json"}
    with subprocess.Popen(
        [tomodachi, "-u", "-m", "tomodachi", "run", ECHO.name, "--production"],
        env={**os.environ, **told},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=tmp_path,
    ) as process:
        assert process.stdout is not None
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if '"state": "ready"' in line:
                break
        else:
            pytest.fail("".join(lines))
        rest = threading.Thread(target=process.stdout.read, daemon=True)
        rest.start()
        yield
        process.kill()
        rest.join()


Say = Callable[..., Any]
Running = Callable[..., AbstractAsyncContextManager[Say]]


@pytest.fixture
def running(rabbitmq_node: RabbitNode, prefix: str, monkeypatch: pytest.MonkeyPatch) -> Running:
    """Runs a stage with a handler, and gives what publishes as soon as somebody listens."""

    @asynccontextmanager
    async def run(handler: Any) -> AsyncIterator[Say]:
        module = types.ModuleType("listener")
        handler.__module__ = module.__name__
        module.handler = handler
        monkeypatch.setitem(sys.modules, module.__name__, module)
        settings = {"url": rabbitmq_node.url, "prefix": prefix, "service": "rostra", "options": {"settle": 0}}
        async with plugin.Stage("listener", config={"messaging": settings}) as stage:
            await stage.start()
            with context.use(stage.components):
                publisher = await di.nject(Publisher)
            yield publisher.publish
            stage.stop()
            await stage.lifecycle.wait_for(plugin.Phase.STOPPED)

    return run


async def next_of(heard: "asyncio.Queue[Any]") -> Any:
    async with asyncio.timeout(PATIENCE):
        return await heard.get()


BODIES = [
    ({"item": "tea", "quantity": 2, "price": 1.5, "paid": None, "parts": [True, "påske ☃"]}, "raw"),
    ({"text": "ö" * 40_000}, "raw"),  # which are 80,000 bytes
    ({"text": "x" * 200_000}, "base64_gzip_json"),
]


async def test_json_goes_to_tomodachi_and_comes_back(echo, running) -> None:
    heard: asyncio.Queue[tuple[dict[str, Any], Message]] = asyncio.Queue()

    @subscribe("echoed.json", group="listener")
    async def listen(told: dict[str, Any], message: Message) -> None:
        heard.put_nowait((told, message))

    async with running(listen) as publish:
        for body, encoding in BODIES:
            sent = await publish("echo.json", body)
            told, message = await next_of(heard)

            assert told == {"data": body, "topic": "echo.json", "id": sent, "encoding": encoding}
            assert (message.topic, message.attempt) == ("echoed.json", 1)
            assert message.id.count("-") >= 4  # its own: of the service, and of the message
            assert message.time is not None


async def test_protobuf_goes_to_tomodachi_and_comes_back(echo, running) -> None:
    heard: asyncio.Queue[StringValue] = asyncio.Queue()

    @subscribe("echoed.proto", group="listener", envelope="protobuf")
    async def listen(told: StringValue) -> None:
        heard.put_nowait(told)

    async with running(listen) as publish:
        for value, encoding in (("tea", "proto"), ("x" * 200_000, "gzip_proto")):
            await publish("echo.proto", StringValue(value=value), envelope="protobuf")
            told = json.loads((await next_of(heard)).value)

            assert told == {"value": value, "encoding": encoding}


async def test_many_messages_go_there_and_all_come_back(echo, running) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()

    @subscribe("echoed.json", group="listener")
    async def listen(told: dict[str, Any]) -> None:
        heard.put_nowait(told["data"])

    async with running(listen) as publish:
        bodies = [str(number) for number in range(50)]
        for body in bodies:
            await publish("echo.json", body)
        told = [await next_of(heard) for _ in bodies]

    assert sorted(told) == sorted(bodies)
