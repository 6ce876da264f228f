"""Web sockets of a whole program that is told to stop by signals."""

import asyncio
import json
import os
import signal
import sys
import textwrap
from pathlib import Path
from typing import Any

import aiohttp
import attrs
import pytest

pytestmark = pytest.mark.asyncio

PATIENCE = 30.0
HANGING = """
    import asyncio
    from rostra import log
    from rostra_aiohttp.websockets import WebSocket, websocket

    @websocket("/hang")
    async def hang(socket: WebSocket) -> None:
        try:
            await socket.receive()
            log.get("hang").info("handler.arrived")
            await asyncio.Event().wait()
        finally:
            log.get("hang").info("handler.ended")
"""


@attrs.define(eq=False)
class Program:
    """A program that serves, in a process of its own; its log is read line by line."""

    process: asyncio.subprocess.Process
    lines: list[dict[str, Any]] = attrs.field(factory=list)

    async def until(self, event: str) -> dict[str, Any]:
        assert self.process.stderr is not None
        async for text in self.process.stderr:
            self.lines.append(line := json.loads(text) if text.startswith(b"{") else {"event": text.decode()})
            if line["event"] == event:
                return line
        raise AssertionError(f"no {event} among {self.lines}")


async def started(folder: Path, patience: str, stop_timeout: int) -> Program:
    (folder / "hanging.py").write_text(textwrap.dedent(HANGING))
    config = {"http": {"port": 0, "websocket": {"patience": patience}}, "logging": {"format": "json"}}
    main = f"from rostra import plugin; plugin.stage('hanging', config={config}, stop_timeout={stop_timeout})"
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", main, stderr=asyncio.subprocess.PIPE, env=environment
    )
    return Program(process)


@pytest.mark.parametrize(
    ("signals", "patience", "stop_timeout", "is_cut"),
    [(1, "500ms", 20, False), (2, "1h", 60, True), (1, "1h", 6, True)],
    ids=["the patience ends", "a second signal", "the stop timeout ends"],
)
async def test_a_handler_that_hangs_ends_before_the_teardown_and_its_client_hears_1001(
    tmp_path, signals, patience, stop_timeout, is_cut
):
    program = await started(tmp_path, patience, stop_timeout)
    try:
        url = (await program.until("http.listening"))["url"]
        await program.until("stage.running")
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{url}/hang") as client:
            await client.send_str("hello")
            await program.until("handler.arrived")

            program.process.send_signal(signal.SIGTERM)
            if signals == 2:
                await program.until("http.draining")
                program.process.send_signal(signal.SIGTERM)

            closed = await asyncio.wait_for(client.receive(), PATIENCE)
            await program.until("stage.teardown")
        code = await asyncio.wait_for(program.process.wait(), PATIENCE)
    finally:
        if program.process.returncode is None:
            program.process.kill()
            await program.process.wait()

    assert (closed.data, closed.extra) == (1001, "the service stops")
    last = [
        line["event"]
        for line in program.lines
        if line["event"] in {"http.cut", "handler.ended", "stage.teardown"}
    ]
    assert last == [*(["http.cut"] if is_cut else []), "handler.ended", "stage.teardown"]
    assert code == (1 if is_cut else 0)
