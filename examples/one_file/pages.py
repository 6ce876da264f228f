"""What is answered. A component that has a name is found by a parameter of that name."""

from guestbook import Guestbook

from rostra_aiohttp import get


@get("/hello/{name}")
async def hello(name: str, guests: Guestbook) -> str:
    return guests.enter(name)


@get("/guests")
async def everybody(guests: Guestbook) -> list[str]:
    return list(guests.guests)
