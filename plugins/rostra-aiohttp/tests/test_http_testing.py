"""The fixtures for tests of handlers, as a project of its own uses them."""

import pytest

pytest_plugins = ["pytester"]

SERVICE = """
    from aiohttp import web
    from rostra_aiohttp import get, post, request_id

    @get("/who/{name}")
    async def who(name: str, request: web.Request) -> list[str | None]:
        return [name, request.remote]

    @post("/numbers")
    async def numbers(numbers: list[int]) -> int:
        return sum(numbers)
"""
CONFTEST = """
    import pytest
    from rostra_aiohttp.testing import http_client, http_server

    @pytest.fixture
    def rostra_config_source():
        return {"http": {"port": 0}}
"""
HEAD = """
import pytest
from rostra_aiohttp import Address
from rostra_aiohttp.testing import Client
pytestmark = pytest.mark.rostra_plugins("service")
"""


@pytest.fixture
def passes(pytester: pytest.Pytester):
    """Says that a test with this body passes, warnings being errors."""

    def passed(test: str) -> None:
        pytester.makepyfile(service=SERVICE, conftest=CONFTEST, test_service=HEAD + test)
        pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = error\n")
        pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)

    return passed


def test_handlers_are_asked_in_process_without_a_port(passes):
    passes("""
async def test(http_client: Client, rostra_stage):
    answer = await http_client.get("/who/ann")
    assert (answer.status, answer.json(), answer.text) == (200, ["ann", ""], '["ann",""]')
    assert answer.headers["x-request-id"]
    assert (await http_client.post("/numbers", json=[1, 2])).json() == 3
    assert (await http_client.post("/numbers", json=["a"])).status == 422
    assert (await http_client.delete("/numbers")).status == 405
    assert (await http_client.get("/readyz")).status == 503
    assert rostra_stage.components.get(Address, default=None) is None
""")


def test_a_running_stage_is_asked_over_the_network(passes):
    passes("""
async def test(http_server: Client, http_client: Client):
    for client in (http_server, http_client):
        assert (await client.get("/who/ann")).json() == ["ann", "127.0.0.1"]
    assert (await http_server.get("/readyz")).status == 200
""")


def test_streams_and_the_like_are_read_by_the_session_beneath(passes):
    passes("""
async def test(http_client: Client):
    session = await http_client.session()
    async with session.get("/who/ann") as answer:
        assert await answer.content.read(1) == b"["
""")


def test_a_test_may_share_the_loop_of_its_module(passes):
    passes("""
@pytest.mark.asyncio(loop_scope="module")
async def test(http_client: Client):
    assert (await http_client.get("/nothing")).status == 404
""")
