"""A browser for tests: chromium without a window, driven by its own protocol.

Source: https://chromedevtools.github.io/devtools-protocol/
"""

import asyncio
import base64
import itertools
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import attrs
import pytest

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needed = pytest.mark.skipif(
    PROGRAM is None, reason="there is no chromium on this machine, and the page was NOT tried"
)
_OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--remote-debugging-port=0", "--window-size=1000,1400",
)  # fmt: skip
_PATIENCE = 60.0
"""Seconds for a busy machine."""


@attrs.define(eq=False)
class Tab:
    """One page of the browser.

    Args:
        socket: To its tab.
        complaints: What stood in its console: errors of scripts, and what its policy refused.
    """

    socket: aiohttp.ClientWebSocketResponse
    complaints: list[str] = attrs.field(factory=list)
    _numbers: Any = attrs.field(factory=lambda: itertools.count(1))

    async def ask(self, method: str, **parameters: Any) -> Any:
        """Call a method of the protocol."""
        number = next(self._numbers)
        await self.socket.send_json({"id": number, "method": method, "params": parameters})
        async with asyncio.timeout(_PATIENCE):
            while True:
                said = await self.socket.receive_json()
                self._note(said)
                if said.get("id") == number:
                    assert "error" not in said, said
                    return said["result"]

    async def open(self, url: str) -> None:
        """Go there."""
        for domain in ("Page", "Runtime", "Log", "Network"):
            await self.ask(f"{domain}.enable")
        await self.ask("Page.navigate", url=url)

    async def run(self, script: str) -> Any:
        """What an expression gives; a promise is awaited."""
        made = await self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in made, made
        return made["result"].get("value")

    async def until(self, condition: str) -> Any:
        """Wait until an expression is true: asked again with each frame that the page draws."""
        script = f"""new Promise((done, failed) => {{
            const began = Date.now();
            const look = () => {{
                let found = null;
                try {{ found = {condition}; }} catch (error) {{ found = null; }}
                if (found) done(found);
                else if (Date.now() - began > {_PATIENCE * 500}) failed(new Error(document.body.innerText));
                else setTimeout(look, 20);
            }};
            look();
        }})"""
        return await self.run(script)

    async def press(self, key: str, code: int, text: str = "") -> None:
        """Press a key, and let it go."""
        for kind in ("keyDown", "keyUp"):
            said = {"text": text} if text and kind == "keyDown" else {}
            await self.ask("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **said)

    async def picture(self, file: Path) -> None:
        """Save what is seen."""
        made = await self.ask("Page.captureScreenshot", format="png")
        file.write_bytes(base64.b64decode(made["data"]))  # noqa: ASYNC240

    def _note(self, said: dict[str, Any]) -> None:
        method, parameters = said.get("method"), said.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.complaints.append(str(parameters["exceptionDetails"]))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.complaints.append(str(parameters["entry"]))


@asynccontextmanager
async def tab(folder: Path) -> AsyncIterator[Tab]:
    """A browser with one empty tab, whose files are kept in ``folder``."""
    assert PROGRAM is not None
    process = await asyncio.create_subprocess_exec(
        PROGRAM, *_OPTIONS, f"--user-data-dir={folder}", "about:blank",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        port = await _port(process)
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                pages = [each for each in await answer.json(content_type=None) if each["type"] == "page"]
            async with session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                yield Tab(socket)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def _port(process: asyncio.subprocess.Process) -> str:
    """Where it listens for its tabs; it says so when it does."""
    assert process.stderr is not None
    async with asyncio.timeout(_PATIENCE):
        while line := (await process.stderr.readline()).decode():
            if "DevTools listening on ws://" in line:
                return line.partition("ws://")[2].partition("/")[0].rpartition(":")[2]
    msg = "chromium ended before it listened"
    raise RuntimeError(msg)
