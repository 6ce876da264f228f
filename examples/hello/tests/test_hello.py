import pytest
from aiohttp import ClientSession

from rostra import context, di, plugin
from rostra_aiohttp import Address


@pytest.fixture
def rostra_config_source() -> dict[str, dict[str, int]]:
    return {"http": {"port": 0}}


@pytest.mark.rostra_plugins("hello.hello")
async def test_the_six_lines_greet_whom_the_path_names(rostra_run: plugin.Stage) -> None:
    session = await di.nject(ClientSession)

    async with session.get(f"{context.get(Address).url}/hello/world") as answer:
        assert await answer.text() == "Hello, world!\n"
