"""``rostra run --workers`` as a process of its own, whose log is read while it runs."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import attrs
import command_line
import psutil

PATIENCE = 90.0
"""Seconds; both processors may be busy with something else."""


@attrs.define(eq=False)
class Service:
    """A parent and its workers.

    Args:
        process: The parent.
        lines: Of the log, so far; what is no line of it stands under ``event``.
        changed: A line has come, or the last one was there.
        is_silent: There will be no more lines.
    """

    process: asyncio.subprocess.Process
    lines: list[dict[str, Any]] = attrs.field(factory=list)
    changed: asyncio.Condition = attrs.field(factory=asyncio.Condition)
    is_silent: bool = False

    @property
    def mark(self) -> int:
        """Here, in the log."""
        return len(self.lines)

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        [url, *_] = [line["url"] for line in self.lines if line["event"] == "http.listening"]
        host, _, port = url.removeprefix("http://").rpartition(":")
        return host, int(port)

    async def read(self) -> None:
        """Read the log until it ends."""
        assert self.process.stderr is not None
        async for text in self.process.stderr:
            line = text.decode(errors="replace")
            self.lines.append(json.loads(line) if line.startswith("{") else {"event": line.rstrip()})
            async with self.changed:
                self.changed.notify_all()
        async with self.changed:
            self.is_silent = True
            self.changed.notify_all()

    async def until(self, event: str, since: int = 0, count: int = 1, **keys: Any) -> list[dict[str, Any]]:
        """Wait for so many lines with this event and these keys, since a mark."""

        def found() -> list[dict[str, Any]]:
            return [
                line for line in self.lines[since:] if line["event"] == event and keys.items() <= line.items()
            ]

        await self.wait(lambda: len(found()) >= count, f"{count} {event} {keys}")
        return found()

    async def wait(self, is_so: Callable[[], bool], what: str) -> None:
        """Wait until something is so; the log is looked at again with each line."""
        with suppress(TimeoutError):
            async with self.changed, asyncio.timeout(PATIENCE):
                await self.changed.wait_for(lambda: is_so() or self.is_silent)
        assert is_so(), f"no {what} in\n" + "\n".join(map(str, self.lines[-60:]))

    def workers(self) -> dict[int, psutil.Process]:
        """The processes of the workers that there are, by their number in the log."""
        found = {line["pid"]: line["worker"] for line in self.lines if line["event"] == "worker.starting"}
        children = psutil.Process(self.process.pid).children()
        return {found[child.pid]: child for child in children if child.pid in found}

    def send(self, number: int) -> None:
        """Signal the parent."""
        self.process.send_signal(number)

    async def ended(self) -> int:
        """The exit code."""
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()


@asynccontextmanager
async def served(folder: Path, *arguments: str, workers: int = 2, **environ: str) -> AsyncIterator[Service]:
    """Run a command with so many workers, until all run; end it if it has not ended."""
    async with started(folder, "run", *arguments, "--workers", str(workers), **environ) as service:
        await service.until("workers.running")
        yield service


@asynccontextmanager
async def started(folder: Path, *arguments: str, **environ: str) -> AsyncIterator[Service]:
    """Run a command; end it and all its children if they have not ended."""
    process = await asyncio.create_subprocess_exec(
        command_line.ROSTRA,
        *arguments,
        cwd=folder,
        env=command_line.environment(folder, **environ),
        stderr=asyncio.subprocess.PIPE,
        limit=2**20,
    )
    service = Service(process)
    reading = asyncio.create_task(service.read())
    try:
        yield service
    finally:
        with suppress(psutil.NoSuchProcess):
            for each in (*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)):
                with suppress(ProcessLookupError):
                    os.kill(each.pid, signal.SIGKILL)
        await process.wait()
        await reading
