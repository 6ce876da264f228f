"""Who gets a copy: queues that are shared, queues of one's own, topics with wildcards, prefixes, ordered queues."""

import asyncio

import pytest

from rostra_messaging.brokers import Consumer
from rostra_messaging.errors import PublishError, SubscriptionError
from rostra_messaging.testing.conformance.trial import (
    Trial,
    bodies,
    numbers,
    parcel,
    parcels,
    queue,
    settle,
)


async def each_queue_gets_a_copy(trial: Trial) -> None:
    async with (
        trial.broker() as broker,
        broker.consume(queue("billing")) as billing,
        broker.consume(queue("shipping")) as shipping,
    ):
        await trial.publish(broker, *parcels(3))

        assert await trial.handled(billing, 3) == numbers(3)
        assert await trial.handled(shipping, 3) == numbers(3)


async def those_who_name_one_queue_share_what_is_in_it(trial: Trial) -> None:
    found: list[bytes] = []
    both: list[set[bytes]] = [set(), set()]

    async def consume(consumer: Consumer, own: set[bytes]) -> None:
        async for delivery in consumer:
            own.add(delivery.parcel.body)
            found.append(delivery.parcel.body)
            await delivery.done()

    async with (
        trial.broker() as here,
        trial.broker() as there,
        here.consume(queue(prefetch=1)) as first,
        there.consume(queue(prefetch=1)) as second,
        asyncio.TaskGroup() as consuming,
    ):
        consuming.create_task(consume(first, both[0]))
        consuming.create_task(consume(second, both[1]))
        await trial.publish(here, *parcels(60))
        await trial.until(lambda: len(found) >= 60)
        await first.stop()
        await second.stop()

    assert sorted(found) == sorted(numbers(60))
    assert all(both)


async def a_queue_of_ones_own_gets_copies_as_long_as_it_is_consumed(trial: Trial) -> None:
    async with trial.broker() as here, trial.broker() as there:
        async with here.consume(queue(None)) as first, there.consume(queue(None)) as second:
            await trial.publish(here, *parcels(2))

            assert await trial.handled(first, 2) == numbers(2)
            assert await trial.handled(second, 2) == numbers(2)

        with pytest.raises(PublishError):
            await trial.publish(here, parcel())


async def a_star_stands_for_one_word(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue(topic="orders.*.paid")) as consumer:
        await trial.make(broker, queue("all", topic="#"))
        await trial.publish(
            broker,
            parcel("none", topic="orders.paid"),
            parcel("one", topic="orders.tea.paid"),
            parcel("two", topic="orders.green.tea.paid"),
            parcel("other", topic="orders.cake.paid"),
        )

        found = await trial.several(consumer, 2)

        assert bodies(found) == [b"one", b"other"]
        assert [each.parcel.topic for each in found] == ["orders.tea.paid", "orders.cake.paid"]


async def a_hash_stands_for_any_number_of_words(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue(topic="orders.#")) as consumer:
        await trial.make(broker, queue("all", topic="#"))
        await trial.publish(
            broker,
            parcel("none", topic="orders"),
            parcel("strange", topic="ordersheet"),
            parcel("one", topic="orders.tea"),
            parcel("three", topic="orders.tea.green.paid"),
        )

        assert await trial.handled(consumer, 3) == [b"none", b"one", b"three"]


async def a_hash_stands_in_the_middle_too(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue(topic="orders.#.paid")) as consumer:
        await trial.make(broker, queue("all", topic="#"))
        await trial.publish(
            broker,
            parcel("none", topic="orders.paid"),
            parcel("open", topic="orders.tea.placed"),
            parcel("two", topic="orders.green.tea.paid"),
        )

        assert await trial.handled(consumer, 2) == [b"none", b"two"]


async def a_queue_that_wants_a_message_for_two_reasons_gets_it_once(trial: Trial) -> None:
    async with trial.broker() as broker:
        await trial.make(broker, queue(topic="orders.*"), queue(topic="orders.#"))
        await trial.publish(broker, parcel("tea"))

        async with broker.consume(queue()) as consumer:
            assert await trial.handled(consumer, 1) == [b"tea"]
        assert await trial.is_empty(broker, queue())


async def what_stands_under_another_prefix_is_another_world(trial: Trial) -> None:
    async with (
        trial.broker(prefix="live.") as live,
        trial.broker(prefix="test.") as test,
        live.consume(queue()) as in_live,
        test.consume(queue()) as in_test,
    ):
        await trial.publish(live, parcel("real"))
        await trial.publish(test, parcel("play"))

        assert [delivery.parcel.topic for delivery in await trial.several(in_live, 1)] == ["orders.placed"]
        assert await trial.handled(in_test, 1) == [b"play"]


async def one_consumer_at_a_time_has_an_ordered_queue(trial: Trial) -> None:
    ordered = queue(ordered=True)
    async with (
        trial.broker() as here,
        trial.broker() as there,
        here.consume(ordered) as first,
        there.consume(ordered) as second,
    ):
        await trial.publish(here, *parcels(6, key="table-7"))
        assert await trial.handled(first, 6) == numbers(6)

        await first.stop()
        await trial.publish(here, *parcels(2, key="table-7"))

        assert await trial.handled(second, 2) == numbers(2)


async def an_ordered_queue_is_handed_over_in_order(trial: Trial) -> None:
    ordered = queue(ordered=True)
    async with (
        trial.broker() as here,
        trial.broker() as there,
        here.consume(ordered) as first,
        there.consume(ordered) as second,
    ):
        await trial.publish(here, *parcels(6, key="table-7"))
        held = await trial.several(first, 3)
        await held[0].done()
        await first.stop()

        assert await settle(held[1:]) == [True, True]
        assert await trial.handled(second, 3) == numbers(6)[3:]


async def a_queue_that_exists_otherwise_is_refused_and_others_go_on(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        await trial.publish(broker, parcel("before"))
        before = await trial.next(consumer)

        with pytest.raises(SubscriptionError) as caught:
            async with asyncio.timeout(trial.under.patience), broker.consume(queue(ordered=True)):
                pass

        assert caught.value.queue == "billing"
        assert await before.done()
        await trial.publish(broker, parcel("after"))
        assert await trial.handled(consumer, 1) == [b"after"]


async def a_topic_that_nobody_can_mean_is_refused(trial: Trial) -> None:
    async with trial.broker() as broker:
        for topic in ("orders..placed", "orders.pl*"):
            with pytest.raises(SubscriptionError):
                async with asyncio.timeout(trial.under.patience), broker.consume(queue(topic=topic)):
                    pass
