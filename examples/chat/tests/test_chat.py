"""The chat of the documentation, with clients and with a browser."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from rostra import plugin
from rostra_aiohttp import Address

pytestmark = pytest.mark.asyncio

PATIENCE = 60.0
CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest_asyncio.fixture
async def url() -> AsyncIterator[str]:
    async with plugin.Stage("chat.chat", config={"http": {"port": 0}}) as stage:
        await stage.start()
        yield stage.components.get(Address).url


async def test_what_one_says_all_in_the_room_hear_and_nobody_else(url: str) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{url}/chat/green?name=ann") as ann,
        session.ws_connect(f"{url}/chat/green?name=bob") as bob,
        session.ws_connect(f"{url}/chat/red?name=eve") as eve,
    ):
        await ann.send_json({"text": "hello"})
        await eve.send_json({"text": "alone"})

        assert await ann.receive_json() == await bob.receive_json() == {"name": "ann", "text": "hello"}
        assert await eve.receive_json() == {"name": "eve", "text": "alone"}


async def test_who_says_nothing_is_told_and_stays(url: str) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{url}/chat/green?name=ann") as ann:
        await ann.send_json({"text": ""})
        assert (await ann.receive_json())["errors"][0]["pointer"] == "#/text"

        await ann.send_json({"text": "hello"})
        assert (await ann.receive_json())["text"] == "hello"


@pytest.mark.skipif(CHROMIUM is None, reason="THE BROWSER IS NOT TESTED: there is no chromium")
async def test_a_browser_opens_the_page_and_joins(url: str, tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{url}/chat/green?name=bob") as bob:
        page = f"{url}/?room=green&name=ann"
        browser = await asyncio.create_subprocess_exec(
            str(CHROMIUM), *FLAGS, f"--user-data-dir={tmp_path}", "--remote-debugging-port=0", page,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            heard = await asyncio.wait_for(bob.receive_json(), PATIENCE)
        finally:
            os.killpg(browser.pid, signal.SIGKILL)
            await browser.wait()

    assert heard == {"name": "ann", "text": "is here"}
