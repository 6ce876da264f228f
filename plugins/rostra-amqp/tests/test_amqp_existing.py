"""Infrastructure that is there already: other exchanges, other queues, nothing declared, streams, TLS."""

import asyncio
import contextlib
import datetime as dt
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import aio_pika
import pytest
import pytest_asyncio

from rostra_amqp import Options, connect
from rostra_amqp.testing import RabbitNode
from rostra_messaging import PublishError, SubscriptionError
from rostra_messaging.brokers import Broker, Connection, Delivery, Failure, Parcel, Queue

pytestmark = pytest.mark.asyncio


def parcel(name: str = "m1", topic: str = "orders.placed", **more) -> Parcel:
    return Parcel(id=name, topic=topic, body=b"tea", **more)


def queue(topic: str = "orders.placed", name: str | None = "billing", **options) -> Queue:
    return Queue(topic=topic, name=name, options=(Options(**options),))


async def next_of(consumer) -> Delivery:
    async with asyncio.timeout(60):
        return await anext(aiter(consumer))


async def names_of(consumer, count: int) -> list[str]:
    found = []
    for _ in range(count):
        delivery = await next_of(consumer)
        await delivery.done()
        found.append(delivery.parcel.id)
    return found


@pytest.mark.parametrize("kind", ["topic", "direct", "fanout"])
async def test_queues_are_bound_to_exchanges_of_each_type(connecting, prefix: str, kind: str) -> None:
    exchange = {"exchange": f"{prefix}shop", "exchange_type": kind}

    async with connecting(**exchange) as broker, broker.consume(queue(**exchange)) as consumer:
        await broker.publish(parcel(), deadline=30)

        assert await names_of(consumer, 1) == ["m1"]


async def test_a_headers_exchange_looks_at_attributes(connecting, prefix: str) -> None:
    exchange = {"exchange": f"{prefix}shop", "exchange_type": "headers"}
    wanted = queue(**exchange, bind={"x-match": "all", "kind": "tea"})

    async with connecting(**exchange) as broker, broker.consume(wanted) as consumer:
        with pytest.raises(PublishError, match="no queue takes"):
            await broker.publish(parcel(attributes={"kind": "coffee"}), deadline=30)
        await broker.publish(parcel("m2", attributes={"kind": "tea"}), deadline=30)

        assert await names_of(consumer, 1) == ["m2"]


async def test_a_subscription_may_have_an_exchange_of_its_own(
    broker: Broker, connecting, prefix: str
) -> None:
    exchange = {"exchange": f"{prefix}events", "exchange_type": "fanout"}

    async with broker.consume(queue(**exchange)) as consumer, connecting(**exchange) as other:
        await other.publish(parcel(topic="whatever"), deadline=30)

        assert await names_of(consumer, 1) == ["m1"]


async def test_what_exists_is_used_as_it_is(broker: Broker, rabbitmq_node: RabbitNode, prefix: str) -> None:
    name = f"{prefix}legacy"
    async with await aio_pika.connect(rabbitmq_node.url) as connection, connection.channel() as channel:
        exchange = await channel.get_exchange("amq.topic")
        made = await channel.declare_queue(name, durable=True)
        await made.bind(exchange, f"{prefix}orders.#")
        async with broker.consume(queue(queue="legacy", declare=False)) as consumer:
            await broker.publish(parcel(), deadline=30)
            delivery = await next_of(consumer)
            await delivery.retry(0.1, Failure("OSError: closed", dt.datetime.now(dt.UTC)))

            again = await next_of(consumer)
            assert (again.parcel.attempt, again.parcel.topic) == (2, "orders.placed")
            assert await again.dead(Failure("OSError: closed", dt.datetime.now(dt.UTC)))
            assert await broker.dead_letters("legacy").count() == 1


async def test_what_should_exist_and_does_not_is_told_by_its_name(connecting) -> None:
    async with connecting() as broker:
        with pytest.raises(SubscriptionError, match="no queue") as caught:
            async with broker.consume(queue(declare=False)):
                pass

    assert caught.value.queue == "billing"


async def test_foreign_messages_are_read_and_ours_can_be_read_by_others(
    broker: Broker, rabbitmq_node: RabbitNode, prefix: str
) -> None:
    async with await aio_pika.connect(rabbitmq_node.url) as connection, connection.channel() as channel:
        exchange = await channel.get_exchange("amq.topic")
        other = await channel.declare_queue(exclusive=True)
        await other.bind(exchange, f"{prefix}orders.placed")
        async with broker.consume(queue()) as consumer:
            await exchange.publish(aio_pika.Message(b"bare"), f"{prefix}orders.placed")
            table = {"list": [1, "two"], "table": {"a": 1}, "rostra-attempt": "many", "x-death": []}
            await exchange.publish(aio_pika.Message(b"odd", headers=table), f"{prefix}orders.placed")
            await broker.publish(parcel(attributes={"kind": "tea"}, content_type="text/plain"), deadline=30)

            bare, odd, ours = [(await next_of(consumer)).parcel for _ in range(3)]
        read = [await other.get(timeout=30) for _ in range(3)]

    assert (bare.body, bare.topic, bare.attempt, dict(bare.attributes)) == (b"bare", "orders.placed", 1, {})
    assert dict(odd.attributes) == {"list": '[1, "two"]', "table": '{"a": 1}'}
    assert odd.attempt == 1
    assert ours.attributes == {"kind": "tea"}
    assert (read[2].message_id, read[2].content_type, read[2].headers) == (
        "m1",
        "text/plain",
        {"kind": "tea"},
    )
    assert read[2].delivery_mode == aio_pika.DeliveryMode.PERSISTENT
    assert read[2].app_id == "tests"


async def test_a_classic_queue_may_know_priorities(broker: Broker) -> None:
    wanted = queue(type="classic", max_priority=9)
    async with broker.consume(wanted) as consumer:
        await consumer.stop()
    for name, priority in [("low", 1), ("high", 9), ("none", None)]:
        attributes = {} if priority is None else {"priority": priority}
        await broker.publish(parcel(name, attributes=attributes), deadline=30)

    async with broker.consume(wanted) as consumer:
        assert await names_of(consumer, 3) == ["high", "low", "none"]


async def test_consumers_of_a_higher_priority_are_served_first(broker: Broker) -> None:
    async with (
        broker.consume(queue(priority=1)) as low,
        broker.consume(queue(priority=10)) as high,
    ):
        for number in range(5):
            await broker.publish(parcel(f"m{number}"), deadline=30)

        assert len(await names_of(high, 5)) == 5
        assert low._line.empty()


async def test_a_stream_is_read_from_where_one_wants(broker: Broker) -> None:
    async with broker.consume(queue(type="stream", offset="first")) as made:
        for number in range(5):
            await broker.publish(parcel(f"m{number}"), deadline=30)
        assert await names_of(made, 5) == [f"m{number}" for number in range(5)]

    async with (
        broker.consume(queue(type="stream", offset="first")) as first,
        broker.consume(queue(type="stream", offset=3)) as fourth,
    ):
        assert await names_of(first, 5) == [f"m{number}" for number in range(5)]
        assert await names_of(fourth, 2) == ["m3", "m4"]


async def test_what_fails_in_a_stream_is_tried_again_here_and_then_dead(broker: Broker) -> None:
    async with broker.consume(queue(type="stream", offset="first")) as consumer:
        await broker.publish(parcel("bad"), deadline=30)
        await broker.publish(parcel("good"), deadline=30)
        bad = await next_of(consumer)
        await bad.retry(0.05, Failure("OSError: closed", dt.datetime.now(dt.UTC)))
        good = await next_of(consumer)
        again = await next_of(consumer)

        assert (good.parcel.id, again.parcel.id, again.parcel.attempt) == ("good", "bad", 2)
        assert await again.dead(Failure("OSError: closed", dt.datetime.now(dt.UTC)))
        assert await good.done()
        assert [letter.parcel.id for letter in await broker.dead_letters("billing").list()] == ["bad"]


async def test_a_reader_of_a_stream_goes_on_where_it_was(connecting, proxy, proxied: str) -> None:
    wanted = queue(type="stream", offset="first")
    async with connecting(proxied) as broker, broker.consume(wanted) as consumer:
        for number in range(3):
            await broker.publish(parcel(f"m{number}"), deadline=30)
        assert await names_of(consumer, 2) == ["m0", "m1"]
        await proxy.cut()
        await broker.publish(parcel("m3"), deadline=30)

        found = await names_of(consumer, 1)
        while found[-1] != "m3":
            found += await names_of(consumer, 1)

        assert "m0" not in found
        assert found[-2:] == ["m2", "m3"]


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """A certificate of 127.0.0.1 that has signed itself."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not installed, so no certificate can be made")
    command = [
        program,
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    more = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run([*command, *more], cwd=tmp_path, check=True, capture_output=True)
    return tmp_path


async def test_a_broker_may_be_spoken_to_in_secret(connecting, proxy_of_tls, certificates: Path) -> None:
    url = f"amqps://guest:guest@127.0.0.1:{proxy_of_tls}/"

    trusted = str(certificates / "cert.pem")
    async with (
        asyncio.timeout(60),
        connecting(url, ca_file=trusted) as broker,
        broker.consume(queue()) as consumer,
    ):
        await broker.publish(parcel(), deadline=30)

        assert await names_of(consumer, 1) == ["m1"]


async def test_a_broker_that_cannot_prove_itself_is_not_spoken_to(proxy_of_tls, caplog) -> None:
    url = f"amqps://guest:guest@127.0.0.1:{proxy_of_tls}/"

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.5), connect(Connection(url=url)):
            pass

    assert "certificate verify failed" in caplog.text


@pytest.fixture
def tls(certificates: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "cert.pem", certificates / "key.pem")
    return context


@pytest_asyncio.fixture
async def proxy_of_tls(rabbitmq_node: RabbitNode, tls: ssl.SSLContext) -> AsyncIterator[int]:
    """The port of something that speaks TLS and passes all on to the node, as a balancer does."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream, to_node = await asyncio.open_connection("127.0.0.1", rabbitmq_node.port)
        with contextlib.suppress(OSError):
            await asyncio.gather(pump(reader, to_node), pump(upstream, writer))

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
        sink.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]
