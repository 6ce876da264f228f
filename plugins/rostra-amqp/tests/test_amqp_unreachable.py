"""What is said of a RabbitMQ that does not let anybody in: its own words, once, and no secret."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from rostra_amqp import connect
from rostra_amqp.testing import RabbitNode
from rostra_messaging.brokers import Connection

Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
LINKS = 2

pytestmark = pytest.mark.asyncio


async def told_of(url: str, caplog: pytest.LogCaptureFixture) -> list[str]:
    """The reasons of which a stage is told, once for each link, however often it is tried to connect."""
    reasons: asyncio.Queue[str] = asyncio.Queue()
    connecting = asyncio.create_task(be_connected(Connection(url=url, delayed=reasons.put_nowait)))

    async with asyncio.timeout(30):
        found = [await reasons.get() for _ in range(LINKS)]
    await asyncio.wait([connecting], timeout=1)  # in which it is tried several times
    connecting.cancel()
    await asyncio.wait([connecting])

    assert reasons.empty()
    assert caplog.text.count("amqp.unreachable") == LINKS
    return found


async def be_connected(asked: Connection) -> None:
    """Return when it was connected."""
    async with connect(asked):
        pass


@asynccontextmanager
async def answering(answer: Answering) -> AsyncIterator[int]:
    """The port of a server that answers so."""
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_a_vhost_that_is_missing_is_told_once_in_the_words_of_rabbitmq(
    rabbitmq_node: RabbitNode, caplog: pytest.LogCaptureFixture
) -> None:
    reasons = await told_of(f"{rabbitmq_node.url}nowhere", caplog)

    assert all("NOT_ALLOWED - vhost nowhere not found" in reason for reason in reasons)


async def test_a_user_who_may_not_use_a_vhost_is_told_so(
    rabbitmq_node: RabbitNode, prefix: str, caplog: pytest.LogCaptureFixture
) -> None:
    await asyncio.to_thread(rabbitmq_node.ctl, "add_vhost", prefix)

    reasons = await told_of(f"{rabbitmq_node.url}{prefix}", caplog)

    assert all(f"access to vhost '{prefix}' refused for user 'guest'" in reason for reason in reasons)


async def test_a_port_that_wants_tls_is_told_as_such(caplog: pytest.LogCaptureFixture) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)  # "AMQP" and its version, in which no TLS begins
        writer.close()

    async with answering(hang_up) as port:
        reasons = await told_of(f"amqp://127.0.0.1:{port}/", caplog)

    assert all("as a port for TLS does" in reason for reason in reasons)


async def test_a_port_without_tls_is_told_as_such(
    rabbitmq_node: RabbitNode, caplog: pytest.LogCaptureFixture
) -> None:
    reasons = await told_of(f"amqps://guest:guest@127.0.0.1:{rabbitmq_node.port}/", caplog)

    assert all("does not speak TLS" in reason for reason in reasons)


async def test_a_port_at_which_nobody_listens_is_told_in_the_words_of_the_system(
    caplog: pytest.LogCaptureFixture,
) -> None:
    reasons = await told_of("amqp://127.0.0.1:1/", caplog)

    assert all(reason.startswith(os.strerror(errno.ECONNREFUSED)) for reason in reasons)
