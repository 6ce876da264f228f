"""Each publish ends by its deadline, as stored or with one clear exception; and what was confirmed is stored."""

import asyncio

import attrs
import pytest

from rostra_messaging.brokers import Broker, Parcel
from rostra_messaging.errors import PublishError
from rostra_messaging.testing.conformance.trial import Trial, numbers, parcel, parcels, queue

_SOON = 0.3
_MORE_THAN_FIT = 60


async def what_no_queue_wants_is_an_error(trial: Trial) -> None:
    async with trial.broker() as broker:
        with pytest.raises(PublishError) as caught:
            await trial.publish(broker, parcel(topic="nobody.cares"))

        assert (caught.value.topic, caught.value.is_stored) == ("nobody.cares", "no")


async def what_no_queue_wants_may_be_let_pass(trial: Trial) -> None:
    async with (
        trial.broker(raise_unroutable=False) as broker,
        broker.consume(queue()) as consumer,
    ):
        await trial.publish(broker, parcel("lost", topic="nobody.cares"), parcel("tea"))

        assert await trial.handled(consumer, 1) == [b"tea"]


async def bad_publishes_disturb_neither_consumers_nor_other_publishes(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        await trial.publish(broker, parcel("first"))
        held = await trial.next(consumer)

        results = await asyncio.gather(
            *(trial.publish(broker, parcel(topic="nobody.cares")) for _ in range(20)),
            *(trial.publish(broker, each) for each in parcels(20)),
            return_exceptions=True,
        )

        assert [type(result) for result in results] == [PublishError] * 20 + [type(None)] * 20
        assert await held.done()
        assert sorted(await trial.handled(consumer, 20)) == sorted(numbers(20))


async def one_id_may_be_published_again(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        sent = parcel()

        results = await asyncio.gather(*(trial.publish(broker, sent) for _ in range(3)))

        assert results == [None] * 3
        assert [each.parcel.id for each in await trial.several(consumer, 3)] == [sent.id] * 3


async def one_id_that_no_queue_wants_is_an_error_each_time(trial: Trial) -> None:
    async with trial.broker() as broker:
        sent = parcel(topic="nobody.cares")

        results = await asyncio.gather(
            *(trial.publish(broker, sent) for _ in range(3)), return_exceptions=True
        )

        assert [type(result) for result in results] == [PublishError] * 3


async def a_delayed_message_comes_when_it_is_due(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        published = trial.under.clock.monotonic()
        await trial.publish(broker, parcel("later"), delay=trial.delay)
        arriving = asyncio.create_task(trial.arrival(consumer))

        await trial.pass_time(trial.delay)

        arrived, delivery = await arriving
        assert delivery.parcel.body == b"later"
        assert delivery.parcel.attempt == 1
        assert arrived - published >= trial.delay * 0.95
        assert await delivery.done()


async def a_delayed_message_does_not_hold_up_others(trial: Trial) -> None:
    async with trial.broker() as broker, broker.consume(queue()) as consumer:
        await trial.publish(broker, parcel("last"), delay=3 * trial.delay)
        await trial.publish(broker, parcel("second"), delay=trial.delay)
        await trial.publish(broker, parcel("first"))
        arriving = asyncio.create_task(trial.handled(consumer, 3))

        for _ in range(3):
            await trial.pass_time(trial.delay)

        assert await arriving == [b"first", b"second", b"last"]


async def a_full_queue_lets_publishes_wait_until_their_deadline_and_loses_none(trial: Trial) -> None:
    short = attrs.evolve(queue(prefetch=1), options=trial.under.short_queue(5))
    stored = []
    async with trial.broker() as broker:
        await trial.make(broker, short)

        for each in parcels(_MORE_THAN_FIT):
            if await _is_stored(broker, each):
                stored.append(each.body)
            else:
                break

        assert 5 <= len(stored) < _MORE_THAN_FIT
        async with broker.consume(short) as consumer:
            assert await trial.handled(consumer, len(stored)) == stored
        assert await trial.is_empty(broker, short)


async def a_publish_to_a_full_queue_goes_on_when_there_is_room(trial: Trial) -> None:
    short = attrs.evolve(queue(), options=trial.under.short_queue(5))
    async with trial.broker() as broker:
        await trial.make(broker, short)
        waiting = asyncio.create_task(trial.publish(broker, *parcels(_MORE_THAN_FIT)))

        async with broker.consume(short) as consumer:
            found = await trial.handled(consumer, _MORE_THAN_FIT)

        await waiting
        assert found == numbers(_MORE_THAN_FIT)


async def a_publish_that_is_cancelled_is_cancelled(trial: Trial) -> None:
    short = attrs.evolve(queue(), options=trial.under.short_queue(5))
    async with trial.broker() as broker:
        await trial.make(broker, short)
        waiting = asyncio.create_task(trial.publish(broker, *parcels(_MORE_THAN_FIT)))
        await asyncio.sleep(_SOON)

        waiting.cancel()

        await asyncio.wait({waiting}, timeout=trial.under.patience)
        assert waiting.cancelled()


async def a_publish_while_the_broker_is_away_ends_by_its_deadline(trial: Trial) -> None:
    async with trial.broker() as broker:
        await trial.make(broker, queue())
        await trial.under.go_away()
        try:
            with pytest.raises(PublishError) as caught:
                async with asyncio.timeout(trial.under.patience):
                    await broker.publish(parcel(), deadline=_SOON)
        finally:
            await trial.under.come_back()

        assert caught.value.topic == "orders.placed"
        assert caught.value.is_stored in {"no", "perhaps"}


async def a_publish_while_the_broker_is_away_is_stored_when_it_is_back(trial: Trial) -> None:
    async with trial.broker() as broker:
        await trial.make(broker, queue())
        await trial.under.go_away()
        publishing = asyncio.create_task(trial.publish(broker, parcel()))
        await asyncio.sleep(_SOON)

        await trial.under.come_back()

        await publishing
        async with broker.consume(queue()) as consumer:
            assert await trial.handled(consumer, 1) == [b"tea"]


async def what_was_confirmed_while_connections_were_lost_is_stored(trial: Trial) -> None:
    sent = parcels(150)
    async with trial.broker() as broker:
        await trial.make(broker, queue())

        async with asyncio.TaskGroup() as publishing:
            for number, each in enumerate(sent):
                publishing.create_task(trial.publish(broker, each))
                if number % 50 == 25:
                    await asyncio.sleep(0)
                    await trial.under.lose_connections()

        missing = {each.id for each in sent}
        async with broker.consume(queue()) as consumer:
            while missing:
                delivery = await trial.next(consumer)
                missing.discard(delivery.parcel.id)
                await delivery.done()


async def _is_stored(broker: Broker, each: Parcel) -> bool:
    try:
        await broker.publish(each, deadline=_SOON)
    except PublishError:
        return False
    return True
