"""Where replies arrive: a queue that is lost is told to who waits, and the next request gets another one."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from rostra.components import Components
from rostra.testing import checkpoint
from rostra_messaging import Message, MessagingConfig, NoReplyError, Parcel, SubscriptionError
from rostra_messaging.connecting import known_brokers
from rostra_messaging.envelopes import JsonEnvelope
from rostra_messaging.opening import Opening
from rostra_messaging.replying import FAILURE, replies

pytestmark = pytest.mark.asyncio


class ABroker:
    """Its queues bring what a test puts into them: deliveries, or the exception by which they are lost."""

    trouble = None

    def __init__(self):
        self.queues = {}
        self.closed = []
        self.refusal = None

    @asynccontextmanager
    async def consume(self, queue):
        if self.refusal is not None:
            raise self.refusal
        self.queues[queue.topic] = coming = asyncio.Queue()

        async def consumer():
            while True:
                delivery = await coming.get()
                if isinstance(delivery, Exception):
                    raise delivery
                yield delivery

        try:
            yield consumer()
        finally:
            self.closed.append(queue.topic)


class ADelivery:
    def __init__(self, parcel):
        self.parcel = parcel
        self.is_done = asyncio.Event()

    async def done(self):
        self.is_done.set()
        return True


def a_reply(body, **attributes):
    encoded = JsonEnvelope().encode(message(body))
    return ADelivery(Parcel(id="r", topic="replies", body=encoded.body, attributes=attributes))


def message(body):
    return Message(topic="replies", body=body)


@pytest.fixture
def broker():
    return ABroker()


@pytest.fixture
def open_replies(broker):
    layer = Components(None, "test")
    opening = Opening(known_brokers(MessagingConfig()), {"default": broker})
    return lambda: replies(opening, layer)


async def test_replies_find_those_who_wait_for_them(open_replies, broker):
    async with open_replies() as found:
        topic = await found.topic(None)
        with (
            found.expected("1", "asked", topic, JsonEnvelope()) as one,
            found.expected("2", "asked", topic, JsonEnvelope()) as two,
        ):
            for number in ("2", "3", "1", "1"):
                broker.queues[topic].put_nowait(a_reply(number, correlation_id=number))
            answers = await asyncio.gather(one, two)

    assert answers == ["1", "2"]
    assert broker.closed == [topic]


async def test_several_who_ask_at_once_share_a_queue(open_replies, broker):
    async with open_replies() as found:
        topics = await asyncio.gather(*(found.topic(None) for _ in range(5)))

    assert len(set(topics)) == len(broker.queues) == 1


async def test_a_reply_may_say_why_there_is_none(open_replies, broker):
    async with open_replies() as found:
        topic = await found.topic(None)
        with found.expected("1", "prices.asked", topic, JsonEnvelope()) as reply:
            broker.queues[topic].put_nowait(a_reply(None, correlation_id="1", **{FAILURE: "no such item"}))
            with pytest.raises(NoReplyError) as caught:
                await reply

    assert (caught.value.topic, caught.value.reason) == ("prices.asked", "no such item")


async def test_who_waits_is_told_that_the_queue_is_lost_and_the_next_one_gets_another(
    open_replies, broker, caplog
):
    async with open_replies() as found:
        topic = await found.topic(None)
        with found.expected("1", "asked", topic, JsonEnvelope()) as reply:
            broker.queues[topic].put_nowait(SubscriptionError("replies", "default", "somebody deleted it"))
            with pytest.raises(SubscriptionError):
                await reply
        for _ in range(5):
            await checkpoint()
        another = await found.topic(None)

    assert another != topic
    assert broker.closed == [topic, another]
    assert "replies.lost" in caplog.text


async def test_a_queue_that_cannot_be_had_is_told_to_all_who_ask(open_replies, broker):
    broker.refusal = SubscriptionError("replies", "default", "it may not")

    async with open_replies() as found:
        ends = await asyncio.gather(*(found.topic(None) for _ in range(3)), return_exceptions=True)
        broker.refusal = None
        topic = await found.topic(None)

    assert [type(end) for end in ends] == [SubscriptionError] * 3
    assert broker.closed == [topic]


async def test_a_reply_that_cannot_be_read_is_told_to_who_waits_and_disturbs_no_other(open_replies, broker):
    class Broken(JsonEnvelope):
        def decode(self, parcel):
            raise ZeroDivisionError

    async with open_replies() as found:
        topic = await found.topic(None)
        with (
            found.expected("1", "asked", topic, Broken()) as broken,
            found.expected("2", "asked", topic, JsonEnvelope()) as well,
        ):
            broker.queues[topic].put_nowait(a_reply(1, correlation_id="1"))
            broker.queues[topic].put_nowait(a_reply(2, correlation_id="2"))
            with pytest.raises(ZeroDivisionError):
                await broken
            assert await well == 2


@pytest.mark.parametrize("steps", range(8))
async def test_cut_at_any_step_no_queue_stays_open(open_replies, broker, steps):
    async def application():
        async with open_replies() as found:
            topic = await found.topic(None)
            with found.expected("1", "asked", topic, JsonEnvelope()) as reply:
                await reply

    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(application())
        for _ in range(steps):
            await checkpoint()
        running.cancel()

    assert broker.closed == [*broker.queues]
