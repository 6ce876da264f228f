"""A test sees the messages of its stage, waits for them, and lets them go wrong."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from rostra import context, plugin
from rostra.clock import Clock
from rostra.components import Components
from rostra.testing import ManualClock
from rostra_messaging import Message, PublishError, Reject, Retry, subscribe
from rostra_messaging.testing import Messages, messages

__all__ = ["messages"]


class Till:
    """What the handlers of this module are told to do, and what they did."""

    def __init__(self) -> None:
        self.billed: list[tuple[str, int]] = []
        self.failing = 0
        self.while_billing: Callable[[], Any] = lambda: None


@subscribe("orders.placed", group="billing", retry=Retry(delays=(60,)))
async def bill(order: dict[str, Any], message: Message, till: Till) -> None:
    till.billed.append((order["item"], message.attempt))
    till.while_billing()
    if order["item"] == "poison":
        raise Reject("nobody drinks that")
    if till.failing:
        till.failing -= 1
        raise OSError("the bank is closed")


@subscribe("orders.placed", group="shipping", publishes="orders.shipped")
async def ship(order: dict[str, Any]) -> dict[str, Any]:
    return {"item": order["item"]}


@subscribe("orders.shipped")
async def thank(order: dict[str, Any]) -> None: ...


async def prepare() -> None:
    context.add(Till())


pytestmark = pytest.mark.rostra_plugins.with_args(prepare)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def rostra_context(rostra_context: Components, clock: ManualClock) -> Components:
    rostra_context.add(clock, Clock)
    return rostra_context


@pytest.fixture
def till(rostra_stage: plugin.Stage) -> Till:
    return rostra_stage.components.get(Till)


async def test_what_was_published_is_seen_and_was_handled(messages: Messages, till: Till) -> None:
    sent = await messages.publish("orders.placed", {"item": "tea"}, attributes={"table": 7})

    await messages.wait_handled()

    assert till.billed == [("tea", 1)]
    placed, shipped = await messages.published()
    assert (placed.topic, placed.body, placed.attributes["table"]) == ("orders.placed", {"item": "tea"}, 7)
    assert placed.id == sent
    assert (shipped.topic, shipped.body) == ("orders.shipped", {"item": "tea"})


async def test_what_is_waited_for_in_vain_is_told_with_what_was_there(messages: Messages) -> None:
    messages.patience = 0.05
    await messages.publish("orders.placed", {"item": "tea"})
    await messages.published("orders.shipped")

    with pytest.raises(AssertionError) as caught:
        await messages.published("orders.*", count=4)

    assert str(caught.value).startswith(
        "waited 0.05 s for 4 on orders.* to be published; published were orders.placed ("
    )


async def test_what_failed_and_comes_again_is_told_with_its_error_and_its_time(
    messages: Messages, till: Till
) -> None:
    messages.patience = 0.5
    till.failing = 1
    await messages.publish("orders.placed", {"item": "tea"})

    with pytest.raises(AssertionError) as caught:
        await messages.wait_handled("orders.placed")

    assert (
        "orders.placed (not yet handled by billing.orders.placed: try 1 failed, OSError: the bank is closed;"
        " it comes again 60 s later)"
    ) in str(caught.value)


async def test_a_message_that_dies_ends_the_wait_for_it(messages: Messages) -> None:
    await messages.publish("orders.placed", {"item": "poison"})

    with pytest.raises(
        AssertionError, match=r"a message of billing\.orders\.placed died: nobody drinks that"
    ):
        await messages.wait_handled()


async def test_dead_letters_are_waited_for_and_replayed(messages: Messages, till: Till) -> None:
    await messages.publish("orders.placed", {"item": "poison"})

    [letter] = await messages.wait_dead("billing.orders.placed")

    assert letter.reason == "nobody drinks that"
    assert await (await messages.dead_letters("billing.orders.placed")).replay() == 1
    await messages.wait_dead("billing.orders.placed")
    assert till.billed == [("poison", 1)] * 2


async def test_a_queue_that_there_is_not_is_told_with_those_that_there_are(messages: Messages) -> None:
    with pytest.raises(
        AssertionError, match=r"there is no queue billing; there are: billing\.orders\.placed, "
    ):
        await messages.wait_dead("billing")


async def test_a_retry_comes_when_the_clock_says_so(
    messages: Messages, till: Till, clock: ManualClock
) -> None:
    till.failing = 1
    await messages.publish("orders.placed", {"item": "tea"})
    await messages.wait_delayed()

    await clock.advance(59)
    assert till.billed == [("tea", 1)]
    await clock.advance(1)

    await messages.wait_handled()
    assert till.billed == [("tea", 1), ("tea", 2)]


async def test_a_lost_connection_lets_a_message_come_again(messages: Messages, till: Till) -> None:
    losses = [messages.lose_connections]
    till.while_billing = lambda: losses and losses.pop()()

    await messages.publish("orders.placed", {"item": "tea"})
    await messages.wait_handled()

    assert till.billed == [("tea", 1)] * 2


async def test_a_message_is_redelivered_though_it_was_handled(messages: Messages, till: Till) -> None:
    messages.redeliver()

    await messages.publish("orders.placed", {"item": "tea"})
    await messages.wait_handled()
    await messages.published("orders.shipped")

    assert len(till.billed) + len(await messages.published("orders.shipped")) == 3


async def test_a_message_is_stored_twice(messages: Messages, till: Till) -> None:
    messages.duplicate()

    await messages.publish("orders.placed", {"item": "tea"})
    await messages.published("orders.shipped", count=2)

    assert till.billed == [("tea", 1)] * 2


async def test_the_broker_is_away(messages: Messages, till: Till) -> None:
    async with messages.away():
        with pytest.raises(PublishError, match="it is switched off by a test"):
            await messages.publish("orders.placed", {"item": "tea"}, deadline=0.01)
        waiting = asyncio.create_task(messages.publish("orders.placed", {"item": "cake"}))

    await waiting
    await messages.wait_handled()
    assert till.billed == [("cake", 1)]


async def test_a_stage_that_ran_before_is_seen_too(rostra_run: plugin.Stage, messages: Messages) -> None:
    await messages.publish("orders.placed", {"item": "tea"})

    await messages.wait_handled()


async def test_a_broker_that_is_not_in_memory_is_told(messages: Messages) -> None:
    with pytest.raises(AssertionError, match="the stage has no broker billing in memory; there are: default"):
        await messages.of("billing").published()


@pytest.fixture
def rostra_config_source() -> dict[str, Any]:
    return {"messaging": {"unroutable": "log"}}


async def test_what_no_queue_wants_is_seen_too(messages: Messages) -> None:
    await messages.publish("nobody.cares", {"item": "tea"})

    [seen] = await messages.published("nobody.*")

    assert seen.body == {"item": "tea"}
    await messages.wait_handled("nobody.cares")
