"""A stage that serves on a free port, in this process with a session to ask it, or in one of its own."""

import http.client
import json
import os
import signal
import subprocess
import sys
import textwrap
import types
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from pathlib import Path
from typing import Any, TypeAlias

import aiohttp
import attrs
import pytest

from rostra import plugin
from rostra_aiohttp import Address


@attrs.define(eq=False)
class Served:
    """A running stage and its clients."""

    stage: plugin.Stage
    url: str
    session: aiohttp.ClientSession

    async def ask(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        """The status and the body of an answer, JSON read; the id of a request, which never is the same, left out."""
        async with self.session.request(method, self.url + path, **options) as response:
            is_json = response.content_type.endswith("json")
            body = await (response.json(content_type=None) if is_json else response.text())
            if response.content_type == "application/problem+json":
                body.pop("request", None)
            return response.status, body


Serve: TypeAlias = Callable[..., AbstractAsyncContextManager[Served]]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Serve:
    """Serves what is given, as if it stood in a module of its own: handlers, adapters, ``prepare``."""
    counted = iter(range(1000))

    @asynccontextmanager
    async def served(*items: Any, **settings: Any) -> AsyncIterator[Served]:
        module = types.ModuleType(f"served_{next(counted)}")
        for item in items:
            item.__module__ = module.__name__
            setattr(module, item.__name__, item)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        config = {"http": {"port": 0, **settings}}
        async with plugin.Stage("rostra_aiohttp", module.__name__, config=config) as stage:
            await stage.start()
            url = stage.components.get(Address).url
            async with aiohttp.ClientSession() as session:
                yield Served(stage, url, session)

    return served


PATIENCE = 60.0
"""Seconds; fewer than a connection is kept, so that one that holds up an exit is noticed."""


@attrs.define(eq=False)
class Program:
    """A program that serves, in a process of its own; its log is read line by line."""

    process: subprocess.Popen[str]
    address: tuple[str, int] = ("", 0)
    lines: list[dict[str, Any]] = attrs.field(factory=list)

    def wait_for(self, event: str) -> dict[str, Any]:
        """The next line of the log with this event."""
        assert self.process.stderr is not None
        for text in self.process.stderr:
            self.lines.append(line := json.loads(text) if text.startswith("{") else {"event": text})
            if line["event"] == event:
                return line
        raise AssertionError(f"no {event} among {self.lines}")

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def ended(self) -> int:
        """The exit code."""
        return self.process.wait(PATIENCE)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(*self.address, timeout=PATIENCE)

    def ask(self, path: str) -> tuple[int, str, str]:
        """Status, ``Connection`` header and body."""
        with closing(self.connect()) as connection:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.headers.get("Connection", ""), response.read().decode()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """Starts a program whose module is given as text, and ends it after the test."""
    programs: list[Program] = []

    def started(code: str, *, listening: bool = True, stop_timeout: float = 20, **http: Any) -> Program:
        (tmp_path / "served.py").write_text(textwrap.dedent(code))
        config = {"http": {"port": 0, **http}, "logging": {"format": "json"}}
        main = f"from rostra import plugin; plugin.stage('served', 'rostra_aiohttp', config={config}, stop_timeout={stop_timeout})"
        path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
        process = subprocess.Popen(
            [sys.executable, "-c", main], cwd=tmp_path, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
        )  # fmt: skip
        program = Program(process)
        programs.append(program)
        if listening:
            url = program.wait_for("http.listening")["url"]
            program.wait_for("stage.running")
            host, _, port = url.removeprefix("http://").rpartition(":")
            program.address = (host, int(port))
        return program

    yield started
    for program in programs:
        program.process.kill()
        program.process.wait()
        assert program.process.stderr is not None
        program.process.stderr.close()
