"""A client session for the whole stage: ``aiohttp.ClientSession`` is built on first need, closed at the end.

A plugin of its own, for services that call others and serve nobody; ``rostra_aiohttp`` loads it.
"""

from collections.abc import AsyncIterator

import aiohttp

from rostra import di
from rostra.clock import Clock
from rostra_aiohttp.settings import HttpClientConfig


@di.adapter(lifetime="stage")
async def session(settings: HttpClientConfig, clock: Clock) -> AsyncIterator[aiohttp.ClientSession]:
    """The session that all share: it keeps no cookies, and its timeouts are seconds, where aiohttp's are minutes.

    What may come twice is sent again if nobody could answer; see ``rostra_aiohttp.retrying``.
    """
    timeout = aiohttp.ClientTimeout(total=settings.timeout or None, connect=settings.connect_timeout or None)
    connector = aiohttp.TCPConnector(limit=settings.connections)
    cookies = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(
        timeout=timeout, connector=connector, cookie_jar=cookies, middlewares=_middlewares(settings, clock)
    ) as opened:
        yield opened


def _middlewares(settings: HttpClientConfig, clock: Clock) -> tuple[aiohttp.ClientMiddlewareType, ...]:
    if not settings.retries:
        return ()
    from rostra_aiohttp.retrying import Retrying

    return (Retrying(settings.retries, settings.timeout, clock),)
