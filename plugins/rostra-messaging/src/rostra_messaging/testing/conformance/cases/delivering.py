"""What is published is handed out, as it was, once, in order, and not too much of it at once."""

import asyncio

import attrs

from rostra_messaging.testing.conformance.trial import (
    Trial,
    bodies,
    numbers,
    parcel,
    parcels,
    queue,
    settle,
)


async def a_message_arrives_as_it_was_sent(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        sent = parcel(
            "hot tea", key="table-7", text="tea", raw=b"\x00\xff", count=2, weight=0.5, hot=True, no=None
        )
        sent = attrs.evolve(sent, content_type="text/plain")

        await trial.publish(broker, sent)

        delivery = await trial.next(consumer)
        assert delivery.parcel == sent
        assert not delivery.is_redelivered
        assert await delivery.done()


async def any_bytes_arrive_unchanged(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        sent = [attrs.evolve(parcel(), body=body) for body in (b"", bytes(range(256)), b"\x00" * 10)]

        await trial.publish(broker, *sent)

        assert await trial.handled(consumer, 3) == [each.body for each in sent]


async def a_big_body_arrives_whole(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        body = bytes(range(251)) * 16_000  # of 4 MB, in which no two parts of a frame's size are the same

        await trial.publish(broker, attrs.evolve(parcel(), body=body))

        assert (await trial.handled(consumer, 1))[0] == body


async def names_and_values_may_be_in_any_script(trial: Trial) -> None:
    async with (
        trial.broker() as broker,
        broker.consume(queue("абонемент", topic="größe.注文")) as consumer,
    ):
        sent = parcel("☕", topic="größe.注文", key="стол", mañana="🫖")
        sent = attrs.evolve(sent, id="bestellung-№1")

        await trial.publish(broker, sent)

        assert (await trial.next(consumer)).parcel == sent


async def messages_come_in_the_order_in_which_they_were_published(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        await trial.publish(broker, *parcels(100))

        assert await trial.handled(consumer, 100) == numbers(100)


async def many_are_published_at_once_and_each_comes_once(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        async with asyncio.TaskGroup() as publishing:
            for each in parcels(200):
                publishing.create_task(trial.publish(broker, each))

        assert sorted(await trial.handled(consumer, 200)) == sorted(numbers(200))


async def a_message_waits_until_somebody_consumes(trial: Trial) -> None:
    async with trial.broker() as broker:
        await trial.make(broker, queue())

        await trial.publish(broker, *parcels(2))

        async with broker.consume(queue()) as consumer:
            assert await trial.handled(consumer, 2) == numbers(2)


async def what_was_published_is_there_after_the_connection_has_closed(trial: Trial) -> None:
    async with trial.broker() as broker:
        await trial.make(broker, queue())
        await trial.publish(broker, *parcels(20))

    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        assert await trial.handled(consumer, 20) == numbers(20)


async def what_is_done_does_not_come_again(trial: Trial) -> None:
    async with trial.broker() as broker:
        async with broker.consume(queue()) as consumer:
            await trial.publish(broker, parcel())
            await trial.handled(consumer, 1)

        assert await trial.is_empty(broker, queue())


async def what_is_not_settled_comes_again_and_says_so(trial: Trial) -> None:
    async with trial.broker() as broker:
        async with broker.consume(queue()) as consumer:
            await trial.publish(broker, parcel())
            first = await trial.next(consumer)

        async with broker.consume(queue()) as consumer:
            second = await trial.next(consumer)

        assert second.parcel == first.parcel
        assert (first.is_redelivered, second.is_redelivered) == (False, True)


async def what_is_released_comes_again_and_no_try_is_counted(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        await trial.publish(broker, parcel())
        first = await trial.next(consumer)

        assert await first.release()

        second = await trial.next(consumer)
        assert second.parcel == first.parcel
        assert second.is_redelivered
        assert await second.done()


async def a_consumer_holds_no_more_than_its_prefetch(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue(prefetch=3)) as few:
        await trial.publish(broker, *parcels(10))
        held = await trial.several(few, 3)

        async with broker.consume(queue(prefetch=10)) as many:
            others = await trial.several(many, 7)

            assert bodies(held) == numbers(3)
            assert bodies(others) == numbers(10)[3:]
            assert all(await settle([*held, *others]))


async def each_that_is_settled_makes_room_for_one(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue(prefetch=1)) as consumer:
        await trial.publish(broker, *parcels(5))

        assert await trial.handled(consumer, 5) == numbers(5)


async def settling_in_another_order_is_fine(trial: Trial) -> None:
    async with trial.broker() as broker:
        async with broker.consume(queue()) as consumer:
            await trial.publish(broker, *parcels(6))
            deliveries = await trial.several(consumer, 6)

            assert all(await settle(deliveries[::-1]))

        assert await trial.is_empty(broker, queue())


async def after_stop_the_iteration_ends_and_what_was_handed_out_can_be_settled(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        await trial.publish(broker, *parcels(3))
        first = await trial.next(consumer)

        await consumer.stop()

        assert [delivery async for delivery in consumer] == []
        assert await first.done()
        async with broker.consume(queue()) as other:
            assert await trial.handled(other, 2) == numbers(3)[1:]


async def who_waits_for_a_message_is_told_of_the_stop(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue()) as consumer:

        async def iterate() -> int:
            return len([delivery async for delivery in consumer])

        waiting = asyncio.create_task(iterate())
        await asyncio.sleep(0)

        await consumer.stop()

        async with asyncio.timeout(trial.under.patience):
            assert await waiting == 0


async def what_nobody_took_before_the_stop_is_left_to_others_in_order(trial: Trial) -> None:
    async with trial.broker() as broker:
        async with broker.consume(queue()) as consumer:
            await trial.publish(broker, *parcels(8))
            await trial.next(consumer)
            await consumer.stop()

        async with broker.consume(queue()) as consumer:
            assert await trial.handled(consumer, 8) == numbers(8)
