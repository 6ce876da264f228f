"""What is cancelled though nobody cancelled it has failed, and is neither forgotten nor left half done."""

import asyncio

import pytest

from rostra import plugin
from rostra_messaging import (
    Message,
    NoReplyError,
    Reject,
    Retry,
    Send,
    SubscriptionError,
    around_publishing,
    subscribe,
)

pytestmark = pytest.mark.asyncio

PATIENCE = 20.0


async def test_a_handler_that_cancels_itself_and_then_fails_is_settled_and_told_like_any_other(run):
    @subscribe("prices.asked", group="prices", retry=Retry(delays=()))
    async def price(_item: str) -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()  # which arrives where something is awaited next
        raise Reject("no tea")

    @around_publishing
    async def wait(message: Message, send: Send) -> None:
        await asyncio.sleep(0)
        await send(message)

    async with run(price, wait) as running:
        with pytest.raises(NoReplyError) as caught:
            await running.publisher.request("prices.asked", "tea")

    assert caught.value.reason == "no tea"


async def test_a_subscription_that_somebody_cancels_ends_the_stage_and_is_named(run):
    @subscribe("orders.placed", group="billing")
    async def bill(_order: str) -> None:
        for task in asyncio.all_tasks():
            if task.get_name() == "messages of billing.orders.placed":
                task.cancel()

    async def consumed() -> None:
        async with run(bill) as running, asyncio.timeout(PATIENCE):
            await running.publish("orders.placed", "tea")
            await running.stage.lifecycle.wait_for(plugin.Phase.STOPPED)

    with pytest.raises(ExceptionGroup) as caught:
        await consumed()

    (lost,) = caught.value.exceptions
    assert isinstance(lost, SubscriptionError)
    assert (lost.queue, lost.reason) == (
        "billing.orders.placed",
        "it was cancelled, though nobody cancelled it",
    )
