"""Brokers are opened beside everything else: nobody who stops waits for one, and each that is open is closed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from rostra import di, plugin
from rostra.health import Checks
from rostra.plugin import Phase
from rostra.testing import Journal, checkpoint
from rostra_messaging import BrokerConfig, MessagingConfig, Publisher, PublishError, subscribe
from rostra_messaging.opening import Opening, opening

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

    async def brokers(settings: MessagingConfig, checks: Checks) -> AsyncIterator[Opening]:
        async with opening(settings, checks, lambda _scheme, _name: connect) as found:
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
    async with opening(settings, Checks(), lambda _scheme, _name: connect) as found:
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
    async with opening(settings, Checks(), lambda _scheme, _name: connect) as found:
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
        async with opening(settings, Checks(), lambda _scheme, _name: connect) as found:
            await found.all()
            await asyncio.Event().wait()

    settings = MessagingConfig(brokers={"other": BrokerConfig("memory://")})
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(application())
        for _ in range(steps):
            await checkpoint()
        running.cancel()

    assert sorted(journal.closed) == sorted(journal.opened)
