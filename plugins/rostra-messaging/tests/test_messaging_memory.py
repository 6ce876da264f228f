"""What the broker in memory does of its own: it is shared by name, bounded, and lets a test go wrong on purpose."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from rostra import context
from rostra.clock import Clock
from rostra.errors import ConfigError
from rostra.testing import ManualClock, checkpoint
from rostra_messaging import memory
from rostra_messaging.brokers import Broker, Connection, Consumer, Delivery, Failure, Parcel, Queue
from rostra_messaging.errors import BrokerNotFoundError, PublishError

ORDERS = Queue(topic="orders.*", name="billing")
NOW = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
NAME = "of these tests"
URL = f"memory://{NAME}"

pytestmark = pytest.mark.asyncio


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    yield
    memory.forget(NAME)


def parcel(body: str = "tea", topic: str = "orders.placed") -> Parcel:
    return Parcel(id=body, topic=topic, body=body.encode())


@asynccontextmanager
async def opened(url: str = URL, **about: Any) -> AsyncIterator[Broker]:
    with context.child():
        async with memory.connect(Connection(url=url, **about)) as broker:
            yield broker


async def following(consumer: Consumer) -> Delivery:
    return await anext(aiter(consumer))


async def make(broker: Broker, *queues: Queue) -> None:
    for queue in queues:
        async with broker.consume(queue):
            pass


async def test_a_named_broker_keeps_its_queues_for_the_next_stage() -> None:
    async with opened() as broker:
        await make(broker, ORDERS)
        await broker.publish(parcel(), deadline=1)

    async with opened() as broker, broker.consume(ORDERS) as consumer:
        assert (await following(consumer)).parcel == parcel()


async def test_a_broker_without_a_name_is_the_stages_own() -> None:
    async with opened("memory://") as broker:
        await make(broker, ORDERS)
        await broker.publish(parcel(), deadline=1)

    async with opened("memory://") as broker:
        with pytest.raises(PublishError):
            await broker.publish(parcel(), deadline=1)


def other_loop_opens() -> None:
    async def open_it() -> None:
        async with opened():
            pass

    asyncio.run(open_it())


async def test_two_event_loops_cannot_use_a_broker_at_the_same_time() -> None:
    async with opened():
        with pytest.raises(BrokerNotFoundError, match="another event loop"):
            await asyncio.to_thread(other_loop_opens)

    await asyncio.to_thread(other_loop_opens)


async def test_a_publish_to_a_full_queue_says_what_it_is_full_of() -> None:
    async with opened(settings={"queue_messages": 3}) as broker:
        async with broker.consume(ORDERS) as consumer:
            for body in ("dies", "waits", "later"):
                await broker.publish(parcel(body), deadline=1)
            await (await following(consumer)).dead(Failure("ValueError", None))  # type: ignore[arg-type]
            await following(consumer)
            await (await following(consumer)).retry(60, Failure("ValueError", None))  # type: ignore[arg-type]

        with pytest.raises(PublishError) as caught:
            await broker.publish(parcel("too many"), deadline=0.01)

    assert str(caught.value) == (
        "a message on orders.placed was not stored\n"
        "  where   broker default\n"
        "  why     the queue billing was full for 0.01 s: 1 wait or are being handled, 1 are to come later, 1 are dead\n"
        "  to fix  handle more at once, look at what is dead: rostra dead list\n"
        "          or let queues hold more: [messaging.options] queue_messages, queue_size"
    )


async def test_a_queue_is_bounded_by_the_size_of_what_it_holds_too() -> None:
    async with opened(settings={"queue_size": "10KiB"}) as broker:
        await make(broker, ORDERS)
        await broker.publish(parcel("tea" * 10_000), deadline=1)

        with pytest.raises(PublishError, match="was full"):
            await broker.publish(parcel(), deadline=0.01)


async def test_a_message_goes_to_all_queues_that_want_it_or_to_none() -> None:
    async with opened() as broker:
        await make(broker, ORDERS, Queue(topic="#", name="audit", options=(memory.Limits(1),)))
        await broker.publish(parcel("first"), deadline=1)

        with pytest.raises(PublishError, match="the queue audit was full"):
            await broker.publish(parcel("second"), deadline=0.01)

        async with broker.consume(ORDERS) as consumer:
            await (await following(consumer)).done()
            async with broker.consume(Queue(topic="#", name="audit")) as audit:
                await (await following(audit)).done()
            await broker.publish(parcel("third"), deadline=1)
            assert (await following(consumer)).parcel.id == "third"


async def test_those_who_wait_for_room_are_served_in_the_order_in_which_they_came() -> None:
    async with opened(settings={"queue_messages": 1}) as broker, broker.consume(ORDERS) as consumer:
        await broker.publish(parcel("0"), deadline=1)
        waiting = []
        for number in range(1, 6):
            waiting.append(asyncio.create_task(broker.publish(parcel(str(number)), deadline=10)))
            await checkpoint()
        waiting[1].cancel()

        found = []
        for _ in range(5):
            delivery = await following(consumer)
            found.append(delivery.parcel.id)
            await delivery.done()

        assert found == ["0", "1", "3", "4", "5"]
        await asyncio.wait(waiting)


async def test_a_publish_that_gives_up_just_when_it_is_its_turn_lets_the_next_have_it() -> None:
    async with opened(settings={"queue_messages": 1}) as broker, broker.consume(ORDERS) as consumer:
        await broker.publish(parcel("0"), deadline=1)
        first, second = (asyncio.create_task(broker.publish(parcel(each), deadline=10)) for each in "12")
        await checkpoint()

        await (await following(consumer)).done()
        first.cancel()

        await second
        assert (await following(consumer)).parcel.id == "2"


async def test_those_who_wait_for_room_go_on_after_the_broker_was_away() -> None:
    async with opened(settings={"queue_messages": 1}) as broker, broker.consume(ORDERS) as consumer:
        exchange = memory.exchange_of(Connection(url=URL))
        await broker.publish(parcel("0"), deadline=1)
        impatient = asyncio.create_task(broker.publish(parcel("1"), deadline=0.05))
        await checkpoint()
        patient = asyncio.create_task(broker.publish(parcel("2"), deadline=10))
        await checkpoint()

        await (await following(consumer)).done()
        exchange.go_away("it is switched off")
        with pytest.raises(PublishError):
            await impatient
        exchange.come_back()

        await patient
        assert (await following(consumer)).parcel.id == "2"


async def test_a_lost_confirmation_makes_a_duplicate() -> None:
    async with opened() as broker, broker.consume(ORDERS) as consumer:
        exchange = memory.exchange_of(Connection(url=URL))
        exchange.lost_confirms = 1

        await broker.publish(parcel(), deadline=1)

        assert [(await following(consumer)).parcel.id for _ in range(2)] == ["tea", "tea"]
        assert exchange.lost_confirms == 0


async def test_confirmations_that_are_lost_for_good_leave_it_open_whether_a_message_is_stored() -> None:
    async with opened() as broker:
        await make(broker, ORDERS)
        memory.exchange_of(Connection(url=URL)).lost_confirms = 10**9

        with pytest.raises(PublishError) as caught:
            await broker.publish(parcel(), deadline=0.01)

    assert caught.value.is_stored == "perhaps"
    assert "the confirmation was lost" in caught.value.reason


async def test_what_is_delayed_comes_by_the_clock_of_the_stage() -> None:
    clock = ManualClock()
    with context.child() as layer:
        layer.add(clock, Clock)
        async with memory.connect(Connection(url=URL)) as broker, broker.consume(ORDERS) as consumer:
            await broker.publish(parcel("in an hour"), deadline=1, delay=3600)
            await broker.publish(parcel("in a minute"), deadline=1, delay=60)
            coming = asyncio.create_task(following(consumer))

            await clock.advance(59)
            assert not coming.done()
            await clock.advance(1)

            assert (await coming).parcel.id == "in a minute"


async def test_a_publish_after_the_end_says_so() -> None:
    async with opened() as broker:
        pass

    assert broker.trouble == "the connection is closed"
    with pytest.raises(PublishError, match="the connection is closed"):
        await broker.publish(parcel(), deadline=1)


async def test_a_consumer_ends_with_its_connection() -> None:
    async with opened() as broker, opened() as other:
        consuming = other.consume(ORDERS)
        consumer = await consuming.__aenter__()
        await broker.publish(parcel(), deadline=1)
        held = await following(consumer)

        other.close()  # type: ignore[attr-defined]

        assert [delivery async for delivery in consumer] == []
        assert not await held.done()
        await consuming.__aexit__(None, None, None)


async def test_publishing_in_a_row_lets_others_have_their_turn() -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with opened() as broker:
        await make(broker, ORDERS)
        running = asyncio.create_task(other())
        for number in range(1000):
            await broker.publish(parcel(str(number)), deadline=1)
        running.cancel()

    assert turns > 5


async def test_wrong_options_are_told() -> None:
    with pytest.raises(ConfigError) as caught:
        async with opened(settings={"queue_messages": 0, "queue_sise": "1MiB"}):
            pass

    assert "messaging.options.queue_messages" in str(caught.value)
    assert "did you mean queue_size?" in str(caught.value)


async def test_nothing_of_it_runs_after_the_end() -> None:
    before = asyncio.all_tasks()
    async with opened() as broker, broker.consume(ORDERS):
        await broker.publish(parcel(), deadline=1, delay=3600)
        await checkpoint()

    assert asyncio.all_tasks() == before


@pytest.mark.parametrize(
    ("said", "meant"), [("order.placed", "did you mean orders.placed?"), ("invoices", None)]
)
async def test_a_topic_that_no_queue_wants_is_told_with_the_one_that_was_meant(
    said: str, meant: str | None
) -> None:
    wanted = Queue(topic="orders.placed", name="billing")
    async with opened(prefix="dev.") as broker, broker.consume(wanted):
        with pytest.raises(PublishError) as caught:
            await broker.publish(parcel(topic=said), deadline=1)

    told = [line for line in caught.value.fix if line.startswith("did you mean")]
    assert told == ([meant] if meant else [])
