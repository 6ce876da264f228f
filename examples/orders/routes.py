"""How orders are reached over HTTP. Loading this module is enough: it has handlers."""

import asyncio

import attrs
from aiohttp import web

from rostra import config, di
from rostra_aiohttp import get, post
from rostra_messaging import Publisher

from .model import NewOrder, Order, State
from .storage import Orders


@attrs.frozen
class ShopConfig(config.Config, section="shop"):
    """How the shop presents itself."""

    name: str = "The corner shop"
    largest_quantity: int = 100


@get("/")
async def welcome(shop: ShopConfig) -> str:
    return f"Welcome to {shop.name}!\n"


@post("/orders", status=201)
async def place(new: NewOrder, shop: ShopConfig, orders: Orders, publisher: Publisher) -> Order:
    """Keep the order and tell everybody.

    What is published before the transaction has ended may be of an order that is taken back: whoever handles it looks
    the order up. What would be published afterwards, might never be.
    """
    if new.quantity > shop.largest_quantity:
        raise web.HTTPConflict(text=f"{shop.name} sells at most {shop.largest_quantity} at once")
    order = await orders.place(new)
    await publisher.publish("orders.placed", order)
    return order


@get("/orders")
async def listing(orders: Orders, state: State | None = None) -> list[Order]:
    return await orders.every(state)


@get("/orders/{number}")
async def show(number: int, orders: Orders) -> Order:
    order = await orders.get(number)
    if order is None:
        raise web.HTTPNotFound(text=f"there is no order {number}")
    return order


@post("/orders/{number}/payment")
async def pay(number: int, orders: Orders) -> Order:
    order = await orders.pay(number)
    if order is None:
        raise web.HTTPConflict(text=f"there is no open order {number}")
    return order


@get("/report")
async def report(orders: di.Lazy[Orders], seconds: float = 0.0) -> dict[str, int]:
    """How many orders are in which state; takes as long as it is told, as a real report would.

    The transaction is asked for when it is needed, so that the wait holds nobody up.
    """
    await asyncio.sleep(min(seconds, 60.0))
    kept = await (await orders()).every()
    return {state.value: sum(order.state is state for order in kept) for state in State}
