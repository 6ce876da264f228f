"""A client session for the whole stage: ``aiohttp.ClientSession`` is built on first need, closed at the end.

A plugin of its own, for services that call others and serve nobody; ``rostra_aiohttp`` loads it.
"""

from collections.abc import AsyncIterator

import aiohttp

from rostra import di
from rostra_aiohttp.settings import HttpClientConfig


@di.adapter(lifetime="stage")
async def session(settings: HttpClientConfig) -> AsyncIterator[aiohttp.ClientSession]:
    """The session that all share: it keeps no cookies, and its timeouts are seconds, where aiohttp's are minutes."""
    timeout = aiohttp.ClientTimeout(total=settings.timeout or None, connect=settings.connect_timeout or None)
    connector = aiohttp.TCPConnector(limit=settings.connections)
    cookies = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(timeout=timeout, connector=connector, cookie_jar=cookies) as opened:
        yield opened
