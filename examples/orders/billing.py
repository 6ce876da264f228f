"""How orders are billed: by whoever gets the message that one was placed, once, whatever happens meanwhile.

The message may come twice, and long after the order was answered. It is tried again when the database fails, say; what
no further try would mend is rejected, and can be looked at under ``/bills/failed``.
"""

import attrs

from rostra import config, log
from rostra_aiohttp import get, post
from rostra_messaging import Brokers, Reject, Retry, subscribe

from .model import Bill, Order
from .storage import Orders

_log = log.get(__name__)

_QUEUE = "billing.orders.placed"


@attrs.frozen
class BillingConfig(config.Config, section="billing"):
    """What things cost."""

    price: int = 350
    """Of anything, in cents."""
    largest_amount: int = 20_000
    """That is billed without asking."""


@subscribe("orders.placed", group="billing", retry=Retry(delays=(1, 10, 60)))
async def bill(placed: Order, orders: Orders, settings: BillingConfig) -> None:
    order = await orders.get(placed.number)
    if order is None:
        raise Reject(f"order {placed.number} was taken back before it was kept")
    amount = order.quantity * settings.price
    if amount > settings.largest_amount:
        raise Reject(f"order {order.number} costs {amount}, and {settings.largest_amount} is the most")
    if await orders.bill(Bill(order.number, amount)):
        _log.info("order.billed", number=order.number, amount=amount)


@get("/bills")
async def bills(orders: Orders) -> list[Bill]:
    return await orders.bills()


@get("/bills/failed")
async def failed(brokers: Brokers) -> list[str]:
    """Why orders could not be billed."""
    letters = await brokers.get().dead_letters(_QUEUE).list()
    return [f"{letter.reason}, in try {letter.parcel.attempt}" for letter in letters]


@post("/bills/failed/again")
async def again(brokers: Brokers) -> dict[str, int]:
    """Try those again that could not be billed."""
    return {"tried": await brokers.get().dead_letters(_QUEUE).replay()}
