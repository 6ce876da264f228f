"""One message of a stranger that aiormq cannot read ends no consumer: it comes without its properties."""

import asyncio
import struct

import aiormq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pamqp import encode
from pamqp.commands import Basic
from pamqp.constants import FRAME_END_CHAR
from pamqp.header import ContentHeader

from rostra_amqp.unreadable import readable, routed_by_text
from rostra_messaging.brokers import Parcel, Queue

BEFORE = struct.pack(">HHQ", 60, 0, 3)
ONLY_A_MESSAGE_ID = struct.pack(">H", 1 << 7)
ONLY_A_TIME = struct.pack(">H", 1 << 6)
ONLY_HEADERS = struct.pack(">H", 1 << 13)
NESTED = 5000


def nested(depth: int) -> bytes:
    """A table in a table and so on, each under the name "a"."""
    table = struct.pack(">I", 0)
    for _ in range(depth):
        table = struct.pack(">I", len(table) + 3) + b"\x01aF" + table
    return table


@pytest.mark.parametrize(
    "properties",
    [
        ONLY_A_MESSAGE_ID + b"\x02\xff\xfe",
        ONLY_A_TIME + struct.pack(">Q", 2**62),
        ONLY_HEADERS + struct.pack(">I", 7) + b"\x01\xffS" + struct.pack(">I", 0),
        ONLY_HEADERS + nested(NESTED),
        ONLY_HEADERS + b"\x00",
    ],
)
def test_what_cannot_be_read_is_left_out(properties: bytes) -> None:
    header = BEFORE + properties + b"\xce"

    found = readable(header)

    made = ContentHeader()
    made.unmarshal(found)
    assert (len(found), made.body_size, made.properties.message_id) == (len(header), 3, None)


def test_what_can_be_read_stays_as_it_is() -> None:
    header = BEFORE + ONLY_A_MESSAGE_ID + b"\x02m1\xce"

    assert readable(header) is header


@given(st.binary(min_size=14, max_size=60))
def test_whatever_comes_can_be_read_then(header: bytes) -> None:
    ContentHeader().unmarshal(readable(header))


TEXTS = st.binary(max_size=60)


@given(tag=st.text("abc", max_size=20), exchange=TEXTS, topic=TEXTS)
def test_whatever_a_message_is_routed_by_can_be_read(tag: str, exchange: bytes, topic: bytes) -> None:
    routed = bytes([len(exchange)]) + exchange + bytes([len(topic)]) + topic
    begins = struct.pack(">I", Basic.Deliver.index) + bytes([len(tag)]) + tag.encode()
    method = begins + struct.pack(">QB", 7, 1) + routed + FRAME_END_CHAR

    found = routed_by_text(method)

    made = Basic.Deliver()
    made.unmarshal(found[4:-1])
    assert (len(found), made.consumer_tag, made.delivery_tag, made.redelivered) == (len(method), tag, 7, True)
    assert len(made.routing_key.encode()) == len(topic)


def test_a_topic_that_is_no_text_has_question_marks_and_one_that_is_stays() -> None:
    def got(topic: bytes) -> bytes:
        answer = struct.pack(">IQBB", Basic.GetOk.index, 7, 0, 0) + bytes([len(topic)]) + topic
        return routed_by_text(answer + struct.pack(">I", 0) + FRAME_END_CHAR)

    assert b"orders.??t" in got(b"orders.\xff\xfet")
    assert "größe".encode() in got("größe".encode())


def test_other_methods_stay_as_they_are() -> None:
    method = struct.pack(">IQB", Basic.Ack.index, 7, 0) + FRAME_END_CHAR

    assert routed_by_text(method) is method


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["billing", None])
async def test_a_message_whose_topic_is_no_text_is_handed_out_and_so_are_the_next_ones(
    connecting, rabbitmq_node, prefix, monkeypatch, name
) -> None:
    encoded = encode.METHODS["shortstr"]
    bad = f"{prefix}orders.".encode() + b"\xff\xfe"
    async with (
        connecting() as broker,
        broker.consume(Queue(topic="orders.*", name=name)) as consumer,
        asyncio.timeout(60),
    ):
        connection = await aiormq.connect(rabbitmq_node.url)
        channel = await connection.channel()
        with monkeypatch.context() as writing:
            writing.setitem(
                encode.METHODS,
                "shortstr",
                lambda text: bytes([len(bad)]) + bad if text == "BAD" else encoded(text),
            )
            await channel.basic_publish(b"tea", exchange="amq.topic", routing_key="BAD")
        await connection.close()
        delivery = await anext(aiter(consumer))
        assert await delivery.done()
        await broker.publish(Parcel(id="m2", topic="orders.placed", body=b"milk"), deadline=30)
        next_one = await anext(aiter(consumer))

        assert (delivery.parcel.topic, delivery.parcel.body) == ("orders.??", b"tea")
        assert (next_one.parcel.topic, next_one.parcel.body) == ("orders.placed", b"milk")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("name", "kind", "bad"),
    [
        ("billing", "shortstr", b"\x02\xff\xfe"),
        (None, "shortstr", b"\x02\xff\xfe"),
        ("billing", "table", nested(NESTED)),
    ],
)
async def test_a_message_that_cannot_be_read_is_handed_out_and_so_are_the_next_ones(
    connecting, rabbitmq_node, prefix, monkeypatch, name, kind, bad
) -> None:
    encoded = encode.METHODS[kind]
    async with (
        connecting() as broker,
        broker.consume(Queue(topic="orders.placed", name=name)) as consumer,
        asyncio.timeout(60),
    ):
        connection = await aiormq.connect(rabbitmq_node.url)
        channel = await connection.channel()
        monkeypatch.setitem(
            encode.METHODS, kind, lambda value: bad if value in ("BAD", {"BAD": 1}) else encoded(value)
        )
        stranger = Basic.Properties(
            **{"shortstr": {"message_id": "BAD"}, "table": {"headers": {"BAD": 1}}}[kind]
        )
        await channel.basic_publish(
            b"tea", exchange="amq.topic", routing_key=f"{prefix}orders.placed", properties=stranger
        )
        delivery = await anext(aiter(consumer))
        await connection.close()
        assert await delivery.done()
        await broker.publish(Parcel(id="m2", topic="orders.placed", body=b"milk"), deadline=30)
        next_one = await anext(aiter(consumer))

        assert (delivery.parcel.body, delivery.parcel.attributes) == (b"tea", {})
        assert (next_one.parcel.body, next_one.parcel.id) == (b"milk", "m2")


@pytest.mark.asyncio
async def test_a_dead_message_that_cannot_be_read_is_listed_and_dropped(
    connecting, rabbitmq_node, prefix, monkeypatch
) -> None:
    encoded = encode.METHODS["shortstr"]
    async with connecting() as broker, asyncio.timeout(60):
        connection = await aiormq.connect(rabbitmq_node.url)
        channel = await connection.channel()
        await channel.queue_declare(f"{prefix}billing.dead", durable=True)
        with monkeypatch.context() as writing:
            writing.setitem(
                encode.METHODS, "shortstr", lambda text: b"\x02\xff\xfe" if text == "BAD" else encoded(text)
            )
            stranger = Basic.Properties(message_id="BAD")
            await channel.basic_publish(b"tea", routing_key=f"{prefix}billing.dead", properties=stranger)
        await connection.close()

        letters = broker.dead_letters("billing")

        assert [letter.parcel.body for letter in await letters.list()] == [b"tea"]
        assert (await letters.drop(), await letters.count()) == (1, 0)
