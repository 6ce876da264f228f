"""Handlers get what was published, and what they do decides what becomes of it; whichever broker there is."""

import asyncio
from typing import Any

import attrs
import pytest

from rostra_messaging import Message, NoReplyError, Parcel, Reject, Retry, RetryLater, subscribe
from rostra_messaging.testing.conformance.stages import Book, stage
from rostra_messaging.testing.conformance.trial import Trial, now, queue

_ONCE = Retry(delays=())
_BILLING = "billing.orders.placed"


@attrs.frozen
class Order:
    """What is published."""

    item: str
    quantity: int = 1


async def a_handler_gets_its_payload_and_all_that_travelled_with_it(trial: Trial) -> None:
    book = Book(trial.under.patience)

    @subscribe("orders.placed", group="billing")
    async def bill(order: Order, message: Message) -> None:
        book.note((order, message.topic, message.attributes["table"], message.key, message.attempt))

    async with stage(trial, bill) as shop:
        await shop.publish("orders.placed", Order("größer Tee ☕", 2), attributes={"table": 7}, key="7")

        assert await book.wait(1) == [(Order("größer Tee ☕", 2), "orders.placed", 7, "7", 1)]


async def stages_of_a_group_share_and_each_group_gets_a_copy(trial: Trial) -> None:
    book = Book(trial.under.patience)

    @subscribe("orders.placed", group="billing", concurrency=1)
    async def bill(number: int) -> None:
        book.note(("billing", number))
        await asyncio.sleep(0)

    @subscribe("orders.placed", group="shipping")
    async def ship(number: int) -> None:
        book.note(("shipping", number))

    async with stage(trial, bill) as shop, stage(trial, bill), stage(trial, ship):
        await shop.publish("orders.placed", *range(30))

        notes = await book.wait(60)

    assert sorted(notes) == [(group, number) for group in ("billing", "shipping") for number in range(30)]


async def without_a_group_each_stage_gets_a_copy(trial: Trial) -> None:
    book = Book(trial.under.patience)

    @subscribe("prices.changed")
    async def note(price: int) -> None:
        book.note(price)

    async with stage(trial, note) as shop, stage(trial, note):
        await shop.publish("prices.changed", 3)

        assert await book.wait(2) == [3, 3]


async def a_handler_of_many_topics_sees_which_it_is(trial: Trial) -> None:
    book = Book(trial.under.patience)

    @subscribe("orders.#", group="audit")
    async def note(message: Message) -> None:
        book.note(message.topic)

    async with stage(trial, note) as shop:
        for topic in ("orders", "carts.filled", "orders.tea.placed"):
            await shop.publish(topic, 1)

        assert sorted(await book.wait(2)) == ["orders", "orders.tea.placed"]


async def no_more_are_handled_at_once_than_was_asked_for(trial: Trial) -> None:
    book, running, most = Book(trial.under.patience), 0, 0
    three = asyncio.Barrier(3)

    @subscribe("orders.placed", group="billing", concurrency=3)
    async def bill(number: int) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await three.wait()  # as many as may be are really there
        running -= 1
        book.note(number)

    async with stage(trial, bill) as shop:
        await shop.publish("orders.placed", *range(12))

        assert sorted(await book.wait(12)) == [*range(12)]
    assert most == 3


async def what_fails_twice_is_done_at_the_third_try(trial: Trial) -> None:
    book = Book(trial.under.patience)

    @subscribe("orders.placed", group="billing", retry=Retry(delays=(0, 0)))
    async def bill(message: Message) -> None:
        book.note((message.attempt, message.first_failure and message.first_failure.reason))
        if message.attempt < 3:
            raise OSError(f"try {message.attempt}")

    async with stage(trial, bill) as shop:
        await shop.publish("orders.placed", 1)
        assert await book.wait(3) == [(1, None), (2, "OSError: try 1"), (3, "OSError: try 1")]

    assert len(book.notes) == 3
    await _nothing_is_left(trial)


async def tries_are_as_far_apart_as_the_ladder_says_and_then_it_is_dead(trial: Trial) -> None:
    book, clock, delay = Book(trial.under.patience), trial.under.clock, trial.delay

    @subscribe("orders.placed", group="billing", retry=Retry(delays=(delay, 2 * delay)))
    async def bill(message: Message) -> None:
        book.note(clock.monotonic())
        raise OSError(f"try {message.attempt}")

    async with stage(trial, bill) as shop:
        await shop.publish("orders.placed", 1)
        await book.wait(1)
        await _until_retried(trial, book, 2, delay)
        await _until_retried(trial, book, 3, 2 * delay)
        [letter] = await shop.dead(_BILLING)

    first, second, third = book.notes
    assert second - first >= delay * 0.95
    assert third - second >= 2 * delay * 0.95
    assert (letter.parcel.attempt, letter.reason) == (3, "OSError: try 3")
    assert letter.parcel.first_failure is not None
    assert letter.parcel.first_failure.reason == "OSError: try 1"


async def what_is_rejected_is_dead_at_once(trial: Trial) -> None:
    @subscribe("orders.placed", group="billing")
    async def bill(order: Order) -> None:
        raise Reject(f"nobody sells {order.item}")

    async with stage(trial, bill) as shop:
        await shop.publish("orders.placed", Order("gold"))

        [letter] = await shop.dead(_BILLING)
        assert (letter.reason, letter.parcel.attempt) == ("nobody sells gold", 1)


async def who_asks_for_later_is_served_later(trial: Trial) -> None:
    book, clock, delay = Book(trial.under.patience), trial.under.clock, trial.delay

    @subscribe("orders.placed", group="billing", retry=Retry(delays=(0,)))
    async def bill(message: Message) -> None:
        book.note((message.attempt, clock.monotonic()))
        if message.attempt == 1:
            raise RetryLater(delay)

    async with stage(trial, bill) as shop:
        await shop.publish("orders.placed", 1)
        await book.wait(1)
        await _until_retried(trial, book, 2, delay)

    (_, first), (attempt, second) = book.notes
    assert attempt == 2
    assert second - first >= delay * 0.95


async def what_cannot_be_read_is_dead_and_no_handler_sees_it(trial: Trial) -> None:
    book = Book(trial.under.patience)

    @subscribe("orders.placed", group="billing")
    async def bill(order: Order) -> None:
        book.note(order.item)

    async with stage(trial, bill) as shop, trial.broker() as broker:
        await trial.publish(broker, Parcel(id="1", topic="orders.placed", body=b"\xff{", time=now()))
        await shop.publish("orders.placed", {"item": ["tea"]}, Order("tea"))

        letters = await shop.dead(_BILLING, 2)
        assert await book.wait(1) == ["tea"]
    assert {each.parcel.attempt for each in letters} == {1}
    assert any("item" in each.reason for each in letters)


async def a_message_that_always_fails_holds_up_no_others(trial: Trial) -> None:
    book = Book(trial.under.patience)

    @subscribe("orders.placed", group="billing", concurrency=1, retry=Retry(delays=(trial.delay,) * 2))
    async def bill(order: Order) -> None:
        if order.item == "poison":
            raise ValueError("no")
        book.note(order.item)

    async with stage(trial, bill) as shop:
        await shop.publish("orders.placed", Order("poison"), Order("tea"), Order("cake"))

        assert await book.wait(2) == ["tea", "cake"]


async def what_a_filter_does_not_want_is_done(trial: Trial) -> None:
    book = Book(trial.under.patience)

    def is_large(message: Message) -> bool:
        return bool(message.body["quantity"] > 10)

    @subscribe("orders.placed", group="billing", filter=is_large)
    async def bill(order: Order) -> None:
        book.note(order.quantity)

    async with stage(trial, bill) as shop:
        await shop.publish("orders.placed", *(Order("tea", quantity) for quantity in (1, 11, 2, 12)))
        assert sorted(await book.wait(2)) == [11, 12]

    await _nothing_is_left(trial)


async def who_takes_longer_than_the_deadline_has_failed(trial: Trial) -> None:
    @subscribe("orders.placed", group="billing", deadline=0.05, retry=_ONCE)
    async def bill(_: Order) -> None:
        await asyncio.Event().wait()

    async with stage(trial, bill) as shop:
        await shop.publish("orders.placed", Order("tea"))

        [letter] = await shop.dead(_BILLING)
        assert letter.reason.startswith("TimeoutError: ")


async def a_cancellation_that_nobody_asked_for_is_a_failure(trial: Trial) -> None:
    book = Book(trial.under.patience)

    @subscribe("orders.placed", group="billing", retry=Retry(delays=(0,)))
    async def bill(message: Message) -> None:
        book.note(message.attempt)
        if message.attempt == 1:
            raise asyncio.CancelledError

    async with stage(trial, bill) as shop:
        await shop.publish("orders.placed", 1)

        assert await book.wait(2) == [1, 2]


async def what_a_handler_returns_is_published(trial: Trial) -> None:
    book = Book(trial.under.patience)

    @subscribe("orders.placed", group="billing", publishes="orders.billed")
    async def bill(order: Order) -> Order:
        return attrs.evolve(order, quantity=order.quantity + 1)

    @subscribe("orders.billed", group="shipping")
    async def ship(order: Order) -> None:
        book.note(order)

    async with stage(trial, bill, ship) as shop:
        await shop.publish("orders.placed", Order("tea", 1))

        assert await book.wait(1) == [Order("tea", 2)]


async def a_message_whose_result_cannot_be_published_is_not_done(trial: Trial) -> None:
    @subscribe("orders.placed", group="billing", publishes="nobody.cares", retry=_ONCE)
    async def bill(order: Order) -> Order:
        return order

    async with stage(trial, bill, unroutable="error") as shop:
        await shop.publish("orders.placed", Order("tea"))

        [letter] = await shop.dead(_BILLING)
        assert letter.reason.startswith("PublishError: ")


async def who_asks_gets_the_answer_of_the_handler(trial: Trial) -> None:
    @subscribe("prices.asked", group="prices")
    async def price(order: Order) -> dict[str, int]:
        return {"price": order.quantity * 3}

    async with stage(trial, price) as shop:
        answers = await asyncio.gather(
            *(
                shop.publisher.request("prices.asked", Order("tea", number), deadline=shop.patience)
                for number in range(5)
            )
        )

    assert answers == [{"price": number * 3} for number in range(5)]


async def who_asks_is_told_when_the_question_dies(trial: Trial) -> None:
    @subscribe("prices.asked", group="prices")
    async def price(_: Order) -> int:
        raise Reject("it has no price")

    async with stage(trial, price) as shop:
        with pytest.raises(NoReplyError, match="it has no price"):
            await shop.publisher.request("prices.asked", Order("love"), deadline=shop.patience)


async def messages_with_one_key_are_handled_in_order_also_when_one_fails(trial: Trial) -> None:
    book = Book(trial.under.patience)

    @subscribe("orders.placed", group="billing", ordered=True, retry=Retry(delays=(0, 0)))
    async def bill(number: int, message: Message) -> None:
        await asyncio.sleep(0)
        if number % 4 == 0 and message.attempt < 3:
            raise OSError("later")
        book.note((message.key, number))

    async with stage(trial, bill) as shop:
        for number in range(20):
            await shop.publish("orders.placed", number, key=f"table-{number % 2}")
        notes = await book.wait(20)

    for key in (0, 1):
        assert [number for table, number in notes if table == f"table-{key}"] == [*range(key, 20, 2)]


async def many_are_published_at_once_and_each_is_handled(trial: Trial) -> None:
    book = Book(trial.under.patience)

    @subscribe("orders.placed", group="billing", concurrency=50)
    async def bill(number: int) -> None:
        book.note(number)

    async with stage(trial, bill) as shop:
        sent = [Message(topic="orders.placed", body=number) for number in range(300)]

        assert await shop.publisher.publish_many(sent) == [each.id for each in sent]
        assert sorted(await book.wait(300)) == [*range(300)]


async def a_message_may_be_published_for_later(trial: Trial) -> None:
    book, clock, delay = Book(trial.under.patience), trial.under.clock, trial.delay

    @subscribe("orders.placed", group="billing")
    async def bill(item: str) -> None:
        book.note((item, clock.monotonic()))

    async with stage(trial, bill) as shop:
        published = clock.monotonic()
        await shop.publish("orders.placed", "later", delay=delay)
        await shop.publish("orders.placed", "now")
        await book.wait(1)
        await _until_retried(trial, book, 2, delay)

    (first, _), (second, arrived) = book.notes
    assert (first, second) == ("now", "later")
    assert arrived - published >= delay * 0.95


async def a_dead_letter_that_is_replayed_is_handled(trial: Trial) -> None:
    book, is_open = Book(trial.under.patience), False

    @subscribe("orders.placed", group="billing", retry=_ONCE)
    async def bill(message: Message) -> None:
        if not is_open:
            raise OSError("the bank is closed")
        book.note((message.body, message.attempt, message.first_failure))

    async with stage(trial, bill) as shop, trial.broker() as broker:
        await shop.publish("orders.placed", "tea")
        await shop.dead(_BILLING)
        is_open = True

        assert await broker.dead_letters(_BILLING).replay() == 1

        assert await book.wait(1) == [("tea", 1, None)]


async def _until_retried(trial: Trial, book: Book, count: int, delay: float) -> None:
    """Let time pass until there are so many notes, in such steps that none comes long after it is due."""
    async with asyncio.timeout(trial.under.patience):
        waiting: asyncio.Task[Any] = asyncio.ensure_future(book.wait(count))
        while not waiting.done():
            await trial.under.pass_time(delay / 10)
        await waiting


async def _nothing_is_left(trial: Trial) -> None:
    async with trial.broker() as broker:
        assert await trial.is_empty(broker, queue(_BILLING))
        assert await broker.dead_letters(_BILLING).count() == 0
