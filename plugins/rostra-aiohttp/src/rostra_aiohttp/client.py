"""A client session for the whole stage: ``aiohttp.ClientSession`` is built on first need, closed at the end.

A plugin of its own, for services that call others and serve nobody; ``rostra_aiohttp`` loads it.
"""

from collections.abc import AsyncIterator

import aiohttp

from rostra import di
from rostra_aiohttp.settings import HttpClientConfig


@di.adapter(lifetime="stage")
async def session(settings: HttpClientConfig) -> AsyncIterator[aiohttp.ClientSession]:
    """The session that all share. Its timeouts are sane ones, where aiohttp's own are five minutes."""
    timeout = aiohttp.ClientTimeout(
        total=settings.timeout or None,
        connect=settings.connect_timeout or None,
        sock_read=settings.timeout or None,
    )
    connector = aiohttp.TCPConnector(limit=settings.connections)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as opened:
        yield opened
