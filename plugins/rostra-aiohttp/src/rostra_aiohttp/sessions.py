"""How the client session of a stage is made: with the patience that its settings say."""

from contextlib import AbstractAsyncContextManager

import aiohttp

from rostra.clock import Clock
from rostra_aiohttp.settings import HttpClientConfig


def opened(settings: HttpClientConfig, clock: Clock) -> AbstractAsyncContextManager[aiohttp.ClientSession]:
    """A session, to be entered and left."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(
            total=settings.timeout or None, connect=settings.connect_timeout or None
        ),
        connector=aiohttp.TCPConnector(limit=settings.connections),
        cookie_jar=aiohttp.DummyCookieJar(),
        middlewares=_middlewares(settings, clock),
    )


def _middlewares(settings: HttpClientConfig, clock: Clock) -> tuple[aiohttp.ClientMiddlewareType, ...]:
    if not settings.retries:
        return ()
    from rostra_aiohttp.retrying import Retrying

    return (Retrying(settings.retries, settings.timeout, clock),)
