"""Many reloads, and signals at any moment of a start: nothing is left behind, and nothing grows.

``ROSTRA_STRESS=1`` makes it 200 reloads and 300 starts, in place of a few.
"""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from command_line import ROSTRA, environment
from workers import PATIENCE, served

IS_FULL = bool(os.environ.get("ROSTRA_STRESS"))
RELOADS = 200 if IS_FULL else 6
STARTS = 300 if IS_FULL else 12
LONGEST_START = 0.9
"""Seconds: by then all workers run, or nearly so."""

SERVER = """
import asyncio
from rostra import fork, plugin

async def serve(cancel: plugin.Cancel, started: plugin.Started, sockets: fork.Sockets):
    servers = []
    for server, uri in (("one", "tcp://127.0.0.1:0"), ("two", "tcp://127.0.0.1:0")):
        for bound in await sockets.listening(server, fork.read_address(uri), is_main=server == "one"):
            servers.append(await asyncio.start_server(answer, sock=bound.socket))
    started()
    await cancel.wait()
    for server in servers:
        server.close()

async def answer(reader, writer):
    writer.close()

async def prepare():
    yield plugin.task(serve, intake=True)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "server.py").write_text(SERVER)
    (tmp_path / "run").mkdir()
    return tmp_path


def open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def open_files_of_workers(workers: dict[int, psutil.Process]) -> list[int]:
    return [open_files(each.pid) for _, each in sorted(workers.items())]


@pytest.mark.asyncio
async def test_many_reloads_leave_no_process_no_socket_and_no_descriptor(folder: Path) -> None:
    async with served(folder, "server.py", "--bind", "tcp://127.0.0.1:0") as service:
        service.send(signal.SIGHUP)
        await service.until("workers.reloaded")
        parent = psutil.Process(service.process.pid)
        before = (
            open_files(parent.pid),
            open_files_of_workers(service.workers()),
            len(parent.net_connections()),
        )

        for _ in range(RELOADS):
            mark = service.mark
            service.send(signal.SIGHUP)
            await service.until("workers.reloaded", mark)

        after = (
            open_files(parent.pid),
            open_files_of_workers(service.workers()),
            len(parent.net_connections()),
        )
        assert after == before
        assert len(parent.children(recursive=True)) == 2
        family = parent.children(recursive=True)
        service.send(signal.SIGTERM)
        assert await service.ended() == 0
        assert psutil.wait_procs(family, timeout=PATIENCE)[1] == []


@pytest.mark.asyncio
async def test_many_reloads_at_once_end_with_the_newest_and_leave_nothing(folder: Path) -> None:
    async with served(folder, "server.py") as service:
        mark = service.mark
        for _ in range(RELOADS):
            service.send(signal.SIGHUP)

        [line, *_] = await service.until("workers.reloaded", mark)
        asked = len([each for each in service.lines if each["event"] == "workers.reloading"])

        assert line["generation"] == asked + 1
        await service.wait(lambda: len(service.workers()) == 2, "two workers")


def of_session(session: int) -> Iterator[psutil.Process]:
    """The processes that a start has made and that are still there."""
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                yield process
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue


def is_heard(pid: int, number: int) -> bool:
    """Whether a process handles a signal by now. Until then Python may swallow a SIGINT of its own accord."""
    [caught] = [
        line.split()[1]
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if line.startswith("SigCgt:")
    ]
    return bool(int(caught, 16) >> (number - 1) & 1)


@pytest.mark.parametrize("seed", range(STARTS))
def test_a_signal_at_any_moment_of_a_start_leaves_nothing_behind(folder: Path, seed: int) -> None:
    chance = random.Random(seed)
    first = chance.choice([signal.SIGTERM, signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGTTIN])
    is_for_all = chance.random() < 0.3 and first in (signal.SIGTERM, signal.SIGINT)
    path = folder / "server.sock"
    with subprocess.Popen(
        [ROSTRA, "run", "server.py", "--workers", "2", "--bind", f"unix://{path}", "--log-format", "json"],
        cwd=folder, env=environment(folder), stderr=subprocess.PIPE, start_new_session=True,
    ) as process:  # fmt: skip
        time.sleep(chance.uniform(0, LONGEST_START))  # the moment that chance has chosen

        if first is signal.SIGINT and not is_heard(process.pid, signal.SIGHUP):
            first = signal.SIGTERM
        if is_for_all:
            os.killpg(process.pid, first)
        else:
            process.send_signal(first)
        if first not in (signal.SIGTERM, signal.SIGINT):
            time.sleep(chance.uniform(0, LONGEST_START / 3))
            process.send_signal(signal.SIGTERM)
        try:
            _, said = process.communicate(timeout=PATIENCE)
        finally:
            left = list(of_session(process.pid))
            for each in left:
                each.kill()

    assert left == [], said.decode()
    assert not path.exists()
    if b"worker.starting" in said:
        assert process.returncode == 0, said.decode()
