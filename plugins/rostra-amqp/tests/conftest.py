"""Fixtures of these tests: a RabbitMQ of their own, and names that no other test uses."""

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import pytest
import pytest_asyncio

from rostra.testing import TcpProxy
from rostra_amqp import connect
from rostra_amqp.testing import RabbitNode, fresh_rabbitmq_node, rabbitmq_node
from rostra_messaging.brokers import Broker, Connection

__all__ = ["fresh_rabbitmq_node", "rabbitmq_node"]

Connecting = Callable[..., AbstractAsyncContextManager[Broker]]


@pytest.fixture
def prefix() -> str:
    """In front of all names of a test."""
    return f"t{uuid.uuid4().hex[:8]}."


@pytest.fixture
def connecting(rabbitmq_node: RabbitNode, prefix: str) -> Connecting:
    """Opens brokers on the node, under the names of the test."""

    def connecting(url: str | None = None, **options: object) -> AbstractAsyncContextManager[Broker]:
        raise_unroutable = bool(options.pop("raise_unroutable", True))
        return connect(
            Connection(
                url=url or rabbitmq_node.url,
                prefix=prefix,
                client="tests",
                settings={"settle": 0, **options},
                raise_unroutable=raise_unroutable,
            )
        )

    return connecting


@pytest_asyncio.fixture
async def proxy(rabbitmq_node: RabbitNode) -> AsyncIterator[TcpProxy]:
    """Between a test and the node: to cut, stall and refuse connections without the time that a start takes."""
    async with TcpProxy("127.0.0.1", rabbitmq_node.port) as proxy:
        yield proxy


@pytest.fixture
def proxied(proxy: TcpProxy) -> str:
    """The URL of the node behind the proxy."""
    return f"amqp://guest:guest@127.0.0.1:{proxy.port}/"


@pytest_asyncio.fixture
async def broker(connecting: Connecting) -> AsyncIterator[Broker]:
    """A broker on the node."""
    async with connecting() as broker:
        yield broker
