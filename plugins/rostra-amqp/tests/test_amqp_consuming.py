"""Consumers on RabbitMQ: their handlers are never cancelled by it, and what is lost is restored or told."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import aiormq
import pytest
from pamqp.commands import Basic

from rostra_amqp import Options, connect
from rostra_amqp.frames import make_queue
from rostra_amqp.names import Made
from rostra_amqp.testing import RabbitNode
from rostra_messaging import SubscriptionError
from rostra_messaging.brokers import Broker, Connection, DeadLetter, Delivery, Failure, Parcel, Queue

pytestmark = pytest.mark.asyncio


def parcel(name: str = "m1", topic: str = "orders.placed", **more) -> Parcel:
    return Parcel(id=name, topic=topic, body=b"tea", **more)


def queue(name: str | None = "billing", topic: str = "orders.*", **more) -> Queue:
    options = more.pop("options", None)
    return Queue(name=name, topic=topic, options=() if options is None else (options,), **more)


def failure() -> Failure:
    return Failure("OSError: the bank is closed", dt.datetime.now(dt.UTC))


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110  (a property has no event)
            await asyncio.sleep(0.02)


async def wait_for(consumer) -> Delivery:
    async with asyncio.timeout(60):
        return await anext(aiter(consumer))


async def test_a_queue_that_was_deleted_is_made_again(
    broker: Broker, rabbitmq_node: RabbitNode, prefix: str
) -> None:
    async with broker.consume(queue()) as consumer:
        await asyncio.to_thread(rabbitmq_node.ctl, "delete_queue", f"{prefix}billing")
        await publish_until_stored(broker)

        assert (await wait_for(consumer)).parcel.id == "m1"


async def publish_until_stored(broker: Broker) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                await broker.publish(parcel(), deadline=30)
            except OSError:
                await asyncio.sleep(0.02)  # nobody tells when the queue is there again
            else:
                return


async def test_a_retry_queue_that_does_not_confirm_is_left_for_another_one(
    connecting, rabbitmq_node: RabbitNode, prefix: str
) -> None:
    async with connecting(confirm_timeout=2) as broker, broker.consume(queue()) as consumer:
        await broker.publish(parcel(), deadline=30)
        await (await wait_for(consumer)).retry(0.2, failure())
        delivery = await wait_for(consumer)
        hung = f'sys:suspend(whereis(list_to_atom("%2F_{prefix}billing.retry.200ms"))).'
        assert await asyncio.to_thread(rabbitmq_node.ctl, "eval", hung) == "ok\n"

        assert await delivery.retry(0.2, failure())

        again = await wait_for(consumer)
        assert again.parcel.attempt == 3
        assert await again.done()
        async with foreign_channel(rabbitmq_node) as channel:
            spare = Made(f"{prefix}billing.retry.200ms~2", is_passive=True)
            assert await make_queue(channel, spare, 30) == 0


async def test_what_cannot_be_stored_for_its_next_try_is_dead_with_both_reasons(
    broker: Broker, rabbitmq_node: RabbitNode, prefix: str
) -> None:
    async with foreign_channel(rabbitmq_node) as channel:
        await channel.queue_declare(f"{prefix}billing.retry.200ms", durable=True)
    async with broker.consume(queue()) as consumer, asyncio.timeout(60):
        await broker.publish(parcel(), deadline=30)

        assert await (await wait_for(consumer)).retry(0.2, failure())

        [letter] = await broker.dead_letters("billing").list()
        assert letter.parcel.attempt == 1
        assert letter.reason.startswith(
            f"{failure().reason}; it could not be stored for its next try: PRECON"
        )


async def test_what_amqp_cannot_carry_a_second_time_is_dead_without_its_attributes_and_disturbs_nobody(
    broker: Broker, rabbitmq_node: RabbitNode, prefix: str, caplog: pytest.LogCaptureFixture
) -> None:
    as_much_as_fits = Basic.Properties(headers={"rostra-key": "k" * 60_000, "note": "n" * 70_000})
    async with broker.consume(queue()) as consumer, asyncio.timeout(60):
        async with foreign_channel(rabbitmq_node) as channel:
            await channel.basic_publish(
                b"tea", exchange="amq.topic", routing_key=f"{prefix}orders.placed", properties=as_much_as_fits
            )
        delivery = await wait_for(consumer)
        long = Failure("x" * 1000, dt.datetime.now(dt.UTC))

        assert await delivery.retry(0.2, long)

        [letter] = await broker.dead_letters("billing").list()
        assert (letter.parcel.body, letter.parcel.attributes, letter.parcel.key) == (b"tea", {}, None)
        assert consumer.trouble is None
        assert "amqp.troubled" not in caplog.text
        assert caplog.text.count("message.unstorable") == 2


@asynccontextmanager
async def foreign_channel(node: RabbitNode) -> AsyncIterator[aiormq.abc.AbstractChannel]:
    connection = await aiormq.connect(node.url)
    try:
        yield await connection.channel()
    finally:
        await connection.close()


async def test_retry_and_dead_queues_that_were_deleted_are_made_again(
    broker: Broker, rabbitmq_node: RabbitNode, prefix: str
) -> None:
    async with broker.consume(queue()) as consumer:
        await broker.publish(parcel(), deadline=30)
        await (await wait_for(consumer)).retry(0.2, failure())
        delivery = await wait_for(consumer)
        async with foreign_channel(rabbitmq_node) as channel:
            for name in (f"{prefix}billing.retry.200ms", f"{prefix}billing.dead"):
                await channel.queue_delete(name)

        assert await delivery.retry(0.2, failure())
        assert await (await wait_for(consumer)).dead(failure())

        [letter] = await broker.dead_letters("billing").list()
        assert letter.parcel.attempt == 3


async def test_a_queue_that_cannot_be_restored_is_told_by_its_name(
    broker: Broker, rabbitmq_node: RabbitNode, prefix: str, connecting
) -> None:
    async with broker.consume(queue()) as consumer, connecting() as other:
        waiting = asyncio.create_task(wait_for(consumer))
        await replace(other, rabbitmq_node, f"{prefix}billing")

        with pytest.raises(SubscriptionError) as caught:
            await waiting

    assert caught.value.queue == "billing"
    assert f"queue {prefix}billing" in caught.value.where
    assert "inequivalent arg" in caught.value.reason


async def replace(other: Broker, node: RabbitNode, name: str) -> None:
    """Delete a queue; if its consumer was quicker, again, until there is one of another type in its place."""
    foreign = queue("billing", options=Options(type="classic"))
    async with asyncio.timeout(60), foreign_channel(node) as channel:
        while True:
            await channel.queue_delete(name)
            try:
                async with other.consume(foreign):
                    return
            except SubscriptionError:
                continue


async def test_others_go_on_when_one_queue_cannot_be_had(broker: Broker) -> None:
    async with broker.consume(queue()) as consumer:
        with pytest.raises(SubscriptionError, match="drain and delete it"):
            async with broker.consume(queue(options=Options(type="classic"))):
                pass

        await broker.publish(parcel(), deadline=30)
        assert await (await wait_for(consumer)).done()


async def test_connections_have_names(broker: Broker, rabbitmq_node: RabbitNode) -> None:
    shown = await asyncio.to_thread(rabbitmq_node.ctl, "list_connections", "client_properties")

    assert '{"connection_name","tests (publish)"}' in shown
    assert '{"connection_name","tests (consume)"}' in shown


async def test_no_more_is_handed_out_than_the_prefetch(broker: Broker) -> None:
    async with broker.consume(queue(prefetch=3)) as consumer:
        for number in range(10):
            await broker.publish(parcel(f"m{number}"), deadline=30)
        held = [await wait_for(consumer) for _ in range(3)]
        await broker.settled()

        assert consumer._line.empty()
        await held[0].done()
        assert (await wait_for(consumer)).parcel.id == "m3"


async def test_what_kills_its_process_again_and_again_is_dead_and_takes_no_other_with_it(
    connecting, caplog: pytest.LogCaptureFixture
) -> None:
    """Each process takes what it gets, and dies as soon as it has the one that kills it: nobody ever settles that."""
    letters: Sequence[DeadLetter] = ()
    async with connecting() as broker, broker.consume(queue()):
        for name in ("m1", "m2", "killer", "m3", "m4"):
            await broker.publish(parcel(name), deadline=30)

    async with asyncio.timeout(120):
        while not letters:
            async with connecting() as broker, broker.consume(queue()) as consumer:
                await take_until_killed(broker, consumer)
                letters = await broker.dead_letters("billing").list()

    assert [letter.parcel.id for letter in letters] == ["killer"]
    assert letters[0].parcel.topic == "orders.placed"
    assert "came back unsettled too often" in letters[0].reason
    assert "message.returned queue=billing message=killer times=" in caplog.text


async def take_until_killed(broker: Broker, consumer) -> None:
    """Handle one after the other, each when no other has come meanwhile; nobody settles anything once the killer is there."""
    while True:
        try:
            async with asyncio.timeout(1):  # there is none left, since the killer is dead
                held = [await anext(aiter(consumer))]
        except TimeoutError:
            return
        await broker.settled()
        while not consumer._line.empty():
            held.append(await anext(aiter(consumer)))
        if "killer" in [each.parcel.id for each in held]:
            return
        for each in held:
            await each.done()
        await broker.settled()


async def test_who_stops_while_it_is_careful_consumes_nothing_any_more(
    connecting, rabbitmq_node: RabbitNode, prefix: str
) -> None:
    """What RabbitMQ hands over last, before it hears of the stop, is no reason to ask for more."""
    async with connecting() as broker, broker.consume(queue()):
        await broker.publish(parcel("returned"), deadline=30)
    for _ in range(2):
        async with connecting() as broker, broker.consume(queue()) as consumer:
            await wait_for(consumer)

    async with connecting() as broker, broker.consume(queue()) as consumer:
        await broker.publish(parcel("new"), deadline=30)
        delivery = await wait_for(consumer)
        assert consumer._is_careful
        consumer._is_stopping = True  # as when the stop has begun, and RabbitMQ has not heard of it
        await delivery.done()
        await until(lambda: not consumer._line.empty())
        assert consumer._widening is None
        await consumer.stop()

        consumed = await asyncio.to_thread(rabbitmq_node.ctl, "list_consumers", "queue_name")
        assert f"{prefix}billing" not in consumed


async def test_another_host_is_tried_when_the_first_does_not_answer(rabbitmq_node: RabbitNode) -> None:
    url = f"amqp://guest:guest@127.0.0.1:1,127.0.0.1:{rabbitmq_node.port}/"

    async with asyncio.timeout(30), connect(Connection(url=url)) as broker:
        assert broker.trouble is None


async def test_a_vhost_is_a_world_of_its_own(rabbitmq_node: RabbitNode, broker: Broker, prefix: str) -> None:
    await asyncio.to_thread(rabbitmq_node.ctl, "add_vhost", prefix)
    await asyncio.to_thread(rabbitmq_node.ctl, "set_permissions", "-p", prefix, "guest", ".*", ".*", ".*")
    asked = Connection(url=f"{rabbitmq_node.url}{prefix}", prefix=prefix, settings={"settle": 0})

    async with connect(asked) as other, other.consume(queue()) as there, broker.consume(queue()) as here:
        await other.publish(parcel("there"), deadline=30)
        await broker.publish(parcel("here"), deadline=30)

        assert (await wait_for(there)).parcel.id == "there"
        assert (await wait_for(here)).parcel.id == "here"


async def test_a_wrong_password_is_told_without_showing_it(rabbitmq_node: RabbitNode, caplog) -> None:
    url = f"amqp://guest:hunter2@127.0.0.1:{rabbitmq_node.port}/"

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1), connect(Connection(url=url)):
            pass

    assert "RabbitMQ refused the login" in caplog.text
    assert "hunter2" not in caplog.text
