import attrs

from rostra_aiohttp import post


@attrs.frozen
class Order:
    item: str


@attrs.frozen
class Note:
    text: str


@post("/orders")
async def place(order: Order, note: Note) -> None: ...
