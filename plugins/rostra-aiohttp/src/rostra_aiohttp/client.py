"""A client session for the whole stage: ``aiohttp.ClientSession`` is built on first need, closed at the end.

A plugin of its own, for services that call others and serve nobody; ``rostra_aiohttp`` has the session, too.
"""

from rostra import di
from rostra_aiohttp import session


async def prepare() -> None:
    """Let the stage have the session."""
    di.register(session)
