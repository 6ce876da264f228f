"""A middleware that forgets an await loses no message without a word."""

import pytest

from rostra_messaging import CallNext, Message, Retry, Send, around_handling, around_publishing, subscribe

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("returns", [False, True])
async def test_a_message_whose_middleware_does_not_await_is_dead_and_not_done(run, returns):
    @around_handling
    async def hasty(call_next: CallNext) -> object:
        begun = call_next()
        return begun if returns else None

    @subscribe("orders.placed", group="billing", retry=Retry(delays=()))
    async def bill(_order: str) -> None:
        pass

    async with run(hasty, bill) as running:
        await running.publish("orders.placed", "tea")
        await running.endings.next()
        (letter,) = await running.dead("billing.orders.placed")

    assert letter.reason == "TypeError: hasty goes on without await"


@pytest.mark.parametrize("returns", [False, True])
async def test_who_publishes_is_told_that_a_middleware_does_not_await(run, returns):
    @around_publishing
    async def hasty(message: Message, send: Send) -> object:
        begun = send(message)
        return begun if returns else None

    @subscribe("orders.placed", group="billing")
    async def bill(_order: str) -> None:
        pass

    async with run(hasty, bill) as running:
        with pytest.raises(TypeError, match="hasty goes on without await"):
            await running.publish("orders.placed", "tea")


async def test_a_middleware_may_hand_the_answer_on_without_being_async(run):
    @around_handling
    def plain(call_next: CallNext) -> object:
        return call_next()

    @subscribe("orders.placed", group="billing", retry=Retry(delays=()))
    async def bill(_order: str) -> None:
        pass

    async with run(plain, bill) as running:
        await running.publish("orders.placed", "tea")
        assert await running.endings.next() == [("billing.orders.placed", "done")]
