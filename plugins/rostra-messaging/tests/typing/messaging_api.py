"""Decorated handlers keep their types, and what a request returns is of the type that was asked for."""

from collections.abc import Awaitable, Callable
from typing import Any, assert_type

import attrs

from rostra_messaging import (
    CallNext,
    Message,
    Payload,
    Publisher,
    Retry,
    Send,
    around_handling,
    around_publishing,
    subscribe,
)


@attrs.frozen
class Order:
    item: str


@subscribe("orders.placed", group="billing", retry=Retry(delays=[1, 2.5]), publishes="orders.billed")
async def bill(order: Payload[Order], message: Message) -> int:
    assert_type(order, Order)
    assert_type(message.reply_to, str | None)
    return 1


@subscribe("orders.#", filter=lambda message: message.attempt == 1, deadline=None)
def note(message: Message) -> None:
    assert_type(message.body, Any)


@around_handling
async def timed(call_next: CallNext) -> object:
    return await call_next()


@around_publishing
async def stamped(message: Message, send: Send) -> None:
    await send(attrs.evolve(message, key="a"))


async def callers(publisher: Publisher) -> None:
    as_function: Callable[[Order, Message], Awaitable[int]] = bill
    assert_type(await as_function(Order("tea"), Message(topic="orders.placed")), int)
    assert_type(await publisher.publish("orders.placed", Order("tea"), delay=5), str)
    assert_type(await publisher.publish_many([Message(topic="orders.placed", body=1)]), list[str])
    assert_type(await publisher.request("prices.asked", "tea", returns=Order), Order)
    assert_type(await publisher.request("prices.asked", "tea", returns=int | None, deadline=3), int | None)
    assert_type(await publisher.request("prices.asked", "tea"), Any)
