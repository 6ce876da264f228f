"""What fails comes again when it should, and what has failed for good is kept, shown, replayed and dropped."""

import asyncio

import attrs

from rostra_messaging.brokers import Broker, DeadLetters
from rostra_messaging.testing.conformance.trial import (
    Trial,
    failure,
    numbers,
    parcel,
    parcels,
    queue,
)


async def a_retried_message_comes_after_its_delay_as_it_was_with_one_more_try(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        why = failure()
        await trial.publish(broker, attrs.evolve(parcel(key="table-7", hot=True), content_type="text/plain"))
        first = await trial.next(consumer)
        failed = trial.under.clock.monotonic()

        assert await first.retry(trial.delay, why)

        arriving = asyncio.create_task(trial.arrival(consumer))
        await trial.pass_time(trial.delay)
        arrived, second = await arriving
        assert second.parcel == attrs.evolve(first.parcel, attempt=2, first_failure=why)
        assert arrived - failed >= trial.delay * 0.95
        assert await second.done()


async def a_retry_without_delay_comes_at_once(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        await trial.publish(broker, parcel())

        assert await (await trial.next(consumer)).retry(0, failure())

        assert (await trial.next(consumer)).parcel.attempt == 2


async def tries_are_counted_and_the_first_failure_is_remembered(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        first = failure("ValueError: first")
        await trial.publish(broker, parcel())

        await (await trial.next(consumer)).retry(0, first)
        await (await trial.next(consumer)).retry(0, failure("ValueError: second"))

        third = (await trial.next(consumer)).parcel
        assert (third.attempt, third.first_failure) == (3, first)


async def a_retry_that_does_not_count_leaves_the_number_of_tries(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        await trial.publish(broker, parcel())

        assert await (await trial.next(consumer)).retry(0, failure(), counts=False)

        assert (await trial.next(consumer)).parcel.attempt == 1


async def a_long_delay_does_not_hold_up_a_short_one(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        await trial.publish(broker, parcel("slow"), parcel("fast"))
        slow, fast = await trial.several(consumer, 2)

        await slow.retry(3 * trial.delay, failure())
        await fast.retry(trial.delay, failure())

        arriving = asyncio.create_task(trial.handled(consumer, 2))
        for _ in range(3):
            await trial.pass_time(trial.delay)
        assert await arriving == [b"fast", b"slow"]


async def what_is_retried_comes_to_its_own_queue_only(trial: Trial) -> None:
    async with trial.broker() as broker:
        async with broker.consume(queue("billing")) as billing, broker.consume(queue("shipping")) as shipping:
            await trial.publish(broker, parcel())
            await trial.handled(shipping, 1)

            await (await trial.next(billing)).retry(0, failure())

            assert await trial.handled(billing, 1) == [b"tea"]
        assert await trial.is_empty(broker, queue("shipping"))


async def what_waits_for_its_next_try_survives_the_connection(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        await trial.publish(broker, parcel())
        await (await trial.next(consumer)).retry(trial.delay, failure())

    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        arriving = asyncio.create_task(trial.next(consumer))
        await trial.pass_time(trial.delay)
        assert (await arriving).parcel.attempt == 2


async def a_retried_message_makes_room_for_others_meanwhile(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue(prefetch=1)) as consumer:
        await trial.publish(broker, parcel("fails"), parcel("next"))

        await (await trial.next(consumer)).retry(trial.delay, failure())

        assert await trial.handled(consumer, 1) == [b"next"]


async def a_dead_letter_tells_what_it_was_and_why_it_died(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        first, last = failure("ValueError: first"), failure("Rejected: there is no such table")
        await trial.publish(broker, attrs.evolve(parcel(key="table-7", hot=True), content_type="text/plain"))
        await (await trial.next(consumer)).retry(0, first)
        dying = await trial.next(consumer)

        assert await dying.dead(last)

        [letter] = await broker.dead_letters("billing").list()
        assert letter.parcel == attrs.evolve(dying.parcel, attempt=2, first_failure=first)
        assert (letter.reason, letter.time, letter.queue) == (last.reason, last.time, "billing")


async def what_dies_at_once_has_one_failure(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        why = failure()

        await trial.publish(broker, parcel())
        await (await trial.next(consumer)).dead(why)

        [letter] = await broker.dead_letters("billing").list()
        assert (letter.parcel.attempt, letter.parcel.first_failure) == (1, why)


async def who_tried_in_place_tells_how_often(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        first = failure("ValueError: first")
        await trial.publish(broker, parcel())

        await (await trial.next(consumer)).dead(failure("last"), attempts=4, first_failure=first)

        [letter] = await broker.dead_letters("billing").list()
        assert (letter.parcel.attempt, letter.parcel.first_failure) == (4, first)


async def a_reason_may_be_long_and_in_any_script(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        await trial.publish(broker, parcel())

        assert await (await trial.next(consumer)).dead(failure("ValueError: ☕ größer" + " sehr" * 400))

        [letter] = await broker.dead_letters("billing").list()
        assert letter.reason.startswith("ValueError: ☕ größer sehr sehr")


async def dead_letters_stay_in_order_when_they_are_looked_at(trial: Trial) -> None:
    async with trial.broker() as broker:
        letters = await _with_dead(trial, broker, 5)

        assert await letters.count() == 5
        assert [each.parcel.body for each in await letters.list(limit=3)] == numbers(3)
        assert [each.parcel.body for each in await letters.list()] == numbers(5)
        assert await letters.count() == 5


async def a_queue_without_dead_letters_has_none(trial: Trial) -> None:
    async with trial.broker() as broker:
        await trial.make(broker, queue())

        assert await broker.dead_letters("billing").exists()
        assert not await broker.dead_letters("biling").exists()
        assert await broker.dead_letters("billing").count() == 0
        assert [*await broker.dead_letters("billing").list()] == []
        assert await broker.dead_letters("billing").replay() == 0
        assert await broker.dead_letters("billing").drop() == 0


async def each_queue_has_its_own_dead_letters(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue("shipping")) as shipping:
        await _with_dead(trial, broker, 1)
        await trial.handled(shipping, 1)

        assert await broker.dead_letters("shipping").count() == 0
        assert [*await broker.queues_with_dead_letters()] == ["billing"]


async def what_is_replayed_is_as_new_and_comes_to_its_own_queue_only(trial: Trial) -> None:
    async with trial.broker() as broker:
        await trial.make(broker, queue("shipping"))
        letters = await _with_dead(trial, broker, 2)
        async with broker.consume(queue("shipping")) as shipping:
            await trial.handled(shipping, 2)

        assert await letters.replay() == 2

        async with broker.consume(queue()) as billing:
            again = await trial.several(billing, 2)
            assert [each.parcel.body for each in again] == numbers(2)
            assert [(each.parcel.attempt, each.parcel.first_failure) for each in again] == [(1, None)] * 2
            assert [await each.done() for each in again] == [True, True]
        assert await letters.count() == 0
        assert await trial.is_empty(broker, queue("shipping"))


async def some_are_replayed_and_the_others_stay(trial: Trial) -> None:
    async with trial.broker() as broker:
        letters = await _with_dead(trial, broker, 4)
        chosen = [each.parcel.id for each in await letters.list()][1:3]

        assert await letters.replay(chosen) == 2

        assert [each.parcel.body for each in await letters.list()] == [b"0", b"3"]
        async with broker.consume(queue()) as consumer:
            assert await trial.handled(consumer, 2) == [b"1", b"2"]


async def some_are_dropped_and_then_all(trial: Trial) -> None:
    async with trial.broker() as broker:
        letters = await _with_dead(trial, broker, 4)
        chosen = [each.parcel.id for each in await letters.list()][:1]

        assert await letters.drop([*chosen, "no such id"]) == 1
        assert [each.parcel.body for each in await letters.list()] == numbers(4)[1:]
        assert await letters.drop() == 3
        assert await letters.count() == 0


async def what_is_replayed_and_fails_dies_again(trial: Trial) -> None:
    async with trial.broker() as broker:
        letters = await _with_dead(trial, broker, 1)
        await letters.replay()

        async with broker.consume(queue()) as consumer:
            await (await trial.next(consumer)).dead(failure("ValueError: again"))

        assert [each.reason for each in await letters.list()] == ["ValueError: again"]


async def dead_letters_survive_the_connection(trial: Trial) -> None:
    async with trial.broker() as broker:
        await _with_dead(trial, broker, 1)

    async with trial.broker() as broker:
        await trial.make(broker, queue())
        assert await broker.dead_letters("billing").count() == 1


async def _with_dead(trial: Trial, broker: Broker, count: int) -> DeadLetters:
    """The dead letters of a queue in which so many have just failed."""
    async with broker.consume(queue(prefetch=1)) as consumer:
        await trial.publish(broker, *parcels(count))
        for _ in range(count):
            assert await (await trial.next(consumer)).dead(failure())
    return broker.dead_letters("billing")
