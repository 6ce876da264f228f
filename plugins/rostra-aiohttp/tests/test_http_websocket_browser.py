"""Web sockets and static files with a real browser; without chromium these tests are skipped, and say so."""

import asyncio
import json
import os
import shutil
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from yarl import URL

from rostra_aiohttp.static import static
from rostra_aiohttp.websockets import WebSocket, websocket

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.skipif(CHROMIUM is None, reason="THE BROWSER IS NOT TESTED: there is no chromium"),
]

PATIENCE = 60.0
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip

PAGE = """<!doctype html><script>
const asked = new URLSearchParams(location.search);
const seen = [];
function report(what) { fetch(asked.get("report"), {method: "POST", mode: "no-cors", body: JSON.stringify(what)}); }
const socket = new WebSocket(asked.get("socket"), ["echo.v1"]);
socket.binaryType = "arraybuffer";
socket.onopen = () => {
  for (const message of JSON.parse(asked.get("say"))) socket.send(message.repeat(asked.get("times")));
  socket.send(new Uint8Array([0, 1, 255]));
};
socket.onmessage = (event) => {
  seen.push(typeof event.data === "string" ? event.data : [...new Uint8Array(event.data)]);
  report({seen, protocol: socket.protocol});
};
socket.onclose = (event) => report({seen, code: event.code, reason: event.reason, clean: event.wasClean});
</script>
"""


@websocket("/echo", protocols=["echo.v1"], largest=100_000)
async def echo(socket: WebSocket) -> None:
    async for message in socket:
        await socket.send(message)


class Reports:
    """What the page tells, on a server of its own, which survives the stage; it is another origin, too."""

    def __init__(self) -> None:
        self.url = ""
        self.came: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def take(self, request: web.Request) -> web.Response:
        self.came.put_nowait(json.loads(await request.text()))
        return web.Response()

    async def page(self, _: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def until(self, is_it: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            while not is_it(report := await self.came.get()):
                pass
        return report


@pytest_asyncio.fixture
async def reports() -> AsyncIterator[Reports]:
    reports = Reports()
    application = web.Application()
    application.router.add_post("/", reports.take)
    application.router.add_get("/page.html", reports.page)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    reports.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield reports
    await runner.cleanup()


@pytest.fixture
def served(serve, tmp_path: Path) -> AbstractAsyncContextManager[Any]:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages/page.html").write_text(PAGE)

    async def prepare() -> None:
        static("/", tmp_path / "pages")

    return serve(echo, prepare)


@asynccontextmanager
async def browsing(
    tmp_path: Path, page: str, url: str, reports: Reports, *say: str, times: int = 1
) -> AsyncIterator[None]:
    """A browser at the page, which is killed afterwards, with all its processes."""
    socket = f"{url.replace('http', 'ws', 1)}/echo"
    target = URL(page).with_query(
        {"socket": socket, "report": reports.url, "say": json.dumps(say), "times": times}
    )
    browser = await asyncio.create_subprocess_exec(
        str(CHROMIUM), *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--remote-debugging-port=0", str(target),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        yield
    finally:
        os.killpg(browser.pid, signal.SIGKILL)
        await browser.wait()


async def test_a_browser_says_and_hears_texts_and_bytes_and_the_end_of_the_service(served, reports, tmp_path):
    async with AsyncExitStack() as browsers:
        async with served as stage:
            browser = browsing(tmp_path, f"{stage.url}/page.html", stage.url, reports, "hello", "☃")
            await browsers.enter_async_context(browser)
            said = await reports.until(lambda report: len(report["seen"]) == 3)
            begun = time.monotonic()
        took = time.monotonic() - begun
        closed = await reports.until(lambda report: "code" in report)

    assert said == {"seen": ["hello", "☃", [0, 1, 255]], "protocol": "echo.v1"}
    assert (closed["code"], closed["reason"], closed["clean"]) == (1001, "the service stops", True)
    assert took < 3.0, "its answer is heard, for which the server would have waited as long"


async def test_a_browser_on_a_page_of_another_origin_is_refused(served, reports, tmp_path):
    async with served as stage, browsing(tmp_path, f"{reports.url}/page.html", stage.url, reports, "steal"):
        refused = await reports.until(lambda report: "code" in report)

    assert (refused["seen"], refused["code"]) == ([], 1006)


@pytest.mark.parametrize("times", [100_001, 3_000_000])
async def test_a_browser_hears_that_its_message_is_too_large(served, reports, tmp_path, times):
    async with (
        served as stage,
        browsing(tmp_path, f"{stage.url}/page.html", stage.url, reports, "a", times=times),
    ):
        closed = await reports.until(lambda report: "code" in report)

    assert (closed["seen"], closed["code"]) == ([], 1009)
