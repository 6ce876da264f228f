"""Where order counts, messages with one key are handled one after the other, and those with others beside them."""

import asyncio

import pytest

from rostra.clock import Clock
from rostra.components import Components
from rostra.testing import ManualClock, checkpoint
from rostra_messaging import Message, Reject, Retry, RetryLater, subscribe

pytestmark = pytest.mark.asyncio

PATIENCE = 20.0


async def test_messages_with_one_key_come_one_after_the_other_and_others_overtake(run):
    journal, go_on, overtaken = [], asyncio.Event(), asyncio.Event()

    @subscribe("orders.placed", group="billing", ordered=True)
    async def bill(number: int, message: Message) -> None:
        journal.append(f"{message.key}{number} begins")
        if (message.key, number) == ("a", 1):
            await go_on.wait()
        if message.key == "b":
            overtaken.set()
        journal.append(f"{message.key}{number} ends")

    async with run(bill) as running:
        for key, number in (("a", 1), ("a", 2), ("b", 1), ("a", 3)):
            await running.publish("orders.placed", number, key=key)
        async with asyncio.timeout(PATIENCE):
            await overtaken.wait()
        go_on.set()
        await running.endings.next(4)

    assert [line for line in journal if line[0] == "a"] == [
        f"a{number} {what}" for number in (1, 2, 3) for what in ("begins", "ends")
    ]
    assert journal.index("b1 begins") < journal.index("a1 ends")


async def test_messages_without_a_key_keep_one_order(run):
    seen = []

    @subscribe("orders.placed", group="billing", ordered=True)
    async def bill(number: int) -> None:
        await asyncio.sleep(0.01 if number % 2 else 0)
        seen.append(number)

    async with run(bill) as running:
        for number in range(10):
            await running.publish("orders.placed", number)
        await running.endings.next(10)

    assert seen == list(range(10))


async def test_what_fails_is_tried_again_in_place_while_its_key_waits(run):
    clock, seen = ManualClock(), []
    components = Components(None, "test")
    components.add(clock, Clock)

    @subscribe("orders.placed", group="billing", ordered=True, retry=Retry(delays=(60, 60)))
    async def bill(number: int, message: Message) -> None:
        seen.append((number, message.attempt))
        if number == 1 and message.attempt < 3:
            raise OSError(f"try {message.attempt}")

    async with run(bill, components=components) as running:
        for number in (1, 2):
            await running.publish("orders.placed", number, key="a")
        ended = await running.endings.next()
        await clock.wait_for_sleepers()
        await clock.advance(60)
        ended += await running.endings.next()
        await clock.wait_for_sleepers()
        await clock.advance(60)
        ended += await running.endings.next(2)

    assert seen == [(1, 1), (1, 2), (1, 3), (2, 1)]
    assert [outcome for _, outcome in ended] == ["again", "again", "done", "done"]


async def test_the_dead_tell_how_often_they_were_tried_in_place_and_the_next_one_follows(run):
    @subscribe("orders.placed", group="billing", ordered=True, retry=Retry(delays=(0, 0)))
    async def bill(number: int, message: Message) -> None:
        if number == 1:
            raise OSError(f"try {message.attempt}")

    async with run(bill) as running:
        for number in (1, 2):
            await running.publish("orders.placed", number, key="a")
        ended = await running.endings.next(4)
        (letter,) = await running.dead("billing.orders.placed")

    assert [outcome for _, outcome in ended] == ["again", "again", "dead", "done"]
    assert (letter.parcel.attempt, letter.reason) == (3, "OSError: try 3")
    assert letter.parcel.first_failure is not None
    assert letter.parcel.first_failure.reason == "OSError: try 1"


async def test_later_that_does_not_count_is_waited_for_in_place(run):
    clock, seen = ManualClock(), []
    components = Components(None, "test")
    components.add(clock, Clock)

    @subscribe("orders.placed", group="billing", ordered=True, retry=Retry(delays=()))
    async def bill(number: int, message: Message) -> None:
        seen.append((number, message.attempt))
        if len(seen) < 3:
            raise RetryLater(0, counts=False)

    async with run(bill, components=components) as running:
        await running.publish("orders.placed", 1)
        for _ in range(2):
            await running.endings.next()
            await clock.wait_for_sleepers()
            await clock.advance(1)
        ended = await running.endings.next()

    assert (seen, ended) == ([(1, 1)] * 3, [("billing.orders.placed", "done")])


async def test_who_waits_for_the_next_try_takes_no_place_from_other_keys(run):
    clock, seen = ManualClock(), []
    components = Components(None, "test")
    components.add(clock, Clock)

    @subscribe(
        "orders.placed", group="billing", ordered=True, concurrency=1, prefetch=5, retry=Retry(delays=(60,))
    )
    async def bill(number: int, message: Message) -> None:
        if message.key == "bad" and message.attempt == 1:
            raise OSError("away")
        seen.append(message.key)

    async with run(bill, components=components) as running:
        await running.publish("orders.placed", 1, key="bad")
        await running.publish("orders.placed", 1, key="good")
        await running.endings.next(2)
        await clock.wait_for_sleepers()
        await clock.advance(60)
        await running.endings.next()

    assert seen == ["good", "bad"]


async def test_when_the_stage_stops_those_that_wait_are_released_in_their_order(run):
    seen, running_now, go_on = [], asyncio.Event(), asyncio.Event()
    url = "memory://released-in-order"

    @subscribe("orders.placed", group="billing", ordered=True)
    async def bill(number: int) -> None:
        running_now.set()
        await go_on.wait()
        seen.append(number)

    async with run(bill, url=url) as running:
        for number in range(5):
            await running.publish("orders.placed", number)
        async with asyncio.timeout(PATIENCE):
            await running_now.wait()
        running.stage.stop()
        for _ in range(50):
            await checkpoint()  # until everybody has heard of it
        go_on.set()

    assert seen == [0]

    async with run(bill, url=url) as running:
        ended = await running.endings.next(4)

    assert seen == [0, 1, 2, 3, 4]
    assert {outcome for _, outcome in ended} == {"done"}


async def test_when_the_stage_stops_a_pause_before_the_next_try_ends(run):
    clock = ManualClock()
    components = Components(None, "test")
    components.add(clock, Clock)
    url = "memory://paused"

    @subscribe("orders.placed", group="billing", ordered=True, retry=Retry(delays=(60,)))
    async def bill(_number: int) -> None:
        raise OSError("away")

    @subscribe("orders.placed", group="billing")
    async def reject(_number: int, message: Message) -> None:
        raise Reject(f"{message.attempt} {message.is_redelivered}")

    async with run(bill, url=url, components=components) as running:
        await running.publish("orders.placed", 1)
        await running.endings.next()
        await clock.wait_for_sleepers()

    reject.__rostra_triggers__ = bill.__rostra_triggers__
    async with run(reject, url=url) as running:
        await running.endings.next()
        (letter,) = await running.dead("billing.orders.placed")

    assert letter.reason == "1 True"


async def test_what_was_lost_when_it_died_has_no_more_tries_than_before(run):
    attempts, lose = [], asyncio.Queue()

    @subscribe("orders.placed", group="billing", ordered=True, retry=Retry(delays=(0,)))
    async def bill(number: int, message: Message) -> None:
        attempts.append(message.attempt)
        if len(attempts) == 2:
            lose.get_nowait()()
        raise OSError("the bank is closed")

    async with run(bill) as running:
        lose.put_nowait((await running.broker())._exchange.lose_connections)
        await running.publish("orders.placed", 1)
        await running.endings.next(3)
        [letter] = await running.dead("billing.orders.placed")

    assert attempts == [1, 2, 2]
    assert letter.parcel.attempt == 2
