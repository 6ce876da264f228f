from datetime import datetime, timedelta
from typing import Any

import pytest
from aiohttp import ClientSession
from orders.model import NewOrder, State
from orders.storage import Orders

from rostra import context, di, plugin
from rostra.clock import Clock
from rostra.components import Components
from rostra.testing import ManualClock
from rostra_aiohttp import Address

pytestmark = pytest.mark.rostra_plugins("orders")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def rostra_context(rostra_context: Components, clock: ManualClock) -> Components:
    """The layer below the stage's, with a clock that moves when told."""
    rostra_context.add(clock, Clock)
    return rostra_context


async def asked(method: str, path: str, **options: Any) -> tuple[int, Any]:
    """The status and the body of an answer of the running service."""
    session = await di.nject(ClientSession)
    async with session.request(method, context.get(Address).url + path, **options) as answer:
        return answer.status, await (answer.json() if "json" in answer.content_type else answer.text())


async def test_an_order_is_kept_when_its_scope_ends_well() -> None:
    async with di.scope():
        placed = await (await di.nject(Orders)).place(NewOrder("tea", 2))

    async with di.scope():
        assert await (await di.nject(Orders)).get(placed.number) == placed


async def test_an_order_is_forgotten_when_its_scope_fails() -> None:
    async def placing_in_vain() -> None:
        async with di.scope():
            await (await di.nject(Orders)).place(NewOrder("tea", 2))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await placing_in_vain()

    async with di.scope():
        assert await (await di.nject(Orders)).every() == []


async def test_an_order_is_placed_shown_and_paid_over_http(rostra_run: plugin.Stage) -> None:
    status, placed = await asked("POST", "/orders", json={"item": "tea", "quantity": 2})

    assert status == 201
    assert await asked("GET", f"/orders/{placed['number']}") == (200, placed)
    assert await asked("POST", f"/orders/{placed['number']}/payment") == (200, placed | {"state": "paid"})
    assert await asked("GET", "/orders?state=open") == (200, [])
    assert await asked("GET", "/report") == (200, {"open": 0, "paid": 1, "expired": 0})


async def test_a_wrong_order_is_answered_with_all_that_is_wrong(rostra_run: plugin.Stage) -> None:
    status, problem = await asked("POST", "/orders", json={"item": "", "quantity": "two"})

    assert status == 422
    assert [fault["pointer"] for fault in problem["errors"]] == ["#/quantity", "#/item"]


async def test_a_setting_bounds_what_is_sold(rostra_run: plugin.Stage) -> None:
    status, problem = await asked("POST", "/orders", json={"item": "tea", "quantity": 11})

    assert status == 409
    assert problem["detail"] == "The test shop sells at most 10 at once"


async def test_an_order_that_there_is_not_is_not_found(rostra_run: plugin.Stage) -> None:
    for number in (1, 10**30):
        status, problem = await asked("GET", f"/orders/{number}")

        assert status == 404
        assert problem["detail"] == f"there is no order {number}"


async def test_an_order_that_nobody_pays_expires(clock: ManualClock, rostra_run: plugin.Stage) -> None:
    _, placed = await asked("POST", "/orders", json={"item": "tea"})
    assert datetime.fromisoformat(placed["placed"]) == clock.now()

    for passing in (timedelta(minutes=30), timedelta(minutes=1)):
        await clock.wait_for_sleepers()
        await clock.advance(passing.total_seconds())

    await clock.wait_for_sleepers()
    async with di.scope():
        assert [order.number for order in await (await di.nject(Orders)).every(State.EXPIRED)] == [
            placed["number"]
        ]


async def test_the_stage_stops_in_order(rostra_run: plugin.Stage) -> None:
    rostra_run.stop()

    assert await rostra_run.lifecycle.wait_for(plugin.Phase.STOPPED) is plugin.Phase.STOPPED
