"""Stages that stop, and brokers that fail, while messages are handled: what was finished stays so, the rest comes again."""

import asyncio

import pytest

from rostra import plugin
from rostra.errors import StopTimeoutError
from rostra_messaging import Message, PublishError, Retry, subscribe
from rostra_messaging.testing.conformance.stages import Book, Shop, stage
from rostra_messaging.testing.conformance.trial import Trial, queue

_BILLING = "billing.orders.placed"


async def a_durable_group_keeps_messages_while_no_stage_runs(trial: Trial) -> None:
    book = Book(trial.under.patience)

    @subscribe("orders.placed", group="billing")
    async def bill(number: int) -> None:
        book.note(number)

    async with stage(trial, bill):
        pass
    async with stage(trial) as shop:
        await shop.publish("orders.placed", *range(5))
    assert book.notes == []

    async with stage(trial, bill):
        assert sorted(await book.wait(5)) == [*range(5)]


async def a_stage_that_stops_finishes_what_it_handles_and_leaves_the_rest(trial: Trial) -> None:
    begun, done, go_on = Book(trial.under.patience), Book(trial.under.patience), asyncio.Event()
    others = Book(trial.under.patience)

    @subscribe("orders.placed", group="billing", concurrency=3, prefetch=6)
    async def bill_slowly(number: int) -> None:
        begun.note(number)
        await go_on.wait()
        done.note(number)

    @subscribe("orders.placed", group="billing")
    async def bill(number: int) -> None:
        others.note(number)

    async with stage(trial, bill_slowly) as stopping:
        await stopping.publish("orders.placed", *range(10))
        await begun.wait(3)
        async with stage(trial, bill):
            stopping.stage.stop()
            await others.wait(7)  # those, too, which the other had fetched but not begun
            go_on.set()
            await stopping.stage.lifecycle.wait_for(plugin.Phase.STOPPED)

    assert sorted(begun.notes) == sorted(done.notes) == [0, 1, 2]
    assert sorted(others.notes) == [*range(3, 10)]
    assert not stopping.stage.is_cut_short
    await _nothing_is_left(trial)


async def a_handler_that_hangs_is_cut_and_its_message_comes_again(trial: Trial) -> None:
    book = Book(trial.under.patience)

    @subscribe("orders.placed", group="billing")
    async def hang(_: int) -> None:
        book.note("hung")
        await asyncio.Event().wait()

    @subscribe("orders.placed", group="billing")
    async def bill(message: Message) -> None:
        book.note((message.attempt, message.is_redelivered))

    stages: list[plugin.Stage] = []

    async def stop_in_vain() -> None:
        async with stage(trial, hang, stop_timeout=0.5) as shop:
            stages.append(shop.stage)
            await shop.publish("orders.placed", 1)
            await book.wait(1)

    with pytest.raises((StopTimeoutError, ExceptionGroup)):
        await stop_in_vain()
    assert stages[0].is_cut_short

    async with stage(trial, bill):
        assert await book.wait(2) == ["hung", (1, True)]


async def connections_that_are_lost_while_messages_wait_lose_none(trial: Trial) -> None:
    book, go_on = Book(trial.under.patience), asyncio.Event()

    @subscribe("orders.placed", group="billing", concurrency=1, prefetch=5)
    async def bill(number: int) -> None:
        await go_on.wait()
        book.note(number)

    async with stage(trial, bill) as shop:
        await shop.publish("orders.placed", *range(10))
        await trial.under.lose_connections()
        go_on.set()
        await _handled(book, set(range(10)))


async def a_connection_that_is_lost_while_a_handler_runs_leaves_it_alone(trial: Trial) -> None:
    begun, done, go_on = Book(trial.under.patience), Book(trial.under.patience), asyncio.Event()

    @subscribe("orders.placed", group="billing", retry=Retry(delays=()))
    async def bill(message: Message) -> None:
        begun.note(message.is_redelivered)
        await go_on.wait()
        done.note(message.attempt)

    async with stage(trial, bill) as shop:
        await shop.publish("orders.placed", 1)
        await begun.wait(1)

        await trial.under.lose_connections()
        go_on.set()

        assert await begun.wait(2) == [False, True]
        assert await done.wait(2) == [1, 1]
    await _nothing_is_left(trial)


async def a_connection_that_is_lost_brings_back_only_what_was_not_done(trial: Trial) -> None:
    book, go_on = Book(trial.under.patience), asyncio.Event()

    @subscribe(
        "orders.placed", group="billing", concurrency=1
    )  # the next comes when the broker knows that one is done
    async def bill(number: int) -> None:
        book.note(number)
        if number == 5:
            await go_on.wait()

    async with stage(trial, bill) as shop:
        await shop.publish("orders.placed", *range(6))
        await book.wait(6)

        await trial.under.lose_connections()
        go_on.set()
        await shop.publish("orders.placed", 6)

        assert sorted(await book.wait(8)) == [0, 1, 2, 3, 4, 5, 5, 6]
    await _nothing_is_left(trial)


async def whatever_is_lost_meanwhile_each_message_ends_as_it_should(trial: Trial) -> None:
    done, tries = Book(trial.under.patience), Book(trial.under.patience)
    poison, count = 10, 100

    @subscribe("orders.placed", group="billing", retry=Retry(delays=(0, 0)))
    async def bill(number: int, message: Message) -> None:
        tries.note(number)
        await asyncio.sleep(0)
        if number < poison or message.attempt < 3:
            raise OSError(f"try {message.attempt}")
        done.note(number)

    async with stage(trial, bill) as shop:
        await shop.publisher.publish_many(
            Message(topic="orders.placed", body=number) for number in range(count)
        )
        for share in (1, 2, 3):
            await tries.wait(share * count // 2)
            await trial.under.lose_connections()
        await _handled(done, set(range(poison, count)))
        letters = await shop.dead(_BILLING, poison)

    assert {each.parcel.attempt for each in letters} == {3}
    assert {each.reason for each in letters} == {"OSError: try 3"}
    assert len({each.parcel.id for each in letters}) == poison


async def a_stage_goes_on_by_itself_when_the_broker_is_back(trial: Trial) -> None:
    book = Book(trial.under.patience)

    @subscribe("orders.placed", group="billing")
    async def bill(number: int) -> None:
        book.note(number)

    async with stage(trial, bill) as shop:
        await shop.publish("orders.placed", 1)
        await book.wait(1)
        await trial.under.go_away()
        publishing = asyncio.create_task(shop.publish("orders.placed", 2, deadline=trial.under.patience))
        await asyncio.sleep(0.1)

        await trial.under.come_back()

        await publishing
        await _handled(book, {1, 2})


async def readiness_says_that_the_broker_is_away(trial: Trial) -> None:
    @subscribe("orders.placed", group="billing")
    async def bill(_: int) -> None: ...

    async with stage(trial, bill) as shop:
        assert await shop.is_ready()

        await trial.under.go_away()
        try:
            await _until_ready(trial, shop, is_ready=False)
        finally:
            await trial.under.come_back()

        await _until_ready(trial, shop, is_ready=True)


async def a_stage_stops_though_the_broker_is_away(trial: Trial) -> None:
    @subscribe("orders.placed", group="billing")
    async def bill(_: int) -> None: ...

    try:
        async with asyncio.timeout(trial.under.patience), stage(trial, bill) as shop:
            await trial.under.go_away()
    finally:
        await trial.under.come_back()

    assert not shop.stage.is_cut_short


async def a_publish_that_fails_is_a_failure_of_the_handler(trial: Trial) -> None:
    book = Book(trial.under.patience)

    @subscribe("orders.placed", group="billing", retry=Retry(delays=(0,)))
    async def bill(message: Message) -> None:
        book.note(message.attempt)
        if message.attempt == 1:
            raise PublishError("orders.billed", "default", "the broker is away")

    async with stage(trial, bill) as shop:
        await shop.publish("orders.placed", 1)

        assert await book.wait(2) == [1, 2]


async def _handled(book: Book, wanted: set[int]) -> None:
    """Return when all these were handled, some of them perhaps twice."""
    count = len(wanted)
    while {*await book.wait(count)} != wanted:
        count = len(book.notes) + 1


async def _until_ready(trial: Trial, shop: Shop, *, is_ready: bool) -> None:
    """An answer is good for a second."""
    async with asyncio.timeout(trial.under.patience):
        while await shop.is_ready() != is_ready:
            await trial.under.pass_time(1.1)
            await asyncio.sleep(0)


async def _nothing_is_left(trial: Trial) -> None:
    async with trial.broker() as broker:
        assert await trial.is_empty(broker, queue(_BILLING))
        assert await broker.dead_letters(_BILLING).count() == 0
