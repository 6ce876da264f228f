"""What publishes: it returns when a message is safe, says what is known if not, and takes along what belongs together."""

import asyncio
from collections.abc import AsyncIterator

import attrs
import pytest

from rostra import context, di, log
from rostra.metrics import Metrics
from rostra.testing import checkpoint
from rostra_messaging import (
    BrokerNotFoundError,
    CallNext,
    Encoded,
    EnvelopeNotFoundError,
    Message,
    NoReplyError,
    Publisher,
    PublishError,
    Reject,
    Retry,
    Send,
    UndecodableError,
    around_handling,
    around_publishing,
    subscribe,
)

pytestmark = pytest.mark.asyncio


@subscribe("orders.#", group="note")
async def note(message: Message) -> None:
    pass


@pytest.mark.parametrize(
    ("topic", "why"),
    [
        ("orders.*", "a message is published on one topic, without wildcards"),
        ("orders.", "there is no word between two of its dots, or at its end"),
    ],
)
async def test_what_is_no_topic_is_published_nowhere(run, topic, why):
    async with run(note) as running:
        with pytest.raises(PublishError) as caught:
            await running.publish(topic, 1)

    assert (caught.value.is_stored, caught.value.reason) == ("no", why)


async def test_names_that_nobody_knows_are_told_with_those_there_are(run):
    async with run(note) as running:
        with pytest.raises(BrokerNotFoundError, match="there is only default"):
            await running.publish("orders.placed", 1, broker="billing")
        with pytest.raises(EnvelopeNotFoundError, match="did you mean json"):
            await running.publish("orders.placed", 1, envelope="jsn")


async def test_an_envelope_of_ones_own_is_used_for_one_message(run):
    class Shouting:
        content_type = "text/plain"

        def encode(self, message: Message) -> Encoded:
            return Encoded(str(message.body).upper().encode(), message.attributes, self.content_type)

    seen = []

    @subscribe("shouts", group="note", envelope="text")
    async def hear(text: str) -> None:
        seen.append(text)

    async with run(hear) as running:
        await running.publish("shouts", "tea", envelope=Shouting())
        await running.endings.next()

    assert seen == ["TEA"]


async def test_what_a_handler_publishes_belongs_to_the_same_trace_and_request(run):
    seen = []

    @subscribe("orders.placed", group="billing")
    async def bill(_number: int, publisher: Publisher) -> None:
        await asyncio.create_task(publisher.publish("orders.billed", 1, attributes={"tracestate": "own"}))

    @subscribe("orders.billed", group="note")
    async def see(message: Message) -> None:
        seen.append(message.attributes)

    travelling = {"traceparent": "00-1-2-01", "tracestate": "a=b", "request_id": "r-1", "shop": "north"}
    async with run(bill, see) as running:
        await running.publish("orders.placed", 1, attributes=travelling)
        await running.endings.next(2)

    assert seen == [{"traceparent": "00-1-2-01", "tracestate": "own", "request_id": "r-1"}]


async def test_what_is_published_for_a_request_bears_its_id(run):
    seen = []

    @subscribe("orders.billed", group="note")
    async def see(message: Message) -> None:
        seen.append(message.attributes)

    async with run(see) as running:
        with log.bound(request="r-7"):
            await running.publish("orders.billed", 1)
        await running.endings.next()

    assert seen == [{"request_id": "r-7"}]


async def test_a_delay_is_seconds_of_the_stages_clock(run, stopped_clock):
    seen = []

    @subscribe("orders.billed", group="note")
    async def see(number: int) -> None:
        seen.append(number)

    async with run(see, components=stopped_clock.components) as running:
        await running.publish("orders.billed", 1, delay=60)
        await running.publish("orders.billed", 2)
        await running.endings.next()
        early = [*seen]
        await stopped_clock.advance(60)
        await running.endings.next()

    assert (early, seen) == ([2], [2, 1])


async def test_many_are_published_and_their_ids_returned_in_order(run):
    async with run(note) as running:
        messages = [Message(topic="orders.placed", body=number) for number in range(250)]
        ids = await running.publisher.publish_many(iter(messages), at_once=20)
        await running.endings.next(250)

    assert ids == [message.id for message in messages]


async def test_those_with_one_key_are_published_one_after_the_other(run):
    under_way, most, order = 0, 0, []

    @around_publishing
    async def watch(message: Message, send: Send) -> None:
        nonlocal under_way, most
        under_way += message.key == "a"
        most = max(most, under_way)
        await asyncio.sleep(0.01 if message.body == 1 else 0)
        await send(message)
        under_way -= message.key == "a"
        order.append((message.key, message.body))

    async with run(note, watch) as running:
        await running.publisher.publish_many(
            Message(topic="orders.placed", body=number, key=key)
            for key, number in (("a", 1), ("a", 2), (None, 1), (None, 1), ("a", 3))
        )

    assert most == 1
    assert [number for key, number in order if key == "a"] == [1, 2, 3]


async def test_of_many_all_but_those_that_failed_are_stored_and_the_failures_told_together(run):
    seen = []

    @subscribe("orders.placed", group="billing")
    async def bill(number: int) -> None:
        seen.append(number)

    def messages():
        for number in range(5):
            yield Message(topic="nowhere" if number % 2 else "orders.placed", body=number)

    async with run(bill) as running:
        with pytest.raises(ExceptionGroup, match="2 of 5 messages are not known to be stored") as caught:
            await running.publisher.publish_many(messages())
        await running.endings.next(3)

    assert sorted(seen) == [0, 2, 4]
    assert all(isinstance(each, PublishError) for each in caught.value.exceptions)


async def test_what_a_middleware_ends_as_if_it_were_cancelled_is_told_not_to_be_stored(run):
    @subscribe("orders.placed", group="billing")
    async def bill(_message: Message) -> None:
        pass

    @around_publishing
    async def stumble(message: Message, send: Send) -> None:
        if message.body == 1:
            raise asyncio.CancelledError  # of something that it awaits, say; nobody cancelled the publisher
        await send(message)

    async with run(bill, stumble) as running:
        many = [Message(topic="orders.placed", body=number) for number in range(3)]
        with pytest.raises(PublishError, match="though nobody cancelled it") as caught:
            await running.publisher.publish_many(many, at_once=1)
        ended = await running.endings.next(2)

    assert caught.value.is_stored == "perhaps"
    assert [outcome for _, outcome in ended] == ["done", "done"]


async def test_where_many_come_from_may_fail_and_what_it_gave_before_is_stored(run):
    def messages():
        yield Message(topic="orders.placed", body=1)
        yield Message(topic="orders.placed", body=2)
        raise OSError("the file is damaged")

    async with run(note) as running:
        with pytest.raises(OSError, match="the file is damaged"):
            await running.publisher.publish_many(messages())
        ended = await running.endings.next(2)

    assert [outcome for _, outcome in ended] == ["done", "done"]


async def test_no_more_are_taken_than_are_on_their_way(run):
    taken, sent, go_on = 0, 0, asyncio.Event()

    def messages():
        nonlocal taken
        for number in range(50):
            taken += 1
            yield Message(topic="orders.placed", body=number)

    @around_publishing
    async def slowly(message: Message, send: Send) -> None:
        nonlocal sent
        await go_on.wait()
        await send(message)
        sent += 1
        assert taken - sent <= 7

    async with run(note, slowly) as running:
        publishing = asyncio.create_task(running.publisher.publish_many(messages(), at_once=7))
        for _ in range(50):
            await checkpoint()
        early = taken
        go_on.set()
        ids = await publishing

    assert (early, taken, len(ids)) == (7, 50, 50)


async def test_an_envelope_of_the_settings_that_nobody_knows_ends_the_start(run):
    with pytest.raises(ExceptionGroup) as caught:
        async with run(note, brokers={"other": {"url": "memory://", "envelope": "jsn"}}):
            pass

    (error,) = caught.value.exceptions
    assert isinstance(error, EnvelopeNotFoundError)


async def test_what_is_published_is_counted(run):
    counted = []

    class Counting:
        def record(self, spec, value, labels):
            if spec.name == "messages_published_total":
                counted.append((labels["broker"], labels["outcome"]))

    async with run(note) as running:
        with running.stage.components.get(Metrics).exported(Counting()):
            await running.publish("orders.placed", 1)
            with pytest.raises(PublishError):
                await running.publish("nowhere", 1)

    assert counted == [("default", "stored"), ("default", "failed")]


async def test_a_task_may_publish_to_its_own_stage_while_that_starts(run):
    seen = []

    @subscribe("orders.placed", group="billing")
    async def bill(number: int) -> None:
        seen.append(number)

    async def begin(publisher: Publisher) -> None:
        await publisher.publish("orders.placed", 1)

    async def prepare():
        yield begin

    async with run(bill, prepare) as running:
        await running.endings.next()

    assert seen == [1]


async def test_what_nobody_wants_is_waited_for_only_as_long_as_the_stage_starts(run):
    failed = []

    async def begin(publisher: Publisher) -> None:
        with pytest.raises(PublishError) as caught:
            await publisher.publish("nowhere", 1)
        failed.append(caught.value)

    async def prepare():
        yield begin

    async with run(note, prepare):
        pass

    assert [error.topic for error in failed] == ["nowhere"]


async def test_a_request_returns_what_its_handler_returned(run):
    @attrs.frozen
    class Price:
        cents: int

    @subscribe("prices.asked", group="prices")
    async def price(item: str) -> Price:
        return Price(len(item))

    async with run(price) as running:
        answers = await asyncio.gather(
            *(running.publisher.request("prices.asked", "x" * size, returns=Price) for size in range(20))
        )
        plain = await running.publisher.request("prices.asked", "tea")

    assert answers == [Price(size) for size in range(20)]
    assert plain == {"cents": 3}


async def test_a_handler_that_returns_nothing_replies_as_well(run):
    @subscribe("prices.asked", group="prices")
    async def price(_item: str) -> None:
        pass

    async with run(price) as running:
        assert await running.publisher.request("prices.asked", "tea") is None


async def test_who_asks_is_told_at_once_that_a_message_is_dead(run):
    @subscribe("prices.asked", group="prices", retry=Retry(delays=(0,)))
    async def price(item: str) -> None:
        raise Reject("no such item") if item == "tea" else KeyError(item)

    async with run(price) as running:
        for item, why in (("tea", "no such item"), ("milk", "KeyError: 'milk'"), (3, "it is no str")):
            with pytest.raises(NoReplyError) as caught:
                await running.publisher.request("prices.asked", item)
            assert caught.value.reason.startswith(why)


async def test_a_reply_that_does_not_come_in_time_is_an_error_and_one_that_comes_later_disturbs_nobody(run):
    go_on = asyncio.Event()

    @subscribe("prices.asked", group="prices")
    async def price(item: str) -> str:
        if item == "slow":
            await go_on.wait()
        return item

    async with run(price) as running:
        with pytest.raises(NoReplyError, match=r"nothing came within 0\.05 s"):
            await running.publisher.request("prices.asked", "slow", deadline=0.05)
        go_on.set()
        await running.endings.next()
        assert await running.publisher.request("prices.asked", "fast") == "fast"


async def test_a_reply_of_another_type_is_an_error(run):
    @subscribe("prices.asked", group="prices")
    async def price(item: str) -> str:
        return item

    async with run(price) as running:
        with pytest.raises(UndecodableError, match="it is no int"):
            await running.publisher.request("prices.asked", "tea", returns=int)


async def test_a_request_that_is_cancelled_leaves_nothing(run):
    asked, go_on = asyncio.Event(), asyncio.Event()

    @subscribe("prices.asked", group="prices")
    async def price(item: str) -> str:
        asked.set()
        if item == "slow":
            await go_on.wait()
        return item

    async with run(price) as running:
        asking = asyncio.create_task(running.publisher.request("prices.asked", "slow"))
        await asked.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert await running.publisher.request("prices.asked", "tea") == "tea"
        go_on.set()


async def test_who_asks_and_goes_away_lets_the_message_be_done(run, caplog):
    @subscribe("prices.asked", group="prices")
    async def price(item: str) -> str:
        return item

    async with run(price) as running:
        await running.publish("prices.asked", "tea", attributes={"reply_to": "replies.of.nobody"})
        ended = await running.endings.next()

    assert ended == [("prices.prices.asked", "done")]
    assert "reply.lost" in caplog.text


async def test_middlewares_stand_around_handling_in_the_scope_of_the_message(run):
    journal = []

    class Transaction:
        pass

    @di.adapter
    async def transaction() -> AsyncIterator[Transaction]:
        yield Transaction()
        journal.append("commit")

    @around_handling
    async def outer(message: Message, call_next: CallNext, transaction: Transaction) -> object:
        journal.append(f"outer {message.body}")
        result = await call_next()
        journal.append(f"outer got {result} {transaction is seen[0]}")
        return f"{result}!"

    @around_handling
    async def inner(call_next: CallNext) -> object:
        journal.append("inner")
        return await call_next()

    seen = []

    @subscribe("prices.asked", group="prices")
    async def price(item: str, transaction: Transaction) -> str:
        seen.append(transaction)
        journal.append("handler")
        return item

    async with run(outer, inner, price, transaction, Transaction) as running:
        answer = await running.publisher.request("prices.asked", "tea")

    assert answer == "tea!"
    assert journal == ["outer tea", "inner", "handler", "outer got tea True", "commit"]


async def test_a_middleware_decides_as_the_handler_would(run):
    @around_handling
    async def refuse(message: Message, call_next: CallNext) -> object:
        if message.body == "tea":
            raise Reject("no tea")
        return await call_next()

    @subscribe("prices.asked", group="prices")
    async def price(item: str) -> None:
        pass

    async with run(refuse, price) as running:
        await running.publish("prices.asked", "tea")
        await running.publish("prices.asked", "milk")
        ended = await running.endings.next(2)

    assert sorted(outcome for _, outcome in ended) == ["dead", "done"]


async def test_a_middleware_of_publishing_may_change_a_message_and_sees_all_of_them(run):
    seen, topics = [], []

    class Tenant:
        name = "north"

    @around_publishing
    async def stamp(message: Message, send: Send, tenant: Tenant) -> None:
        topics.append(message.topic.partition(".")[0])
        await send(attrs.evolve(message, attributes={**message.attributes, "tenant": tenant.name}))

    @subscribe("prices.asked", group="prices", publishes="prices.told")
    async def price(message: Message) -> str:
        seen.append(message.attributes["tenant"])
        return "tea"

    @subscribe("prices.told", group="note")
    async def told(message: Message) -> None:
        seen.append(message.attributes["tenant"])

    async def prepare() -> None:
        context.add(Tenant())

    async with run(stamp, price, told, prepare) as running:
        await running.publisher.request("prices.asked", "tea")
        await running.endings.next(2)

    assert seen == ["north", "north"]
    assert sorted(topics) == ["prices", "prices", "replies"]
