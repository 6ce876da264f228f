"""Connections are lost, and brokers go away: nothing is lost then, nothing hangs, and all goes on by itself."""

import asyncio

from rostra_messaging.brokers import Broker, Consumer, Parcel
from rostra_messaging.testing.conformance.trial import (
    Trial,
    failure,
    numbers,
    parcel,
    parcels,
    queue,
    settle,
)


async def what_was_handed_out_on_a_lost_connection_comes_again(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        await trial.publish(broker, *parcels(3))
        before = await trial.several(consumer, 3)

        await trial.under.lose_connections()

        after = await trial.several(consumer, 3)
        assert {each.parcel.id for each in after} == {each.parcel.id for each in before}
        assert all(each.is_redelivered for each in after)
        assert [each.parcel.attempt for each in after] == [1] * 3
        assert await settle(after) == [True] * 3


async def settling_what_was_lost_is_no_error_and_changes_nothing(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        await trial.publish(broker, *parcels(4))
        done, retried, dead, released = await trial.several(consumer, 4)

        await trial.under.lose_connections()
        again = await trial.several(consumer, 4)

        assert not await done.done()
        assert not await retried.retry(0, failure())
        assert not await dead.dead(failure())
        assert not await released.release()
        assert await settle(again) == [True] * 4
        assert await broker.dead_letters("billing").count() == 0


async def a_consumer_goes_on_after_each_loss(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        for body in ("first", "second", "third"):
            await trial.publish(broker, parcel(body))
            await trial.handled_until(consumer, body.encode())
            await trial.under.lose_connections()


async def each_message_is_handled_though_connections_are_lost_meanwhile(trial: Trial) -> None:
    handled: list[bytes] = []

    async def handle(consumer: Consumer) -> None:
        async for delivery in consumer:
            await asyncio.sleep(0)
            if await delivery.done():
                handled.append(delivery.parcel.body)

    async def lose_amid(broker: Broker, some: list[Parcel]) -> None:
        before = len(handled)
        await trial.publish(broker, *some)
        await trial.until(lambda: len(handled) > before)
        await trial.under.lose_connections()

    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        handling = asyncio.create_task(handle(consumer))
        sent = parcels(90)
        for start in range(0, 90, 30):
            await lose_amid(broker, sent[start : start + 30])
        await trial.until(lambda: set(handled) == set(numbers(90)))
        await consumer.stop()
        await handling


async def a_queue_of_ones_own_is_there_again_after_a_loss(trial: Trial) -> None:
    async with trial.broker(raise_unroutable=False) as broker, broker.consume(queue(None)) as consumer:
        await trial.publish(broker, parcel("before"))
        assert await trial.handled(consumer, 1) == [b"before"]

        await trial.under.lose_connections()

        arriving = asyncio.create_task(trial.handled_until(consumer, b"after"))
        async with asyncio.timeout(trial.under.patience):
            while not arriving.done():  # until the queue is there again, nobody wants it
                await trial.publish(broker, parcel("after"))
                await asyncio.wait({arriving}, timeout=0.05)
        await arriving


async def trouble_is_told_as_long_as_the_broker_is_away(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        assert (broker.trouble, consumer.trouble) == (None, None)

        await trial.under.go_away()
        try:
            await trial.until(lambda: broker.trouble is not None and consumer.trouble is not None)
        finally:
            await trial.under.come_back()

        await trial.until(lambda: broker.trouble is None and consumer.trouble is None)


async def a_consumer_goes_on_when_the_broker_is_back(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        await trial.publish(broker, *parcels(3))
        await trial.next(consumer)
        await trial.under.go_away()
        await trial.until(lambda: consumer.trouble is not None)

        await trial.under.come_back()

        done: set[bytes] = set()
        while len(done) < 3:
            delivery = await trial.next(consumer)
            if (
                await delivery.done()
            ):  # what it was handed before, and nobody had asked for, nobody can settle
                done.add(delivery.parcel.body)
        assert sorted(done) == numbers(3)


async def who_wants_to_consume_while_the_broker_is_away_waits_for_it(trial: Trial) -> None:
    async def consume(broker: Broker) -> list[bytes]:
        async with broker.consume(queue()) as consumer:
            return await trial.handled(consumer, 1)

    async with trial.broker() as broker:
        await trial.make(broker, queue())
        await trial.publish(broker, parcel())
        await trial.under.go_away()
        await trial.until(lambda: broker.trouble is not None)
        consuming = asyncio.create_task(consume(broker))
        await asyncio.sleep(0)

        await trial.under.come_back()

        assert await consuming == [b"tea"]


async def stopping_returns_though_the_broker_is_away(trial: Trial) -> None:
    async with trial.broker() as broker:
        async with broker.consume(queue()) as consumer:
            await trial.publish(broker, *parcels(2))
            held = await trial.next(consumer)
            await trial.under.go_away()
            try:
                async with asyncio.timeout(trial.under.patience):
                    await consumer.stop()
                    assert not await held.done()
                    assert [delivery async for delivery in consumer] == []
            finally:
                await trial.under.come_back()

        async with broker.consume(queue()) as consumer:
            assert await trial.handled(consumer, 2) == numbers(2)


async def what_waits_for_its_next_try_survives_a_loss(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        await trial.publish(broker, parcel())
        await (await trial.next(consumer)).retry(trial.delay, failure())

        await trial.under.lose_connections()

        arriving = asyncio.create_task(_second_try(trial, consumer))
        await trial.pass_time(trial.delay)
        await arriving


async def _second_try(trial: Trial, consumer: Consumer) -> None:
    """That the first has failed may have been lost, too; then it comes as well."""
    while (delivery := await trial.next(consumer)).parcel.attempt != 2:
        await delivery.done()


async def dead_letters_survive_a_loss(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        await trial.publish(broker, parcel())
        await (await trial.next(consumer)).dead(failure())

        await trial.under.lose_connections()

        async with trial.broker() as other:
            assert await other.dead_letters("billing").count() == 1
