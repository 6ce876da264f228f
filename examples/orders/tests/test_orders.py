from datetime import datetime, timedelta

import pytest
from orders.model import NewOrder, State
from orders.storage import Orders

from rostra import di, plugin
from rostra.clock import Clock
from rostra.components import Components
from rostra.testing import ManualClock
from rostra_aiohttp.testing import Client

pytestmark = pytest.mark.rostra_plugins("orders")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def rostra_context(rostra_context: Components, clock: ManualClock) -> Components:
    """The layer below the stage's, with a clock that moves when told."""
    rostra_context.add(clock, Clock)
    return rostra_context


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


async def test_an_order_is_placed_shown_and_paid_over_http(http_server: Client) -> None:
    answer = await http_server.post("/orders", json={"item": "tea", "quantity": 2})

    placed = answer.json()
    paid = placed | {"state": "paid"}
    assert answer.status == 201
    assert (await http_server.get(f"/orders/{placed['number']}")).json() == placed
    assert (await http_server.post(f"/orders/{placed['number']}/payment")).json() == paid
    assert (await http_server.get("/orders?state=open")).json() == []
    assert (await http_server.get("/report")).json() == {"open": 0, "paid": 1, "expired": 0}


async def test_a_wrong_order_is_answered_with_all_that_is_wrong(http_client: Client) -> None:
    answer = await http_client.post("/orders", json={"item": "", "quantity": "two"})

    assert answer.status == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["#/quantity", "#/item"]


async def test_a_setting_bounds_what_is_sold(http_client: Client) -> None:
    answer = await http_client.post("/orders", json={"item": "tea", "quantity": 11})

    assert answer.status == 409
    assert answer.json()["detail"] == "The test shop sells at most 10 at once"


async def test_an_order_that_there_is_not_is_not_found(http_client: Client) -> None:
    for number in (1, 10**30):
        answer = await http_client.get(f"/orders/{number}")

        assert answer.status == 404
        assert answer.json()["detail"] == f"there is no order {number}"


async def test_an_order_that_nobody_pays_expires(clock: ManualClock, http_server: Client) -> None:
    placed = (await http_server.post("/orders", json={"item": "tea"})).json()
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
