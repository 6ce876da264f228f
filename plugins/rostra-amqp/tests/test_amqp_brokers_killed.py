"""Brokers and workers are killed again and again, and no message is lost: the promise of the retry topology.

By default with few messages. The size at which the promise was made runs with ``ROSTRA_KILLED_MESSAGES=400`` and
``ROSTRA_KILLED_POISON=20`` in the environment. These come before the other tests of RabbitMQ, whose many queues a node would
have to find again.
"""

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from amqp_worker import Worker, acceptance_size

from rostra_amqp.testing import RabbitNode
from rostra_messaging import PublishError
from rostra_messaging.brokers import Broker, Consumer, DeadLetter, Delivery, Parcel, Queue

pytestmark = pytest.mark.asyncio

MESSAGES = acceptance_size(90, "ROSTRA_KILLED_MESSAGES")
POISON = acceptance_size(6, "ROSTRA_KILLED_POISON")
TRIES = 3
NECESSARY = (MESSAGES + POISON) * TRIES
KILLS = 3
_LATE = 240.0
"""Seconds: a RabbitMQ that has to find many queues again may look for the exchange of a retry queue before it has found
that, and then looks again after three minutes.
"""
BILLING = Queue(name="billing", topic="orders.*")
ORDERS = [f"order{number}" for number in range(MESSAGES)]
POISONED = [f"poison{number}" for number in range(POISON)]


async def test_a_broker_that_is_killed_three_times_loses_nothing(
    connecting, fresh_rabbitmq_node, prefix, tmp_path
) -> None:
    worker = Worker(tmp_path, fresh_rabbitmq_node.url, prefix)

    async with connecting(fresh_rabbitmq_node.url, settle=3) as broker:
        letters = await _run(broker, worker, prefix, fresh_rabbitmq_node.restart)

    _judge(worker, letters)


async def test_a_worker_that_is_killed_three_times_loses_nothing(
    connecting, rabbitmq_node, prefix, tmp_path
) -> None:
    worker = Worker(tmp_path, rabbitmq_node.url, prefix, settings={"settle": 0})

    def killed_and_started() -> None:
        worker.kill()
        worker.start()

    async with connecting() as broker:
        letters = await _run(broker, worker, prefix, killed_and_started)

    _judge(worker, letters)


async def _run(broker: Broker, worker: Worker, prefix: str, kill: Callable[[], None]) -> list[DeadLetter]:
    """All messages handled, with a kill after each quarter of the work; the dead letters."""
    async with broker.consume(Queue(topic="orders.placed", name="billing.orders.placed", prefetch=1)) as made:
        await made.stop()  # the queue is there
    worker.start()
    try:
        publishing = asyncio.create_task(_publish(broker))
        for part in range(1, KILLS + 1):
            await _until(
                lambda part=part: worker.seen("run").total() >= NECESSARY * part / (KILLS + 1), worker
            )
            await asyncio.to_thread(kill)
        await publishing
        await _until(lambda: len(worker.seen("done")) >= MESSAGES, worker)
        letters = broker.dead_letters("billing.orders.placed")
        async with asyncio.timeout(120):
            while await letters.count() < POISON:  # noqa: ASYNC110  (RabbitMQ does not tell)
                await asyncio.sleep(0.1)
        worker.terminate()
        assert await asyncio.to_thread(worker.ended) == 0, worker.log()
        return list(await letters.list(1000))
    finally:
        worker.kill()


async def _publish(broker: Broker) -> None:
    """Ever again a few, so that there are always some on their way when something is killed."""
    ids = [*ORDERS, *POISONED]
    ids.sort(key=lambda name: hash(name) % 1000)
    for start in range(0, len(ids), 10):
        await asyncio.gather(
            *(broker.publish(_parcel(each), deadline=120) for each in ids[start : start + 10])
        )


def _parcel(name: str) -> Parcel:
    body = {"metadata": {"data_encoding": "raw"}, "data": name}
    return Parcel(id=name, topic="orders.placed", body=json.dumps(body).encode())


def _judge(worker: Worker, letters: list[DeadLetter]) -> None:
    done, runs = worker.seen("done"), worker.seen("run").total()
    dead = {letter.parcel.id: letter for letter in letters}
    print(
        f"{len(done)} of {MESSAGES} handled, {len(dead)} of {POISON} dead ({len(letters)} letters), "
        f"{runs} runs for {NECESSARY} necessary ones: {runs / NECESSARY:.3f}"
    )
    assert sorted(done) == sorted(ORDERS)
    assert sorted(dead) == sorted(POISONED)
    assert all(letter.parcel.attempt == TRIES for letter in letters)
    assert all(letter.reason == "OSError: the bank is closed" for letter in letters)
    assert all(letter.parcel.first_failure is not None for letter in letters)
    spare = max(NECESSARY * 0.1, KILLS * 20)  # of few messages, what was in hand at a kill is a larger part
    assert runs <= NECESSARY + spare


async def _until(holds: Callable[[], bool], worker: Worker) -> None:
    async with asyncio.timeout(_LATE):
        while not holds():
            assert worker.process is not None
            assert worker.process.poll() is None, worker.log()
            await asyncio.sleep(0.05)


async def test_a_killed_broker_loses_nothing_that_was_confirmed_and_disturbs_no_handler(
    connecting, rabbitmq_node: RabbitNode
) -> None:
    async with connecting(settle=3) as broker, broker.consume(BILLING) as consumer:
        await broker.publish(_parcel("tea"), deadline=30)
        handled = await _next_of(consumer)
        begun = time.monotonic()
        # A binding that is younger than some seconds can be gone after a kill, until a consumer makes it again.
        await _soon(lambda: time.monotonic() > begun + 4)

        confirmed, failed = await _published_meanwhile(broker, rabbitmq_node.restart)

        assert asyncio.current_task().cancelling() == 0
        assert not await handled.done()
        await _soon(lambda: consumer.trouble is None and broker.trouble is None)
        assert failed == []
        missing = {handled.parcel.id, *confirmed}
        async with asyncio.timeout(60):
            async for delivery in consumer:
                missing.discard(delivery.parcel.id)
                await delivery.done()
                if not missing:
                    break


async def _published_meanwhile(broker: Broker, restart: Callable[[], None]) -> tuple[list[str], list[str]]:
    """What was confirmed, and what was not, of what many publish before, during and after a kill."""
    confirmed: list[str] = []
    failed: list[str] = []
    over = asyncio.Event()

    async def publish(name: str) -> None:
        for number in itertools.count():
            each = f"{name}.{number}"
            try:
                await broker.publish(_parcel(each), deadline=60)
            except PublishError:
                failed.append(each)
            else:
                confirmed.append(each)
            if over.is_set():
                return

    async with asyncio.TaskGroup() as publishers:
        for name in range(20):
            publishers.create_task(publish(str(name)))
        await _soon(lambda: len(confirmed) > 500)
        await asyncio.to_thread(restart)
        many = len(confirmed) + 500
        await _soon(lambda: len(confirmed) > many)
        over.set()
    return confirmed, failed


async def _next_of(consumer: Consumer) -> Delivery:
    async with asyncio.timeout(60):
        return await anext(aiter(consumer))


async def _soon(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110  (a property has no event)
            await asyncio.sleep(0.02)
