"""How consuming begins and ends: what is waited for, what is finished, what goes back, and what nobody waits for."""

import asyncio
import logging
from collections import deque
from contextlib import asynccontextmanager

import attrs
import pytest

from rostra import context, plugin
from rostra.clock import Clock
from rostra.components import Components
from rostra.errors import HandlerError, StartTimeoutError, StopTimeoutError
from rostra.health import Checks
from rostra.plugin import Phase
from rostra.testing import checkpoint
from rostra_messaging import (
    Connection,
    Message,
    MessagingConfig,
    Parcel,
    PublishError,
    Retry,
    SubscriptionError,
    memory,
    subscribe,
)
from rostra_messaging.connecting import known_brokers
from rostra_messaging.envelopes import JsonEnvelope
from rostra_messaging.opening import Opening

PATIENCE = 20.0


@attrs.define(eq=False, slots=False)
class ADelivery:
    """A delivery that notes how it was settled."""

    parcel: Parcel
    journal: list
    is_redelivered: bool = False

    def _settled(self, how):
        self.journal.append((self.parcel.id, how))
        return True

    async def done(self):
        return self._settled("done")

    async def retry(self, delay, failure, *, counts=True):
        return self._settled("retry")

    async def dead(self, failure, *, attempts=None, first_failure=None):
        return self._settled("dead")

    async def release(self):
        return self._settled("released")


class AConsumer:
    """Brings what a test offers."""

    def __init__(self):
        self.trouble = None
        self.offered = deque()
        self.changed = asyncio.Event()
        self.is_stopped = False
        self.error = None

    def __aiter__(self):
        return self

    async def __anext__(self):
        while not self.offered:
            if self.is_stopped:
                raise StopAsyncIteration
            if self.error is not None:
                raise self.error
            self.changed.clear()
            await self.changed.wait()
        return self.offered.popleft()

    def offer(self, *deliveries):
        self.offered.extend(deliveries)
        self.changed.set()

    def fail(self, error):
        self.error = error
        self.changed.set()

    async def stop(self):
        self.is_stopped = True
        self.offered.clear()
        self.changed.set()


class ABroker:
    """A broker that does what a test says."""

    def __init__(self):
        self.trouble = None
        self.is_there = asyncio.Event()
        self.is_there.set()
        self.consumers = {}
        self.journal = []
        self.refusal = None

    async def publish(self, parcel, *, deadline, delay=0.0):
        raise PublishError(parcel.topic, "default", "it takes nothing")

    @asynccontextmanager
    async def consume(self, queue):
        await self.is_there.wait()
        if self.refusal is not None:
            raise self.refusal
        self.consumers[queue.label] = consumer = AConsumer()
        self.journal.append(("", f"{queue.label} opened"))
        try:
            yield consumer
        finally:
            self.journal.append(("", f"{queue.label} closed"))

    def dead_letters(self, queue):
        raise NotImplementedError

    async def queues_with_dead_letters(self):
        return []

    def delivery(self, id_="1", body=1, **about):
        encoded = JsonEnvelope().encode(Message(topic="orders.placed", body=body, id=id_))
        return ADelivery(
            Parcel(id=id_, topic="orders.placed", body=encoded.body, attributes=encoded.attributes, **about),
            self.journal,
        )

    @property
    def components(self):
        layer = Components(None, "test")
        layer.add(Opening(known_brokers(MessagingConfig()), {"default": self}))
        return layer

    @property
    def settled(self):
        return [(id_, how) for id_, how in self.journal if id_]


def staged(module, broker, *items, **options):
    return plugin.Stage("rostra_messaging", module(*items), components=broker.components, **options)


async def ending(stage, play):
    """What a running stage raises in which this is played."""
    try:
        async with stage:
            await within(stage.start())
            await play()
            await within(stage.lifecycle.wait_for(Phase.STOPPED))
    except Exception as error:  # noqa: BLE001  (it is looked at)
        return error
    return None


async def within(awaitable):
    async with asyncio.timeout(PATIENCE):
        return await awaitable


def placed(function):
    return subscribe("orders.placed", group="billing", retry=Retry(delays=()))(function)


LABEL = "billing.orders.placed"


@pytest.mark.asyncio
async def test_a_stage_is_not_running_before_its_queues_are_there(module):
    broker = ABroker()
    broker.is_there.clear()

    @placed
    async def bill(_number: int) -> None:
        pass

    async with staged(module, broker, bill) as stage:
        starting = asyncio.create_task(stage.start())
        for _ in range(50):
            await checkpoint()
        phase, report = stage.phase, await stage.components.get(Checks).ready()
        broker.is_there.set()
        await within(starting)

        assert phase is Phase.STARTING
        assert f"messages {LABEL}" in report.failing
        assert stage.phase is Phase.RUNNING


@pytest.mark.asyncio
async def test_a_stage_that_waits_for_its_queues_stops_at_once_when_it_is_asked_to(module):
    broker = ABroker()
    broker.is_there.clear()

    @placed
    async def bill(_number: int) -> None:
        pass

    async with staged(module, broker, bill) as stage:
        starting = asyncio.create_task(stage.start())
        for _ in range(50):
            await checkpoint()
        stage.stop()
        await within(starting)
        await within(stage.lifecycle.wait_for(Phase.STOPPED))

    assert not stage.is_cut_short


@pytest.mark.asyncio
async def test_a_broker_that_never_comes_ends_the_start_in_time_and_says_where_it_hung(module):
    broker = ABroker()
    broker.is_there.clear()

    @placed
    async def bill(_number: int) -> None:
        pass

    with pytest.raises(StartTimeoutError, match="messages"):
        async with staged(module, broker, bill, start_timeout=1.0) as stage:
            await stage.start()


@pytest.mark.asyncio
async def test_a_queue_that_cannot_be_had_fails_the_stage_with_its_name_and_who_wants_it(module):
    broker = ABroker()
    broker.refusal = SubscriptionError(LABEL, "default", "it exists otherwise", (), ("delete it",))

    @placed
    async def bill(_number: int) -> None:
        pass

    with pytest.raises(ExceptionGroup) as caught:
        async with staged(module, broker, bill) as stage:
            await within(stage.start())

    (error,) = caught.value.exceptions
    assert isinstance(error, SubscriptionError)
    assert (error.queue, error.reason, error.fix) == (LABEL, "it exists otherwise", ("delete it",))
    assert error.where[0] == "orders.placed as billing"


@pytest.mark.asyncio
async def test_a_queue_that_is_lost_for_good_stops_the_stage_in_good_order(module):
    broker = ABroker()
    handling, go_on = asyncio.Event(), asyncio.Event()

    @placed
    async def bill(_number: int) -> None:
        handling.set()
        await go_on.wait()

    @subscribe("orders.billed", group="note")
    async def note(_number: int) -> None:
        pass

    stage = staged(module, broker, bill, note)

    async def play():
        broker.consumers[LABEL].offer(broker.delivery())
        await within(handling.wait())
        broker.consumers[LABEL].fail(SubscriptionError(LABEL, "default", "somebody deleted it"))
        await within(stage.lifecycle.wait_for(Phase.STOPPING))
        go_on.set()

    group = await ending(stage, play)

    (error,) = group.exceptions
    assert isinstance(error, SubscriptionError)
    assert broker.settled == [("1", "done")]
    assert not stage.is_cut_short


@pytest.mark.asyncio
async def test_what_runs_is_finished_when_the_stage_stops_and_nothing_more_is_taken(module):
    broker = ABroker()
    handled, handling, go_on = [], asyncio.Event(), asyncio.Event()

    @subscribe("orders.placed", group="billing", concurrency=2, prefetch=5)
    async def bill(number: int) -> None:
        handled.append(number)
        if len(handled) == 2:
            handling.set()
        await go_on.wait()

    async with staged(module, broker, bill) as stage:
        await stage.start()
        broker.consumers[LABEL].offer(*(broker.delivery(str(number), number) for number in range(4)))
        await within(handling.wait())
        stage.stop()
        for _ in range(50):
            await checkpoint()
        report = await stage.components.get(Checks).ready()
        go_on.set()
        await within(stage.lifecycle.wait_for(Phase.STOPPED))

    assert handled == [0, 1]
    assert broker.journal == [
        ("", f"{LABEL} opened"),
        ("0", "done"),
        ("1", "done"),
        ("", f"{LABEL} closed"),
    ]
    assert not report.is_well
    assert not stage.is_cut_short


@pytest.mark.asyncio
async def test_a_handler_that_does_not_end_is_cut_and_its_message_not_settled(module, caplog):
    broker = ABroker()
    handling, cancelled = asyncio.Event(), asyncio.Event()

    @placed
    async def bill(_number: int) -> None:
        handling.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    stage = staged(module, broker, bill)

    async def play():
        broker.consumers[LABEL].offer(broker.delivery())
        await within(handling.wait())
        stage.stop_now()

    with caplog.at_level(logging.WARNING):
        error = await ending(stage, play)

    assert isinstance(error, StopTimeoutError)
    assert cancelled.is_set()
    assert broker.settled == []
    assert stage.is_cut_short
    assert "message.cut" in caplog.text
    assert "handler=bill" in caplog.text


@pytest.mark.asyncio
async def test_a_handler_that_ignores_its_cancellation_is_waited_for_no_longer(module):
    broker = ABroker()
    handling, go_on = asyncio.Event(), asyncio.Event()

    @placed
    async def bill(_number: int) -> None:
        handling.set()
        while not go_on.is_set():
            try:
                await go_on.wait()
            except asyncio.CancelledError:
                continue

    stage = staged(module, broker, bill)

    async def play():
        broker.consumers[LABEL].offer(broker.delivery())
        await within(handling.wait())
        stage.stop_now()

    error = await ending(stage, play)

    assert isinstance(error, StopTimeoutError)
    go_on.set()
    for _ in range(50):
        await checkpoint()


@pytest.mark.asyncio
async def test_trouble_of_broker_and_queue_is_seen_by_readiness_and_goes_away_again(module, stopped_clock):
    broker = ABroker()

    @placed
    async def bill(_number: int) -> None:
        pass

    layer = broker.components
    layer.add(stopped_clock, Clock)
    async with plugin.Stage("rostra_messaging", module(bill), components=layer) as stage:
        await stage.start()
        checks = stage.components.get(Checks)
        context.enter(stage.components)
        before = await checks.ready()
        broker.consumers[LABEL].trouble = "the link is down"
        await stopped_clock.advance(1)
        during = await checks.ready()
        broker.consumers[LABEL].trouble = None
        await stopped_clock.advance(1)
        after = await checks.ready()

    assert (before.is_well, during.failing, after.is_well) == (True, (f"messages {LABEL}",), True)
    (told,) = [each.error for each in during.results if not each.is_well]
    assert told == "ConnectionError: the link is down"


@pytest.mark.asyncio
async def test_readiness_asks_the_brokers_of_the_settings(run, stopped_clock):
    @placed
    async def bill(_number: int) -> None:
        pass

    async with run(bill, url="memory://readiness", components=stopped_clock.components) as running:
        context.enter(running.stage.components)
        checks = running.stage.components.get(Checks)
        exchange = memory.exchange_of(Connection(url="memory://readiness"))
        before = await checks.ready()
        exchange.go_away("it was switched off")
        await stopped_clock.advance(1)
        during, live = await checks.ready(), await checks.live()
        exchange.come_back()
        await stopped_clock.advance(1)
        after = await checks.ready()

    assert (before.is_well, live.is_well, after.is_well) == (True, True, True)
    assert during.failing == ("broker", f"messages {LABEL}")


@pytest.mark.asyncio
async def test_a_stage_whose_broker_is_away_stops_at_once(run):
    @placed
    async def bill(_number: int) -> None:
        pass

    async with run(bill, url="memory://away-at-the-end") as running:
        exchange = memory.exchange_of(Connection(url="memory://away-at-the-end"))
        exchange.go_away("it was switched off")
        running.stage.stop()
        await within(running.stage.lifecycle.wait_for(Phase.STOPPED))

    assert not running.stage.is_cut_short


@pytest.mark.asyncio
@pytest.mark.parametrize("ordered", [False, True])
async def test_a_stage_that_stops_does_not_wait_until_a_broker_that_is_away_can_be_told(
    module, caplog, ordered
):
    broker = ABroker()
    settling = asyncio.Event()

    @subscribe("orders.placed", group="billing", ordered=ordered)
    async def bill(_number: int) -> None:
        pass

    async def done():
        settling.set()
        await asyncio.Event().wait()

    delivery = broker.delivery()
    delivery.done = done
    stage = staged(module, broker, bill)

    async def play():
        broker.consumers[LABEL].offer(delivery)
        await within(settling.wait())
        broker.trouble = "the link is down"
        stage.stop()

    assert await ending(stage, play) is None
    assert not stage.is_cut_short
    assert "message.unsettled" in caplog.text


@pytest.mark.asyncio
async def test_without_subscriptions_nothing_keeps_the_stage_alive(module):
    async def work() -> str:
        return "done"

    async def prepare():
        yield work

    async with plugin.Stage("rostra_messaging", module(prepare)) as stage:
        results = await within(stage.run())

    assert results == [None, None, "done"]


@pytest.mark.asyncio
@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("steps", range(0, 40, 2))
async def test_cut_at_any_step_a_message_is_settled_once_or_not_at_all_and_its_queue_closed(
    module, ordered, steps
):
    broker = ABroker()

    @subscribe("orders.placed", group="billing", concurrency=2, prefetch=4, ordered=ordered)
    async def bill(number: int) -> None:
        await checkpoint()
        if number % 2:
            raise OSError("away")

    stage = staged(module, broker, bill)

    async def play():
        broker.consumers[LABEL].offer(
            *(broker.delivery(str(number), number, key=str(number % 3)) for number in range(6))
        )
        for _ in range(steps):
            await checkpoint()
        stage.stop_now()

    error = await ending(stage, play)

    assert error is None or isinstance(error, StopTimeoutError)
    ids = [id_ for id_, _ in broker.settled]
    assert len(ids) == len(set(ids))
    assert broker.journal[-1] == ("", f"{LABEL} closed")


@pytest.mark.asyncio
async def test_a_broker_that_breaks_its_word_fails_the_stage_and_nothing_is_swallowed(module):
    broker = ABroker()

    @placed
    async def bill(_number: int) -> None:
        pass

    stage = staged(module, broker, bill)
    delivery = broker.delivery()

    async def broken():
        raise RuntimeError("a fault of the transport")

    async def play():
        broker.consumers[LABEL].offer(delivery)

    delivery.done = broken
    group = await ending(stage, play)

    (error,) = group.exceptions
    assert str(error) == "a fault of the transport"


@pytest.mark.asyncio
async def test_what_is_loaded_while_the_stage_runs_is_consumed_from_then_on(run, module):
    loaders, seen = [], []

    @placed
    async def bill(_number: int) -> None:
        pass

    @subscribe("orders.billed", group="note")
    async def note(number: int) -> None:
        seen.append(number)

    async def prepare(load: plugin.Loader) -> None:
        loaders.append(load)

    async with run(bill, prepare) as running:
        await within(loaders[0](module(note)))
        checks = running.stage.components.get(Checks)
        async with asyncio.timeout(PATIENCE):
            while "messages note.orders.billed" not in {each.name for each in (await checks.ready()).results}:
                await checkpoint()
        for _ in range(20):
            await checkpoint()
        await running.publish("orders.billed", 5)
        ended = await running.endings.next()

    assert (seen, ended) == ([5], [("note.orders.billed", "done")])


@pytest.mark.asyncio
async def test_a_subscription_that_comes_where_nothing_is_consumed_is_an_error(run, module):
    loaders = []

    @subscribe("orders.billed", group="note")
    async def note(_number: int) -> None:
        pass

    async def work(cancel: plugin.Cancel) -> None:
        await cancel.wait()

    async def prepare(load: plugin.Loader):
        loaders.append(load)
        yield work

    async with run(prepare) as running:
        await within(running.stage.lifecycle.wait_for(Phase.RUNNING))
        for _ in range(20):
            await checkpoint()
        with pytest.raises(HandlerError, match="as note comes too late"):
            await within(loaders[0](module(note)))
