"""RabbitMQ keeps what every broker promises: the suite of rostra-messaging, over a link that can be cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from rostra.testing import TcpProxy
from rostra_amqp import Options, connect
from rostra_amqp.broker import AmqpBroker
from rostra_amqp.testing import RabbitNode
from rostra_messaging.brokers import Connection
from rostra_messaging.testing import conformance


def short_queue(length: int) -> tuple[object, ...]:
    return (Options(type="classic", arguments={"x-max-length": length, "x-overflow": "reject-publish"}),)


@pytest_asyncio.fixture
async def under_test(rabbitmq_node: RabbitNode) -> AsyncIterator[conformance.BrokerUnderTest]:
    opened: set[AmqpBroker] = set()

    @asynccontextmanager
    async def connecting(asked: Connection) -> AsyncIterator[AmqpBroker]:
        async with connect(asked) as broker:
            opened.add(broker)
            yield broker
            opened.discard(broker)

    async with TcpProxy("127.0.0.1", rabbitmq_node.port) as proxy:

        async def lose_connections() -> None:
            """Acknowledgements are not confirmed: what is lost on its way comes again. So all is let arrive before."""
            for broker in opened:
                await broker.settled()
            links = [link for broker in opened for link in (broker._publishing, broker._consuming)]
            lost = [live.lost for link in links if (live := link._live) is not None]
            await proxy.cut()
            if lost:
                await asyncio.wait(lost)

        async def go_away() -> None:
            proxy.refuse()
            await lose_connections()

        async def come_back() -> None:
            proxy.accept()

        yield conformance.BrokerUnderTest(
            url=f"amqp://guest:guest@127.0.0.1:{proxy.port}/",
            connect=connecting,
            lose_connections=lose_connections,
            go_away=go_away,
            come_back=come_back,
            short_queue=short_queue,
            settings={"settle": 0},
        )


@pytest.mark.parametrize("case", conformance.CASES, ids=str)
@pytest.mark.asyncio
async def test_rabbitmq_keeps_what_brokers_promise(
    case: conformance.Case, under_test: conformance.BrokerUnderTest
) -> None:
    await case.check(under_test)
