import pytest
from orders.storage import Database

from rostra import di
from rostra.clock import Clock
from rostra.components import Components
from rostra.testing import ManualClock
from rostra_aiohttp.testing import Client
from rostra_messaging.testing import Messages

pytestmark = pytest.mark.rostra_plugins("orders")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def rostra_context(rostra_context: Components, clock: ManualClock) -> Components:
    rostra_context.add(clock, Clock)
    return rostra_context


async def test_an_order_that_is_placed_is_billed(http_server: Client, messages: Messages) -> None:
    placed = (await http_server.post("/orders", json={"item": "tea", "quantity": 2})).json()

    await messages.wait_handled("orders.placed")

    [message] = await messages.published("orders.placed")
    assert message.body == placed
    assert (await http_server.get("/bills")).json() == [{"number": placed["number"], "amount": 200}]


async def test_an_order_is_billed_once_though_the_message_comes_twice(
    http_server: Client, messages: Messages
) -> None:
    messages.redeliver()
    messages.duplicate()

    await http_server.post("/orders", json={"item": "cake"})
    await messages.wait_handled("orders.placed")

    assert [bill["amount"] for bill in (await http_server.get("/bills")).json()] == [100]


async def test_what_is_not_billed_is_dead_and_can_be_looked_at_and_tried_again(
    http_server: Client, messages: Messages
) -> None:
    await http_server.post("/orders", json={"item": "gold", "quantity": 6})
    await messages.wait_dead("billing.orders.placed")

    assert (await http_server.get("/bills/failed")).json() == [
        "order 1 costs 600, and 500 is the most, in try 1"
    ]
    assert (await http_server.post("/bills/failed/again")).json() == {"tried": 1}
    await messages.wait_dead("billing.orders.placed")
    assert (await http_server.get("/bills")).json() == []


async def test_an_order_that_is_not_kept_is_not_billed(http_server: Client, messages: Messages) -> None:
    await messages.publish(
        "orders.placed",
        {
            "number": 7,
            "item": "tea",
            "quantity": 1,
            "placed": "2030-01-01T00:00:00Z",
            "state": "open",
        },
    )

    [letter] = await messages.wait_dead("billing.orders.placed")

    assert letter.reason == "order 7 was taken back before it was kept"


async def test_while_the_database_fails_billing_is_tried_again_later(
    http_server: Client, messages: Messages, clock: ManualClock
) -> None:
    database = await di.nject(Database)
    await database.rows("alter table bills rename to lost")
    await http_server.post("/orders", json={"item": "tea"})
    await messages.wait_delayed()
    await database.rows("alter table lost rename to bills")

    await clock.advance(1)

    await messages.wait_handled("orders.placed")
    assert [bill["amount"] for bill in (await http_server.get("/bills")).json()] == [100]
