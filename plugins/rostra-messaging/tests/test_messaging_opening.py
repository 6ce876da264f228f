"""Brokers are opened beside everything else: nobody who stops waits for one, and each that is open is closed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from rostra import di, plugin
from rostra.health import Checks
from rostra.plugin import Phase
from rostra.testing import Journal, checkpoint
from rostra_messaging import (
    BrokerConfig,
    Connection,
    MessagingConfig,
    NoReplyError,
    Publisher,
    PublishError,
    memory,
    subscribe,
)
from rostra_messaging.opening import Opening, opening
from rostra_messaging.waits import GivenUpError, Waits

PATIENCE = 20.0


class ABroker:
    """One that is well, and does nothing."""

    trouble = None


async def within(awaitable):
    async with asyncio.timeout(PATIENCE):
        return await awaitable


def far_away(waiting, journal=None):
    """What opens brokers that do not answer."""

    @asynccontextmanager
    async def connect(connection):
        try:
            waiting.set()
            await asyncio.Event().wait()
            yield ABroker()
        finally:
            if journal is not None:
                journal.append(f"{connection.name} given up")

    async def brokers(
        settings: MessagingConfig, checks: Checks, lifecycle: plugin.Lifecycle
    ) -> AsyncIterator[Opening]:
        async with opening(settings, checks, lifecycle, lambda _scheme, _name: connect) as found:
            yield found

    async def prepare() -> None:
        di.register(brokers, lifetime="stage", replace=True)

    return prepare


@pytest.mark.asyncio
async def test_a_stage_that_waits_for_its_broker_stops_at_once_whoever_waits_with_it(module):
    waiting, journal = asyncio.Event(), []

    @subscribe("orders.placed", group="billing")
    async def bill(_number: int) -> None:
        pass

    async def place(publisher: Publisher, cancel: plugin.Cancel) -> None:
        journal.append("begun")
        await cancel.wait()

    async def prepare():
        yield place

    stage = plugin.Stage("rostra_messaging", far_away(waiting, journal), module(bill, prepare))
    async with stage:
        starting = asyncio.create_task(stage.start())
        await within(waiting.wait())
        for _ in range(20):
            await checkpoint()
        report = await stage.components.get(Checks).ready()
        stage.stop()
        await within(starting)
        await within(stage.lifecycle.wait_for(Phase.STOPPED))

    assert journal == ["begun", "default given up"]
    assert "broker" in report.failing
    assert not stage.is_cut_short


@pytest.mark.asyncio
async def test_what_is_published_to_a_broker_that_does_not_answer_is_not_stored_by_the_deadline(module):
    failed = []

    async def place(publisher: Publisher, cancel: plugin.Cancel) -> None:
        try:
            await publisher.publish("orders.placed", 1, deadline=0.05)
        except PublishError as error:
            failed.append(error)
        cancel.set()

    async def prepare():
        yield place

    stage = plugin.Stage("rostra_messaging", far_away(asyncio.Event()), module(prepare))
    async with stage:
        await within(stage.run())

    assert [(error.is_stored, error.reason) for error in failed] == [
        ("no", "the broker has not answered yet")
    ]


@pytest.mark.asyncio
async def test_brokers_are_closed_last_opened_first_and_after_who_was_built_with_a_publisher():
    journal = []

    @asynccontextmanager
    async def connect(connection):
        yield ABroker()
        journal.append(f"{connection.name} closed")

    settings = MessagingConfig(brokers={"other": BrokerConfig("memory://")})
    async with opening(settings, Checks(), plugin.Lifecycle(), lambda _scheme, _name: connect) as found:
        brokers = await found.all()
        journal.append([*brokers])

    assert journal == [["default", "other"], "other closed", "default closed"]


@pytest.mark.asyncio
async def test_a_broker_that_cannot_be_opened_says_why_to_all_who_want_it_and_the_others_are_closed():
    journal = []

    @asynccontextmanager
    async def connect(connection):
        if connection.name == "other":
            raise OSError("the password is wrong")
        yield ABroker()
        journal.append(f"{connection.name} closed")

    settings = MessagingConfig(brokers={"other": BrokerConfig("memory://")})
    async with opening(settings, Checks(), plugin.Lifecycle(), lambda _scheme, _name: connect) as found:
        for _ in range(2):
            with pytest.raises(OSError, match="the password is wrong"):
                await found.all()
        assert await found.broker() is not None

    assert journal == ["default closed"]


@pytest.mark.asyncio
@pytest.mark.parametrize("steps", range(12))
async def test_cut_at_any_step_every_broker_that_was_opened_is_closed(steps):
    journal = Journal()

    @asynccontextmanager
    async def connect(connection):
        with journal.held(connection.name):
            await checkpoint()
            yield ABroker()
            await checkpoint()

    async def application():
        async with opening(settings, Checks(), plugin.Lifecycle(), lambda _scheme, _name: connect) as found:
            await found.all()
            await asyncio.Event().wait()

    settings = MessagingConfig(brokers={"other": BrokerConfig("memory://")})
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(application())
        for _ in range(steps):
            await checkpoint()
        running.cancel()

    assert sorted(journal.closed) == sorted(journal.opened)


@pytest.mark.asyncio
async def test_when_the_stage_stops_nobody_waits_to_publish_where_no_broker_answers(module):
    waiting, failed = asyncio.Event(), []

    async def place(publisher: Publisher, cancel: plugin.Cancel) -> None:
        try:
            await publisher.publish("orders.placed", 1, deadline=600)
        except PublishError as error:
            failed.append(error)

    async def ask(publisher: Publisher, cancel: plugin.Cancel) -> None:
        try:
            await publisher.request("orders.placed", 1, deadline=600)
        except NoReplyError as error:
            failed.append(error)

    async def prepare():
        yield place
        yield ask

    stage = plugin.Stage("rostra_messaging", far_away(waiting), module(prepare))
    async with stage:
        starting = asyncio.create_task(stage.start())
        await within(waiting.wait())
        for _ in range(20):
            await checkpoint()
        stage.stop()
        await within(starting)
        await within(stage.lifecycle.wait_for(Phase.STOPPED))

    assert not stage.is_cut_short
    assert sorted((type(error).__name__, error.reason) for error in failed) == [
        ("NoReplyError", "the stage stops, and it has not answered yet"),
        ("PublishError", "the stage stops, and it has not answered yet"),
    ]


@pytest.mark.asyncio
async def test_a_handler_that_publishes_where_the_broker_is_away_does_not_hold_up_the_end(run):
    handling, failed = asyncio.Event(), []
    exchange = memory.exchange_of(Connection(url="memory://publishing-at-the-end"))

    @subscribe("orders.placed", group="billing")
    async def bill(number: int, publisher: Publisher) -> None:
        exchange.go_away("it was switched off")
        handling.set()
        try:
            await publisher.publish("orders.placed", number, deadline=600)
        except PublishError as error:
            failed.append(error)
            raise

    async with run(bill, url="memory://publishing-at-the-end") as running:
        await running.publish("orders.placed", 1)
        await within(handling.wait())
        running.stage.stop()
        await within(running.stage.lifecycle.wait_for(Phase.STOPPED))

    assert not running.stage.is_cut_short
    assert [(error.is_stored, error.reason) for error in failed] == [
        ("perhaps", "the stage stops, and it was switched off")
    ]


@pytest.mark.asyncio
async def test_who_is_cancelled_by_somebody_else_while_it_is_given_up_is_cancelled():
    waits, stuck, go_on = Waits(), asyncio.Event(), asyncio.Event()

    async def stubborn():
        try:
            await asyncio.Event().wait()
        finally:
            stuck.set()
            await go_on.wait()

    task = asyncio.create_task(waits.bound("default", stubborn()))
    await checkpoint()
    waits.give_up("other", "it is away")
    waits.give_up("default", "it is away")
    waits.give_up("default", "it is away")
    await stuck.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert task.cancelling() == 1


@pytest.mark.asyncio
async def test_a_wait_within_a_wait_is_given_up_once():
    waits = Waits()

    async def inner():
        with pytest.raises(GivenUpError):
            await waits.bound("default", asyncio.Event().wait())
        return "went on"

    task = asyncio.create_task(waits.bound("default", inner()))
    for _ in range(3):
        await checkpoint()
    waits.give_up("default", "it is away")

    assert await task == "went on"
    assert task.cancelling() == 0
