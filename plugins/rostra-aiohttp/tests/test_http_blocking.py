"""A handler that keeps the loop from everything else is named in the log."""

import re
import time

import pytest

from rostra_aiohttp import get

pytestmark = pytest.mark.asyncio


async def test_a_handler_that_blocks_the_loop_is_named_in_the_log_once(serve, caplog):
    @get("/slow")
    async def slow() -> str:
        end = time.monotonic() + 20
        while "http.blocked" not in caplog.text and time.monotonic() < end:
            time.sleep(0.01)  # noqa: ASYNC251  (that is what it is about)
        return "done"

    @get("/quick")
    async def quick() -> str:
        return "done"

    async with serve(slow, quick, blocked_after="100ms") as served:
        assert await served.ask("GET", "/quick") == (200, "done")
        assert "http.blocked" not in caplog.text
        assert await served.ask("GET", "/slow") == (200, "done")

    lines = [line for line in caplog.text.splitlines() if "http.blocked" in line]
    assert len(lines) == 1
    assert "path=/slow" in lines[0]
    assert re.search(
        r"handler=.*handler slow, plugins/rostra-aiohttp/tests/test_http_blocking.py:\d+", lines[0]
    )
    assert re.search(r"where=\S+:\d+", lines[0])
