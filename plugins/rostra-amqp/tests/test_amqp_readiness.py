"""What whoever probes a service sees while RabbitMQ is away: not ready and alive, and ready again by itself."""

import asyncio
from typing import Any

import pytest

from rostra import context, di, plugin
from rostra.testing import TcpProxy
from rostra_aiohttp import get
from rostra_aiohttp.testing import Answer, Client, http_server
from rostra_messaging import Publisher, subscribe

__all__ = ["http_server"]

PATIENCE = 60.0


class Till:
    """What was billed."""

    def __init__(self) -> None:
        self.billed: asyncio.Queue[str] = asyncio.Queue()


@subscribe("orders.placed", group="billing")
async def bill(item: str, till: Till) -> None:
    till.billed.put_nowait(item)


@get("/")
async def hello() -> str:
    return "hello"


async def prepare() -> None:
    context.add(Till())


pytestmark = pytest.mark.rostra_plugins.with_args(prepare)


@pytest.fixture
def rostra_config_source(proxied: str, prefix: str) -> dict[str, Any]:
    return {
        "http": {"port": 0},
        "messaging": {"url": proxied, "prefix": prefix, "options": {"settle": 0}},
    }


async def ready_or_not(client: Client, status: int) -> Answer:
    """What /readyz answers when it has this status."""
    async with asyncio.timeout(PATIENCE):
        while (answer := await client.get("/readyz")).status != status:  # noqa: ASYNC110  (it is what a probe does)
            await asyncio.sleep(0.05)
    return answer


async def test_a_service_whose_broker_is_away_is_not_ready_but_alive_and_ready_again_by_itself(
    http_server: Client, rostra_run: plugin.Stage, proxy: TcpProxy
) -> None:
    loop = asyncio.get_running_loop()
    await ready_or_not(http_server, 200)

    proxy.refuse()
    await proxy.cut()
    cut = loop.time()
    refused = await ready_or_not(http_server, 503)
    noticed = loop.time() - cut
    alive = await http_server.get("/livez")
    proxy.accept()
    back = loop.time()
    await ready_or_not(http_server, 200)
    print(f"not ready after {noticed:.2f} s, ready again after {loop.time() - back:.2f} s")

    assert "messages billing.orders.placed" in refused.text
    assert alive.status == 200
    with context.use(rostra_run.components):
        publisher, till = await di.nject(Publisher, Till)
    await publisher.publish("orders.placed", "tea")
    async with asyncio.timeout(PATIENCE):
        assert await till.billed.get() == "tea"
