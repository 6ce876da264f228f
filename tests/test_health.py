"""Checks: what they find, how often they are asked, and what a report says."""

import asyncio
import logging
import weakref

import pytest

from rostra import context
from rostra.clock import Clock, ManualClock
from rostra.errors import CheckNameError
from rostra.health import STAGE, Checks


class Database:
    """Counts how often it is asked, and is well or not as told."""

    def __init__(self) -> None:
        self.asked = 0
        self.error: Exception | None = None

    async def answers(self) -> None:
        self.asked += 1
        if self.error is not None:
            raise self.error


@pytest.mark.asyncio
async def test_a_stage_without_checks_is_well():
    checks = Checks(clock=ManualClock())

    assert (await checks.ready()).is_well
    assert (await checks.startup()).is_well
    assert (await checks.live()).is_well


@pytest.mark.asyncio
async def test_a_check_that_raises_is_named_with_the_first_line_of_its_error():
    checks, database = Checks(clock=ManualClock()), Database()
    checks.add("database", database.answers)
    checks.add("cache", lambda: None)
    database.error = ConnectionError("no route to db1\npassword=hunter2")

    report = await checks.ready()

    assert not report.is_well
    assert report.failing == ("database",)
    assert [(result.name, result.error) for result in report.results] == [
        ("database", "ConnectionError: no route to db1"),
        ("cache", None),
    ]


@pytest.mark.asyncio
@pytest.mark.parametrize(("answer", "is_well"), [(False, False), (True, True), (None, True), (0, True)])
async def test_a_check_may_also_say_no(answer, is_well):
    checks = Checks(clock=ManualClock())
    checks.add("switch", lambda: answer)

    assert (await checks.ready()).is_well is is_well


@pytest.mark.asyncio
async def test_an_answer_is_good_for_as_long_as_the_check_says():
    clock, database = ManualClock(), Database()
    checks = Checks(clock=clock)
    checks.add("database", database.answers, every=5)

    await checks.ready()
    await clock.advance(4.9)
    await checks.ready()
    asked_within = database.asked
    await clock.advance(0.1)
    await checks.ready()

    assert (asked_within, database.asked) == (1, 2)


@pytest.mark.asyncio
async def test_the_clock_is_that_of_the_context():
    clock, database = ManualClock(), Database()
    checks = Checks()
    checks.add("database", database.answers, every=5)

    with context.child() as layer:
        layer.add(clock, Clock)
        await checks.ready()
        await clock.advance(5)
        await checks.ready()

    assert database.asked == 2


@pytest.mark.asyncio
async def test_a_report_says_how_long_ago_a_check_was_well():
    clock, database = ManualClock(), Database()
    checks = Checks(clock=clock)
    checks.add("database", database.answers, every=0)
    checks.add("never", lambda: False)

    await checks.ready()
    database.error = OSError()
    await clock.advance(7)
    report = await checks.ready()

    assert [(result.error, result.since_success) for result in report.results] == [
        ("OSError", 7.0),
        ("it says no", None),
    ]


@pytest.mark.asyncio
async def test_those_who_ask_at_a_time_share_one_answer():
    checks, answer, asked = Checks(clock=ManualClock()), asyncio.Event(), 0

    async def slow() -> None:
        nonlocal asked
        asked += 1
        await answer.wait()

    checks.add("slow", slow)
    async with asyncio.TaskGroup() as group:
        asking = [group.create_task(checks.ready()) for _ in range(10)]
        await asyncio.sleep(0)
        answer.set()

    assert asked == 1
    assert all(task.result().is_well for task in asking)


@pytest.mark.asyncio
async def test_one_who_gives_up_asking_spoils_it_for_nobody():
    checks, asked = Checks(clock=ManualClock()), asyncio.Queue()
    answer = asyncio.Event()

    async def slow() -> None:
        asked.put_nowait(None)
        await answer.wait()

    checks.add("slow", slow)
    first, second = asyncio.create_task(checks.ready()), asyncio.create_task(checks.ready())
    await asked.get()
    first.cancel()
    await asyncio.wait([first])
    await asked.get()
    answer.set()

    assert (await second).is_well


@pytest.mark.asyncio
async def test_a_check_that_does_not_answer_in_time_has_failed():
    checks = Checks(clock=ManualClock(), timeout=0.01)
    checks.add("stalled", asyncio.Event().wait)

    report = await checks.ready()

    assert report.results[0].error == "no answer within 0.01 s"


@pytest.mark.asyncio
async def test_a_timeout_of_the_checks_own_is_its_own_error():
    checks, database = Checks(clock=ManualClock()), Database()
    checks.add("database", database.answers)
    database.error = TimeoutError("connecting took too long")

    report = await checks.ready()

    assert report.results[0].error == "TimeoutError: connecting took too long"


@pytest.mark.asyncio
async def test_a_check_that_ends_cancelled_though_nobody_cancelled_it_has_failed():
    checks = Checks(clock=ManualClock())

    async def lost() -> None:
        raise asyncio.CancelledError

    checks.add("broker", lost)

    report = await checks.ready()

    assert report.results[0].error == "it was cancelled, though nobody cancelled it"


@pytest.mark.asyncio
async def test_startup_asks_only_the_stage_and_liveness_asks_nobody():
    checks, database, running = Checks(clock=ManualClock()), Database(), False
    checks.add("database", database.answers)
    checks.add(STAGE, lambda: running, every=0)

    before = await checks.startup()
    running = True
    after = await checks.startup()

    assert (before.failing, after.failing) == ((STAGE,), ())
    assert (await checks.live()).results == ()
    assert database.asked == 0


@pytest.mark.asyncio
async def test_a_change_is_logged_once(caplog):
    caplog.set_level(logging.INFO)
    checks, database = Checks(clock=ManualClock()), Database()
    checks.add("database", database.answers, every=0)

    for error in (None, OSError("gone"), OSError("gone"), None, None):
        database.error = error
        await checks.ready()

    assert caplog.messages == [
        "health.failed check=database error='OSError: gone'",
        "health.recovered check=database",
    ]


def test_two_checks_of_one_name_are_an_error_that_names_both_places():
    checks = Checks()
    checks.add("database", lambda: None)

    with pytest.raises(CheckNameError) as caught:
        checks.add("database", lambda: None)

    assert caught.value.name == "database"
    assert "test_health.py:" in caught.value.first
    assert caught.value.first != caught.value.second


@pytest.mark.asyncio
async def test_a_check_can_be_removed():
    checks = Checks(clock=ManualClock())
    checks.add("database", lambda: False)

    checks.remove("database")
    checks.remove("database")

    assert (await checks.ready()).is_well


@pytest.mark.asyncio
async def test_a_check_that_was_removed_is_let_go_with_the_next_question():
    checks, database = Checks(clock=ManualClock()), Database()
    checks.add("database", database.answers)
    await checks.ready()
    gone = weakref.ref(database)

    checks.remove("database")
    del database
    await checks.ready()

    assert gone() is None
