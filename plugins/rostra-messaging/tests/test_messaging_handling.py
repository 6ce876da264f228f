"""A handler gets what was published, as what it asks for; and what it does decides what becomes of the message."""

import asyncio
import logging
from collections.abc import AsyncIterator

import attrs
import pytest

from rostra import context, di
from rostra.log import bound_keys
from rostra_messaging import Message, Payload, PublishError, Reject, Retry, RetryLater, guard, subscribe

pytestmark = pytest.mark.asyncio

ONCE = Retry(delays=())
TWICE = Retry(delays=(0,))
PATIENCE = 20.0


@attrs.frozen
class Order:
    item: str
    quantity: int = 1


async def test_a_payload_comes_as_the_type_that_the_handler_wants(run) -> None:
    seen = []

    @subscribe("orders.placed", group="billing")
    async def bill(order: Order) -> None:
        seen.append(order)

    async with run(bill) as running:
        await running.publish("orders.placed", Order("tea", 2))
        ended = await running.endings.next()

    assert (seen, ended) == ([Order("tea", 2)], [("billing.orders.placed", "done")])


async def test_what_a_handler_does_to_attributes_nobody_else_sees(run) -> None:
    seen = []

    @subscribe("orders.placed", group="billing", retry=TWICE)
    async def bill(message: Message) -> None:
        seen.append({**message.attributes})
        message.attributes["bill"] = 7  # type: ignore[index]
        if message.attempt == 1:
            raise OSError("the printer is on fire")

    @subscribe("orders.placed", group="shipping")
    async def ship(message: Message) -> None:
        seen.append({**message.attributes})

    async with run(bill, ship) as running:
        await running.publish("orders.placed", {}, attributes={"shop": "north"})
        await running.endings.next(3)

    assert seen == [{"shop": "north"}] * 3


async def test_a_message_tells_what_travelled_with_it(run) -> None:
    seen = []

    @subscribe("orders.*")
    async def note(message: Message) -> None:
        seen.append(message)

    async with run(note) as running:
        id_ = await running.publish("orders.placed", {"item": "tea"}, attributes={"shop": "north"}, key="7")
        await running.endings.next()

    (message,) = seen
    assert (message.topic, message.id, message.body) == ("orders.placed", id_, {"item": "tea"})
    assert (message.attributes["shop"], message.key, message.attempt) == ("north", "7", 1)
    assert message.time is not None
    assert (message.is_redelivered, message.first_failure, message.trace) == (False, None, None)


async def test_a_handler_may_be_a_method_and_need_not_be_a_coroutine(run) -> None:
    class Ledger:
        def __init__(self) -> None:
            self.items: list[str] = []

        @subscribe("orders.placed", group="ledger")
        def write(self, order: Order) -> None:
            self.items.append(order.item)

    async with run(Ledger) as running:
        for item in ("tea", "milk"):
            await running.publish("orders.placed", Order(item))
        await running.endings.next(2)
        ledger = await running.get(Ledger)

    assert ledger.items == ["tea", "milk"]


async def test_each_message_has_a_scope_that_ends_before_the_message_is_done(run) -> None:
    journal = []

    class Transaction:
        pass

    @di.adapter
    async def transaction(message: Message) -> AsyncIterator[Transaction]:
        journal.append(f"begin {message.body}")
        yield Transaction()
        journal.append(f"commit {message.body}")

    @subscribe("orders.placed", group="billing", concurrency=1)
    async def bill(number: int, first: Transaction, other: "Scoped") -> None:
        journal.append(f"handle {number} {first is other.transaction}")

    @di.adapter
    class Scoped:
        def __init__(self, transaction: Transaction) -> None:
            self.transaction = transaction

    async with run(bill, transaction, Scoped, Transaction) as running:
        await running.publish("orders.placed", 1)
        await running.publish("orders.placed", 2)
        await running.endings.next(2)

    assert journal == ["begin 1", "handle 1 True", "commit 1", "begin 2", "handle 2 True", "commit 2"]


async def test_a_scope_that_cannot_be_closed_is_a_failure(run) -> None:
    class Transaction:
        pass

    @di.adapter
    async def transaction() -> AsyncIterator[Transaction]:
        yield Transaction()
        raise OSError("the commit failed")

    @subscribe("orders.placed", group="billing", retry=ONCE)
    async def bill(_number: int, _transaction: Transaction) -> None:
        pass

    async with run(bill, transaction, Transaction) as running:
        await running.publish("orders.placed", 1)
        await running.endings.next()
        (letter,) = await running.dead("billing.orders.placed")

    assert letter.reason == "OSError: the commit failed"


async def test_what_a_handler_raises_is_tried_again_and_then_kept_with_the_reason(run) -> None:
    attempts = []

    @subscribe("orders.placed", group="billing", retry=Retry(delays=(0, 0)))
    async def bill(message: Message) -> None:
        attempts.append((message.attempt, message.first_failure and message.first_failure.reason))
        raise ValueError(f"try {message.attempt}")

    async with run(bill) as running:
        id_ = await running.publish("orders.placed", Order("tea"))
        ended = await running.endings.next(3)
        (letter,) = await running.dead("billing.orders.placed")

    assert attempts == [(1, None), (2, "ValueError: try 1"), (3, "ValueError: try 1")]
    assert [outcome for _, outcome in ended] == ["again", "again", "dead"]
    assert (letter.parcel.id, letter.parcel.attempt, letter.reason) == (id_, 3, "ValueError: try 3")


async def test_what_is_rejected_is_dead_at_once(run) -> None:
    @subscribe("orders.placed", group="billing")
    async def bill(_order: Order) -> None:
        raise Reject("the card is blocked")

    async with run(bill) as running:
        await running.publish("orders.placed", Order("tea"))
        ended = await running.endings.next()
        (letter,) = await running.dead("billing.orders.placed")

    assert ended == [("billing.orders.placed", "dead")]
    assert (letter.reason, letter.parcel.attempt) == ("the card is blocked", 1)


async def test_a_handler_may_say_when_a_message_is_to_come_again(run) -> None:
    attempts = []

    @subscribe("orders.placed", group="billing", retry=Retry(delays=(10_000,)))
    async def bill(message: Message) -> None:
        attempts.append(message.attempt)
        if message.attempt == 1:
            raise RetryLater(0)

    async with run(bill) as running:
        await running.publish("orders.placed", Order("tea"))
        ended = await running.endings.next(2)

    assert (attempts, [outcome for _, outcome in ended]) == ([1, 2], ["again", "done"])


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"quantity": 2}, "it is no Order: /item: it is missing"),
        ({"item": "tea", "quantity": "secret"}, "it is no Order: /quantity: expected a whole number"),
        ([1], "it is no Order: the whole: expected an object"),
    ],
)
async def test_what_does_not_fit_is_dead_at_once_and_the_reason_shows_no_value(
    run, body: object, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    @subscribe("orders.placed", group="billing")
    async def bill(order: Order) -> None:
        raise AssertionError(order)

    async with run(bill) as running:
        await running.publish("orders.placed", body)
        ended = await running.endings.next()
        (letter,) = await running.dead("billing.orders.placed")

    assert ended == [("billing.orders.placed", "dead")]
    assert letter.reason == reason
    assert "secret" not in caplog.text


async def test_bytes_that_the_envelope_cannot_read_are_dead_at_once(run) -> None:
    @subscribe("orders.placed", group="billing")
    async def bill(order: Order) -> None:
        raise AssertionError(order)

    async with run(bill) as running:
        await running.publish("orders.placed", b"\xff\x00", envelope="raw")
        ended = await running.endings.next()
        (letter,) = await running.dead("billing.orders.placed")

    assert ended == [("billing.orders.placed", "dead")]
    assert letter.parcel.body == b"\xff\x00"


async def test_an_error_of_decoding_that_the_handler_itself_raises_is_one_like_any_other(run) -> None:
    from rostra_messaging import UndecodableError

    @subscribe("orders.placed", group="billing", retry=TWICE)
    async def bill(_order: Order) -> None:
        raise UndecodableError("of an answer")

    async with run(bill) as running:
        await running.publish("orders.placed", Order("tea"))
        ended = await running.endings.next(2)

    assert [outcome for _, outcome in ended] == ["again", "dead"]


async def test_a_try_that_takes_too_long_is_cancelled_and_has_failed(run) -> None:
    cancelled = []

    @subscribe("orders.placed", group="billing", retry=ONCE, deadline=0.01)
    async def bill(_order: Order) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    async with run(bill) as running:
        await running.publish("orders.placed", Order("tea"))
        await running.endings.next()
        (letter,) = await running.dead("billing.orders.placed")

    assert cancelled
    assert letter.reason == "TimeoutError: it took longer than 0.01 s"


async def test_a_timeout_of_the_handlers_own_is_not_the_deadline(run) -> None:
    @subscribe("orders.placed", group="billing", retry=ONCE)
    async def bill(_order: Order) -> None:
        raise TimeoutError("the bank says nothing")

    async with run(bill) as running:
        await running.publish("orders.placed", Order("tea"))
        await running.endings.next()
        (letter,) = await running.dead("billing.orders.placed")

    assert letter.reason == "TimeoutError: the bank says nothing"


@pytest.mark.parametrize("by_itself", [False, True])
async def test_a_cancellation_that_nobody_asked_for_is_a_failure(run, by_itself: bool) -> None:
    @subscribe("orders.placed", group="billing", retry=TWICE)
    async def bill(_order: Order) -> None:
        if by_itself:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await asyncio.sleep(0)
        raise asyncio.CancelledError  # as some libraries do when a connection is lost

    async with run(bill) as running:
        await running.publish("orders.placed", Order("tea"))
        ended = await running.endings.next(2)
        (letter,) = await running.dead("billing.orders.placed")

    assert [outcome for _, outcome in ended] == ["again", "dead"]
    assert letter.reason == "it was cancelled, though nobody cancelled it"


async def test_a_handler_that_wants_to_leave_the_process_has_failed_and_the_stage_goes_on(run) -> None:
    @subscribe("orders.placed", group="billing", retry=ONCE)
    async def bill(order: Order) -> None:
        if order.item == "tea":
            raise SystemExit(3)

    async with run(bill) as running:
        await running.publish("orders.placed", Order("tea"))
        await running.publish("orders.placed", Order("milk"))
        ended = await running.endings.next(2)

    assert sorted(outcome for _, outcome in ended) == ["dead", "done"]


async def test_a_message_that_is_not_wanted_is_done_without_being_handled(run) -> None:
    seen = []

    @subscribe(
        "orders.placed", group="billing", filter=lambda message: message.attributes.get("shop") == "north"
    )
    async def bill(order: Order) -> None:
        seen.append(order.item)

    async with run(bill) as running:
        await running.publish("orders.placed", Order("milk"), attributes={"shop": "south"})
        await running.publish("orders.placed", Order("tea"), attributes={"shop": "north"})
        ended = await running.endings.next(2)

    assert (seen, [outcome for _, outcome in ended]) == (["tea"], ["done", "done"])


async def test_no_more_are_handled_at_once_than_the_handler_allows(run) -> None:
    now, most, go_on = 0, 0, asyncio.Event()
    full = asyncio.Event()

    @subscribe("orders.placed", group="billing", concurrency=3, prefetch=8)
    async def bill(_number: int) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        if now == 3:
            full.set()
        await go_on.wait()
        now -= 1

    async with run(bill) as running:
        for number in range(20):
            await running.publish("orders.placed", number)
        async with asyncio.timeout(PATIENCE):
            await full.wait()
        go_on.set()
        await running.endings.next(20)

    assert most == 3


async def test_a_guard_is_asked_in_the_scope_of_the_message(run) -> None:
    seen = []

    def from_the_north(message: Message, order: Payload[Order]) -> None:
        seen.append(order.item)
        if message.attributes.get("shop") != "north":
            raise Reject("not ours")

    @subscribe("orders.placed", group="billing")
    @guard(from_the_north)
    async def bill(order: Order) -> None:
        seen.append(order)

    async with run(bill) as running:
        await running.publish("orders.placed", Order("milk"), attributes={"shop": "south"})
        await running.publish("orders.placed", Order("tea"), attributes={"shop": "north"})
        ended = await running.endings.next(2)

    assert seen == ["milk", "tea", Order("tea")]
    assert sorted(outcome for _, outcome in ended) == ["dead", "done"]


async def test_what_a_guard_returns_is_returned_instead(run) -> None:
    seen = []

    async def known(order: Payload[Order]) -> str | None:
        return "known already" if order.item == "tea" else None

    @subscribe("orders.placed", group="billing", publishes="orders.billed")
    @guard(known)
    async def bill(order: Order) -> str:
        return f"billed {order.item}"

    @subscribe("orders.billed", group="note")
    async def note(text: str) -> None:
        seen.append(text)

    async with run(bill, note) as running:
        await running.publish("orders.placed", Order("tea"))
        await running.publish("orders.placed", Order("milk"))
        await running.endings.next(4)

    assert sorted(seen) == ["billed milk", "known already"]


async def test_what_is_returned_is_published_before_the_message_is_done(run) -> None:
    journal = []

    @subscribe("orders.placed", group="billing", publishes="orders.billed")
    async def bill(order: Order) -> Order:
        return attrs.evolve(order, quantity=order.quantity + 1)

    @subscribe("orders.billed", group="note")
    async def note(order: Order, message: Message) -> None:
        journal.append((order, message.key, message.attributes))

    async with run(bill, note) as running:
        await running.publish(
            "orders.placed", Order("tea"), key="7", attributes={"traceparent": "00-1-2-01", "shop": "north"}
        )
        ended = await running.endings.next(2)

    assert [queue for queue, _ in ended] == ["billing.orders.placed", "note.orders.billed"]
    assert journal == [(Order("tea", 2), "7", {"traceparent": "00-1-2-01"})]


async def test_what_cannot_be_published_lets_the_message_be_tried_again(run) -> None:
    @subscribe("orders.placed", group="billing", publishes="orders.billed", retry=TWICE)
    async def bill(order: Order) -> Order:
        return order

    async with run(bill) as running:
        await running.publish("orders.placed", Order("tea"))
        ended = await running.endings.next(2)
        (letter,) = await running.dead("billing.orders.placed")

    assert [outcome for _, outcome in ended] == ["again", "dead"]
    assert letter.reason == "PublishError: a message on orders.billed was not stored"


async def test_nothing_is_published_of_a_handler_that_returns_nothing(run) -> None:
    @subscribe("orders.placed", group="billing", publishes="orders.billed", retry=ONCE)
    async def bill(_order: Order) -> None:
        return None

    async with run(bill) as running:
        await running.publish("orders.placed", Order("tea"))
        ended = await running.endings.next()

    assert ended == [("billing.orders.placed", "done")]


async def test_lines_of_a_handler_bear_the_message_and_the_request_that_began_it(run) -> None:
    seen = []

    @subscribe("orders.placed", group="billing")
    async def bill(message: Message) -> None:
        await asyncio.sleep(0)
        seen.append((message.id, bound_keys()))

    async with run(bill) as running:
        await running.publish("orders.placed", 1, attributes={"request_id": "r-1"})
        await running.endings.next()

    ((id_, keys),) = seen
    assert (keys["message"], keys["topic"], keys["attempt"], keys["request"]) == (
        id_,
        "orders.placed",
        1,
        "r-1",
    )


async def test_a_failure_stands_in_the_log_once_with_its_traceback(
    run, caplog: pytest.LogCaptureFixture
) -> None:
    @subscribe("orders.placed", group="billing", retry=TWICE)
    async def bill(_order: Order) -> None:
        raise ValueError("too dear")

    with caplog.at_level(logging.INFO):
        async with run(bill) as running:
            await running.publish("orders.placed", Order("tea"))
            await running.endings.next(2)

    lines = [record for record in caplog.records if record.getMessage().startswith("message.")]
    assert [record.getMessage().split()[0] for record in lines] == ["message.failed", "message.died"]
    assert all(record.exc_info for record in lines)


async def test_the_message_is_a_component_of_its_scope_and_of_no_other(run) -> None:
    seen = []

    @subscribe("orders.placed", group="billing")
    async def bill(number: int) -> None:
        seen.append((number, context.get(Message).body))

    async with run(bill) as running:
        await running.publish("orders.placed", 1)
        await running.endings.next()
        with context.use(running.stage.components):
            outside = context.get(Message, default=None)

    assert (seen, outside) == ([(1, 1)], None)


async def test_what_nobody_wants_is_an_error_that_says_so(run) -> None:
    @subscribe("orders.billed")
    async def note(_order: Order) -> None:
        pass

    async with run(note) as running:
        with pytest.raises(PublishError, match="no queue wants this topic") as caught:
            await running.publish("orders.placed", Order("tea"))

    assert caught.value.is_stored == "no"


async def test_a_function_may_handle_several_topics_and_take_nothing(run):
    counted = []

    @subscribe("orders.placed", group="billing")
    @subscribe("orders.changed", group="billing")
    async def count() -> None:
        counted.append(1)

    async with run(count) as running:
        await running.publish("orders.placed", 1)
        await running.publish("orders.changed", 2)
        ended = await running.endings.next(2)

    assert len(counted) == 2
    assert sorted(queue for queue, _ in ended) == ["billing.orders.changed", "billing.orders.placed"]


async def test_a_message_may_be_taken_where_one_need_not_be_there(run):
    seen = []

    @subscribe("orders.placed", group="billing")
    async def bill(number: int | None, message: Message | None = None) -> None:
        seen.append((number, message is not None))

    async with run(bill) as running:
        await running.publish("orders.placed", None)
        await running.publish("orders.placed", 2)
        await running.endings.next(2)

    assert sorted(seen, key=str) == [(2, True), (None, True)]
