"""The client session, and the plugin that gives nothing else."""

import aiohttp
import pytest

from rostra import context, di, plugin
from rostra_aiohttp import Address, get

pytestmark = pytest.mark.asyncio


async def test_the_client_session_is_a_component_with_timeouts_of_seconds(serve):
    @get("/self")
    async def timeouts(session: aiohttp.ClientSession) -> list[float | None]:
        return [session.timeout.total, session.timeout.connect]

    async with serve(timeouts) as served:
        assert await served.ask("GET", "/self") == (200, [30.0, 5.0])


async def test_the_session_is_one_for_the_stage_keeps_no_cookies_and_is_closed_at_the_end():
    async with plugin.Stage("rostra_aiohttp.client") as stage:
        with context.use(stage.components):
            session, again = await di.nject(aiohttp.ClientSession), await di.nject(aiohttp.ClientSession)
        session.cookie_jar.update_cookies({"user": "u1"})

        assert session is again
        assert list(session.cookie_jar) == []
        assert not session.closed
    assert session.closed


async def test_who_only_calls_others_serves_nobody():
    config = {"http_client": {"timeout": "1m", "connections": 3, "connect_timeout": 0}}

    async with plugin.Stage("rostra_aiohttp.client", config=config) as stage:
        await stage.start()
        with context.use(stage.components):
            session = await di.nject(aiohttp.ClientSession)

    assert stage.components.get(Address, default=None) is None
    assert (session.timeout.total, session.timeout.connect) == (60.0, None)
