"""The plugin keeps what every plugin promises, whether it has subscriptions or not."""

import asyncio
import sys

from rostra import plugin
from rostra.testing import contract
from rostra_messaging import Publisher, subscribe


class TestMessaging(contract.PluginContract):
    plugin = "rostra_messaging"


@subscribe("orders.placed", group="billing")
async def bill(_number: int) -> None:
    await asyncio.sleep(0)


@subscribe("orders.*", ordered=True)
async def note(_number: int) -> None:
    await asyncio.sleep(0)


@subscribe("orders.asked", group="prices")
async def price(number: int) -> int:
    return number


async def ask(publisher: Publisher, lifecycle: plugin.Lifecycle) -> None:
    if await lifecycle.wait_for(plugin.Phase.RUNNING) is not plugin.Phase.RUNNING:
        return  # the queues never came to be
    await publisher.publish("orders.placed", 1)
    assert await publisher.request("orders.asked", 2) == 2


async def prepare():
    yield ask


class TestHandlers(contract.PluginContract):
    plugin = sys.modules[__name__]
