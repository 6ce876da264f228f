"""A worker on RabbitMQ that is told to stop, and one whose broker is away: processes of their own, by real signals."""

import asyncio
import json
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from amqp_worker import Worker

from rostra.testing import TcpProxy
from rostra_amqp.testing import RabbitNode
from rostra_messaging.brokers import Broker, Parcel, Queue

pytestmark = pytest.mark.asyncio

WAITS_FOR_A_FILE = """
while not os.path.exists("go on"):
    await asyncio.sleep(0.02)
"""
HANGS = """
await asyncio.Event().wait()
"""


@pytest.fixture
def worker(rabbitmq_node: RabbitNode, prefix: str, tmp_path: Path) -> Iterator[Worker]:
    worker = Worker(tmp_path, rabbitmq_node.url, prefix, settings={"settle": 0})
    yield worker
    worker.kill()


async def publish(broker: Broker, count: int) -> None:
    queue = Queue(topic="orders.placed", name="billing.orders.placed")
    async with broker.consume(queue) as made:
        await made.stop()
    for number in range(count):
        body = json.dumps({"metadata": {"data_encoding": "raw"}, "data": f"m{number}"})
        await broker.publish(Parcel(id=f"m{number}", topic="orders.placed", body=body.encode()), deadline=60)


async def until(holds: Callable[[], bool], worker: Worker) -> None:
    async with asyncio.timeout(60):
        while not holds():
            assert worker.process is not None
            assert worker.process.poll() is None, worker.log()
            await asyncio.sleep(0.02)


async def left(broker: Broker, count: int) -> list[tuple[str, bool]]:
    """What the queue still has: ids, and whether they had been handed out before."""
    found = []
    async with asyncio.timeout(60):
        async with broker.consume(Queue(topic="orders.placed", name="billing.orders.placed")) as consumer:
            async for delivery in consumer:
                found.append((delivery.parcel.id, delivery.is_redelivered))
                await delivery.done()
                if len(found) == count:
                    break
            await consumer.stop()
    return found


async def test_what_runs_is_finished_once_and_the_rest_comes_again(broker: Broker, worker: Worker) -> None:
    worker.work = WAITS_FOR_A_FILE
    await publish(broker, 25)
    worker.start()
    await until(lambda: len(worker.seen("run")) == 10, worker)

    worker.terminate()
    (worker.folder / "go on").touch()

    assert await asyncio.to_thread(worker.ended) == 0, worker.log()
    done = worker.seen("done")
    assert done == worker.seen("run")
    assert set(done.values()) == {1}
    rest = {f"m{number}" for number in range(25)} - set(done)
    assert {name for name, _ in await left(broker, len(rest))} == rest
    assert await broker.dead_letters("billing.orders.placed").count() == 0


async def test_a_handler_that_hangs_is_cut_at_the_deadline_and_the_exit_code_tells(
    broker: Broker, worker: Worker
) -> None:
    worker.work, worker.options = HANGS, {"stop_timeout": 2}
    await publish(broker, 1)
    worker.start()
    await until(lambda: len(worker.seen("run")) == 1, worker)

    worker.terminate()

    assert await asyncio.to_thread(worker.ended) == 1, worker.log()
    assert await left(broker, 1) == [("m0", True)]


async def go_away(proxy: TcpProxy, worker: Worker) -> None:
    proxy.refuse()
    await proxy.cut()
    await until(lambda: "amqp.unreachable" in worker.events(), worker)


async def test_a_stop_while_the_broker_is_away_ends_at_once(
    broker: Broker, worker: Worker, proxy: TcpProxy, proxied: str
) -> None:
    worker.options, worker.url = {"stop_timeout": 50}, proxied
    await publish(broker, 1)
    worker.start()
    await until(lambda: "queue.consumed" in worker.events(), worker)
    await go_away(proxy, worker)

    worker.terminate()

    assert await asyncio.to_thread(worker.ended, 20) == 0, worker.log()


async def test_a_stop_while_a_handler_runs_and_the_broker_is_away_lets_it_finish(
    broker: Broker, worker: Worker, proxy: TcpProxy, proxied: str
) -> None:
    worker.work, worker.url = WAITS_FOR_A_FILE, proxied
    await publish(broker, 1)
    worker.start()
    await until(lambda: len(worker.seen("run")) == 1, worker)
    await go_away(proxy, worker)

    worker.terminate()
    (worker.folder / "go on").touch()

    assert await asyncio.to_thread(worker.ended) == 0, worker.log()
    assert worker.seen("done") == {"m0": 1}
    assert "message.unsettled" in worker.events()


async def test_a_worker_that_waits_for_its_broker_stops_when_it_is_told_to(worker: Worker) -> None:
    worker.url = f"amqp://127.0.0.1:{free_port()}"
    worker.start()
    await until(lambda: "amqp.unreachable" in worker.events(), worker)

    worker.terminate()

    assert await asyncio.to_thread(worker.ended) in {0, -signal.SIGTERM}, worker.log()


async def test_a_broker_that_never_comes_is_told_when_the_start_took_too_long(worker: Worker) -> None:
    port = free_port()
    worker.url, worker.options = f"amqp://me:hunter2@127.0.0.1:{port}/orders", {"start_timeout": 1.5}

    worker.start()

    assert await asyncio.to_thread(worker.ended) == 1
    assert "StartTimeoutError" in worker.log()
    assert "it waits for broker default: " in worker.log()
    assert "to fix  see that broker default is there, and that its settings are right" in worker.log()
    assert f"127.0.0.1:{port} (vhost orders)" in worker.log()
    assert "hunter2" not in worker.log()


async def test_a_connection_that_is_lost_and_comes_back_is_told_once_for_each_link(
    broker: Broker, worker: Worker, proxy: TcpProxy, proxied: str
) -> None:
    worker.url = proxied
    worker.start()
    await until(lambda: "queue.consumed" in worker.events(), worker)
    before = len(worker.events())
    await proxy.cut()

    await until(lambda: worker.events().count("queue.consumed") == 2, worker)
    await until(lambda: worker.events().count("amqp.connected") == 4, worker)

    told = worker.events()[before:]
    assert sorted(told) == ["amqp.connected"] * 2 + ["amqp.troubled"] * 2 + ["queue.consumed"]
    assert "Traceback" not in worker.log()


async def test_a_worker_that_comes_before_its_broker_waits_for_it(
    broker: Broker, worker: Worker, proxy: TcpProxy, proxied: str
) -> None:
    await publish(broker, 1)
    worker.work, worker.url = "pass", proxied
    proxy.refuse()
    worker.start()
    await until(lambda: "amqp.unreachable" in worker.events(), worker)

    proxy.accept()

    await until(lambda: worker.seen("done") == {"m0": 1}, worker)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
