"""A publish ends by its deadline: confirmed, or with one exception that says what is known."""

import asyncio
import time

import pytest

from rostra.testing import TcpProxy
from rostra_amqp import Options
from rostra_amqp.nodes import MOST_BYTES
from rostra_amqp.testing import RabbitNode
from rostra_messaging import PublishError
from rostra_messaging.brokers import Broker, Parcel, Queue

pytestmark = pytest.mark.asyncio


def parcel(name: str = "m1", topic: str = "orders.placed", **more) -> Parcel:
    return Parcel(id=name, topic=topic, body=more.pop("body", b"tea"), **more)


async def stored(broker: Broker, queue: Queue, count: int) -> list[str]:
    """The ids of what a queue holds, which must be at least so many; it is empty then."""
    found: list[str] = []
    async with asyncio.timeout(30), broker.consume(queue) as consumer:
        async for delivery in consumer:
            found.append(delivery.parcel.id)
            await delivery.done()
            if len(found) == count:
                break
        await consumer.stop()
    return found


async def make(broker: Broker, queue: Queue) -> None:
    async with broker.consume(queue) as consumer:
        await consumer.stop()


@pytest.fixture
def queue() -> Queue:
    return Queue(topic="orders.*", name="billing.orders")


async def test_what_was_published_is_stored_once(broker: Broker, queue: Queue) -> None:
    await make(broker, queue)
    ids = [f"m{number}" for number in range(500)]

    await asyncio.gather(*(broker.publish(parcel(each), deadline=30) for each in ids))

    assert sorted(await stored(broker, queue, 500)) == sorted(ids)


async def test_a_parcel_arrives_as_it_was_sent(broker: Broker, queue: Queue) -> None:
    sent = parcel(
        attributes={
            "a": "ü",
            "n": 2**40,
            "f": 0.1,
            "huge": 1e300,
            "endless": float("-inf"),
            "b": True,
            "none": None,
            "raw": b"\xff\x00",
        },
        content_type="text/plain",
        key="k",
        body=bytes(range(256)) * 2000,
    )

    async with broker.consume(queue) as consumer:
        await broker.publish(sent, deadline=30)
        delivery = await anext(aiter(consumer))
        await delivery.done()

    assert delivery.parcel == sent
    assert not delivery.is_redelivered


async def test_what_no_queue_wants_is_an_error_at_once(broker: Broker) -> None:
    with pytest.raises(PublishError, match="no queue takes messages") as caught:
        await broker.publish(parcel(topic="nobody.listens"), deadline=30)

    assert caught.value.is_stored == "no"


async def test_what_no_queue_wants_may_be_let_pass(connecting) -> None:
    async with connecting(raise_unroutable=False) as broker:
        await broker.publish(parcel(topic="nobody.listens"), deadline=30)


async def test_unroutable_ones_of_one_id_at_once_all_fail(broker: Broker) -> None:
    tries = [broker.publish(parcel("same", topic="nobody.listens"), deadline=30) for _ in range(5)]

    ended = await asyncio.gather(*tries, return_exceptions=True)

    assert [type(each) for each in ended] == [PublishError] * 5


@pytest.mark.parametrize(
    "bad",
    [
        parcel(topic="x" * 300),
        parcel(attributes={"huge": 2**70}),
        parcel(attributes={"long": "x" * 200_000}),
        parcel(attributes={"n" * 300: "x"}),
    ],
    ids=["topic", "number", "length", "name"],
)
async def test_what_amqp_cannot_carry_is_told_at_once_and_harms_no_other(
    broker: Broker, queue: Queue, bad: Parcel
) -> None:
    await make(broker, queue)

    ended = await asyncio.gather(
        *(broker.publish(parcel(f"m{number}"), deadline=30) for number in range(20)),
        broker.publish(bad, deadline=30),
        return_exceptions=True,
    )

    assert isinstance(ended.pop(), PublishError)
    assert ended == [None] * 20
    assert len(await stored(broker, queue, 20)) == 20


async def test_a_missing_exchange_is_told_and_neither_consumers_nor_handlers_notice(
    connecting, queue: Queue, prefix: str
) -> None:
    async with connecting() as other, other.consume(queue) as consumer:
        await other.publish(parcel(), deadline=30)
        handled = await anext(aiter(consumer))

        async with connecting(exchange=f"{prefix}missing", declare=False) as broker:
            with pytest.raises(PublishError, match="no exchange") as caught:
                await broker.publish(parcel("m2"), deadline=30)

        assert caught.value.is_stored == "no"
        assert await handled.done()
        assert consumer.trouble is None


async def test_an_exchange_that_vanished_is_made_again(
    connecting, rabbitmq_node: RabbitNode, prefix: str
) -> None:
    async with connecting(exchange=f"{prefix}shop") as broker:
        queue = Queue(topic="orders.*", name="billing", options=(Options(exchange=f"{prefix}shop"),))
        await make(broker, queue)
        script = f'rabbit_exchange:delete(rabbit_misc:r(<<"/">>, exchange, <<"{prefix}shop">>), false, <<"test">>).'
        await asyncio.to_thread(rabbitmq_node.ctl, "eval", script)

        with pytest.raises(PublishError, match="no queue takes"):
            await broker.publish(parcel(), deadline=30)  # it is there again, but nothing is bound to it yet
        await make(broker, queue)
        await broker.publish(parcel("m2"), deadline=30)

        assert await stored(broker, queue, 1) == ["m2"]


async def test_one_bad_publish_among_good_ones_fails_alone(connecting, queue: Queue, prefix: str) -> None:
    """A body that is too long closes the channel that all share."""
    async with connecting() as broker:
        await make(broker, queue)
        too_long = parcel("long", body=bytes(MOST_BYTES + 1))

        ended = await asyncio.gather(
            *(broker.publish(parcel(f"m{number}"), deadline=30) for number in range(50)),
            broker.publish(too_long, deadline=30),
            *(broker.publish(parcel(f"n{number}"), deadline=30) for number in range(50)),
            return_exceptions=True,
        )

        failed = [each for each in ended if each is not None]
        assert [type(each) for each in failed] == [PublishError]
        assert "larger than" in str(failed[0])
        assert len(set(await stored(broker, queue, 100))) == 100


async def test_a_full_queue_makes_publishers_wait_until_their_deadline(broker: Broker) -> None:
    options = Options(arguments={"x-max-length": 3, "x-overflow": "reject-publish"}, type="classic")
    queue = Queue(topic="orders.*", name="full", options=(options,))
    await make(broker, queue)

    ended = await asyncio.gather(
        *(broker.publish(parcel(f"m{number}"), deadline=3) for number in range(10)), return_exceptions=True
    )

    failed = [each for each in ended if each is not None]
    assert all(isinstance(each, PublishError) and "full" in each.reason for each in failed)
    confirmed = {f"m{number}" for number, each in enumerate(ended) if each is None}
    assert confirmed
    assert confirmed <= set(await stored(broker, queue, len(confirmed)))


async def test_a_deadline_during_another_try_tells_what_is_known_of_the_one_before(
    connecting, proxy: TcpProxy, proxied: str
) -> None:
    options = Options(arguments={"x-max-length": 1, "x-overflow": "reject-publish"}, type="classic")
    queue = Queue(topic="orders.*", name="slow", options=(options,))
    async with connecting(proxied) as broker:
        await make(broker, queue)
        await broker.publish(parcel("m1"), deadline=30)
        proxy.delay = 0.4  # an answer takes twice that, so the second one is too late

        caught = await ended(broker.publish(parcel("m2"), deadline=1.5))

        proxy.delay = 0.0
        assert "full" in caught.reason
        assert "did not confirm" in caught.reason
        assert caught.is_stored == "perhaps"


async def test_a_deadline_that_is_over_soon_makes_nobody_else_send_again(
    connecting, proxy: TcpProxy, proxied: str, queue: Queue
) -> None:
    """The channel that all share is not thought to hang because one has no time."""
    async with connecting(proxied) as broker:
        await make(broker, queue)
        await broker.publish(parcel("m0"), deadline=30)
        proxy.stall()
        patient = asyncio.create_task(broker.publish(parcel("patient"), deadline=60))

        hasty = await ended(broker.publish(parcel("hasty"), deadline=0.1))
        proxy.resume()
        await patient
        await broker.publish(parcel("last"), deadline=60)

        assert hasty.is_stored == "perhaps"
        assert await stored(broker, queue, 4) == ["m0", "hasty", "patient", "last"]


async def test_a_full_queue_that_drains_lets_publishers_go_on(broker: Broker) -> None:
    options = Options(arguments={"x-max-length": 1, "x-overflow": "reject-publish"}, type="classic")
    queue = Queue(topic="orders.*", name="drained", options=(options,))
    await make(broker, queue)
    await broker.publish(parcel("m1"), deadline=30)

    waiting = asyncio.create_task(broker.publish(parcel("m2"), deadline=60))
    found = await stored(broker, queue, 2)
    await waiting

    assert found == ["m1", "m2"]


async def test_a_stalled_link_ends_a_publish_by_its_deadline(
    connecting, rabbitmq_node: RabbitNode, queue: Queue
) -> None:
    proxying = TcpProxy("127.0.0.1", rabbitmq_node.port)
    async with proxying as proxy, connecting(f"amqp://guest:guest@127.0.0.1:{proxy.port}/") as broker:
        await make(broker, queue)
        await broker.publish(parcel("m0"), deadline=30)
        proxy.stall()

        before = time.monotonic()
        with pytest.raises(PublishError) as caught:
            await broker.publish(parcel(), deadline=1)
        took = time.monotonic() - before

        assert took < 10
        assert caught.value.is_stored == "perhaps"
        assert asyncio.current_task().cancelling() == 0
        proxy.resume()
        await broker.publish(parcel("m2"), deadline=60)


async def test_a_stalled_link_is_noticed_and_replaced(
    connecting, rabbitmq_node: RabbitNode, queue: Queue
) -> None:
    async with (
        TcpProxy("127.0.0.1", rabbitmq_node.port) as proxy,
        connecting(f"amqp://guest:guest@127.0.0.1:{proxy.port}/", heartbeat=1, connect_timeout=1) as broker,
    ):
        await make(broker, queue)
        proxy.stall()

        await until(lambda: broker.trouble is not None)
        publishing = asyncio.create_task(broker.publish(parcel(), deadline=60))
        await until(lambda: "did not answer in time" in str(broker.trouble))  # a new one is tried
        proxy.resume()

        await publishing
        await until(lambda: broker.trouble is None)


async def test_a_memory_alarm_ends_publishes_by_their_deadlines_and_stops_no_consumer(
    broker: Broker, rabbitmq_node: RabbitNode, queue: Queue
) -> None:
    async with broker.consume(queue) as consumer:
        for number in range(20):
            await broker.publish(parcel(f"m{number}"), deadline=30)
        await asyncio.to_thread(rabbitmq_node.ctl, "set_vm_memory_high_watermark", "0.00001")
        try:
            first = await ended(broker.publish(parcel("first"), deadline=1.5))
            await until(lambda: broker.trouble is not None)
            second = await ended(broker.publish(parcel("second"), deadline=0.5))
            handled = 0
            async for delivery in consumer:
                assert await delivery.done()
                handled += 1
                if handled == 20:
                    break
        finally:
            await asyncio.to_thread(rabbitmq_node.ctl, "set_vm_memory_high_watermark", "0.4")

        assert (first.is_stored, second.is_stored) == ("perhaps", "no")
        assert "short of memory" in second.reason
        await broker.publish(parcel("after"), deadline=60)


async def test_without_a_broker_a_publish_ends_by_its_deadline(
    connecting, proxy: TcpProxy, proxied: str, queue: Queue
) -> None:
    async with connecting(proxied) as broker:
        await make(broker, queue)
        proxy.refuse()
        await proxy.cut()
        await until(lambda: broker.trouble is not None)

        caught = await ended(broker.publish(parcel(), deadline=0.5))

        assert caught.is_stored == "no"
        assert "deadline of 0.5 s" in caught.reason


async def test_a_cancelled_publish_is_cancelled(
    connecting, proxy: TcpProxy, proxied: str, queue: Queue
) -> None:
    async with connecting(proxied) as broker:
        await make(broker, queue)
        proxy.refuse()
        await proxy.cut()
        publishing = asyncio.create_task(broker.publish(parcel(), deadline=60))
        await until(lambda: broker.trouble is not None)

        publishing.cancel()

        with pytest.raises(asyncio.CancelledError):
            await publishing


async def test_a_delayed_publish_comes_later(broker: Broker, queue: Queue) -> None:
    async with broker.consume(queue) as consumer:
        before = time.monotonic()
        await broker.publish(parcel("late"), deadline=30, delay=0.7)
        await broker.publish(parcel("soon"), deadline=30)

        deliveries = aiter(consumer)
        first = await anext(deliveries)
        second = await anext(deliveries)

        assert (first.parcel.id, second.parcel.id) == ("soon", "late")
        assert second.parcel.topic == "orders.placed"
        assert time.monotonic() - before >= 0.7


async def ended(publishing) -> PublishError:
    with pytest.raises(PublishError) as caught:
        await publishing
    return caught.value


async def until(holds) -> None:
    """Return when it holds."""
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110  (a property has no event)
            await asyncio.sleep(0.02)
