"""Several workers as a service of systemd: the sockets are its own, and it hears how the service is."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path

import command_line
import psutil
import pytest
import systemd

from rostra.fork.following import is_alive
from rostra.fork.states import Member, Rules, State, Step

ECHO = """
import asyncio, os
from pathlib import Path
from rostra import config, fork, plugin
import attrs

@attrs.frozen
class Echo(config.Config, section="echo"):
    gate: str = ""

async def echo(settings: Echo, worker: fork.Worker, sockets: fork.Sockets, cancel: plugin.Cancel, started: plugin.Started):
    async def answer(reader, writer):
        await reader.readline()
        writer.write(f"{worker.number} {os.getpid()}".encode())
        writer.close()

    if settings.gate and worker.number == 2:
        await asyncio.to_thread(Path(settings.gate).read_text)
    bound = await sockets.listening("echo", fork.TcpAddress("127.0.0.1", 0), is_main=True)
    servers = [await asyncio.start_server(answer, sock=each.socket) for each in bound]
    started()
    await cancel.wait()
    for server in servers:
        server.close()

async def prepare():
    yield plugin.task(echo, intake=True)
"""

WORKERS = (str(command_line.ROSTRA), "run", "echo.py", "-c", "app.toml", "--workers", "2", "--heartbeat", "2")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    command_line.write(tmp_path, "echo.py", ECHO)
    (tmp_path / "app.toml").write_text("")
    return tmp_path


@pytest.fixture
def given() -> Iterator[socket.socket]:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        yield listener


def asked(where: socket.socket) -> tuple[int, int]:
    """The number and the process of a worker that answers."""
    with socket.create_connection(where.getsockname(), timeout=systemd.PATIENCE) as client:
        client.sendall(b"\n")
        number, pid = client.makefile().read().split()
        return int(number), int(pid)


def unit(
    folder: Path, given: socket.socket, *more: str, watchdog: float = 0.0
) -> AbstractContextManager[systemd.Unit]:
    environ = command_line.environment(folder)
    return systemd.started(
        [*WORKERS, *more], folder, {"echo.socket": given}, watchdog=watchdog, environ=environ
    )


def test_it_is_ready_when_all_workers_run_and_again_after_a_reload_and_stops_in_order(folder, given):
    with unit(folder, given) as service:
        service.wait_for("READY", "1")
        first = asked(given)
        service.process.send_signal(signal.SIGHUP)
        reloading = service.wait_for("RELOADING", "1")
        service.wait_for("READY", "1")
        second = asked(given)
        service.process.send_signal(signal.SIGTERM)
        service.wait_for("STOPPING", "1")

        assert service.process.wait(systemd.PATIENCE) == 0
        assert int(reloading["MONOTONIC_USEC"]) > 0
        assert first[1] != second[1]
        assert first[1] != service.process.pid
        assert {"STATUS": "2 workers run"} in service.heard


def test_it_is_ready_only_when_the_last_worker_runs(folder, given):
    os.mkfifo(folder / "gate")
    (folder / "app.toml").write_text('[echo]\ngate = "gate"\n')
    with unit(folder, given) as service:
        service.wait_for("STATUS", "1 worker runs")
        answer = asked(given)
        said = list(service.heard)
        (folder / "gate").write_text("open")
        service.wait_for("READY", "1")

        assert answer[0] == 1
        assert not [each for each in said if "READY" in each]


@pytest.mark.parametrize("text", ["[echo]\ngate = 3\n", "[echo\n"], ids=["wrong", "unreadable"])
def test_a_reload_that_fails_is_ready_with_what_there_was(folder, given, text):
    with unit(folder, given) as service:
        service.wait_for("READY", "1")
        before = {each.pid for each in psutil.Process(service.process.pid).children()}
        (folder / "app.toml").write_text(text)
        service.process.send_signal(signal.SIGHUP)
        service.wait_for("RELOADING", "1")
        ready = service.wait_for("READY", "1")

        assert ready["STATUS"].startswith("the reload failed: ConfigError")
        assert asked(given)[1] in before


def test_signs_of_life_are_passed_on(folder, given):
    with unit(folder, given, watchdog=0.5) as service:
        service.wait_for("READY", "1")

        for _ in range(3):
            service.wait_for("WATCHDOG", "1")


@pytest.mark.parametrize(
    ("step", "beat", "is_well"),
    [
        (Step.RUNNING, 95.0, True),
        (Step.RUNNING, 80.0, False),
        (Step.STARTING, 80.0, True),
        (Step.LEAVING, 99.0, False),
    ],
)
def test_signs_of_life_are_not_passed_on_when_no_worker_gives_any(step, beat, is_well):
    silent = Member(1, 1, 1, Step.RUNNING, beat=80.0)
    state = State(Rules(heartbeat=10.0), 2, now=100.0, members=(silent, Member(2, 2, 1, step, beat=beat)))

    assert is_alive(state) is is_well


def test_the_workers_of_a_parent_that_was_killed_stop_by_themselves(folder, given):
    with unit(folder, given) as service:
        service.wait_for("READY", "1")
        workers = psutil.Process(service.process.pid).children()

        service.process.kill()
        service.process.wait()
        gone, alive = psutil.wait_procs(workers, timeout=systemd.PATIENCE)

        assert len(workers) == 2
        assert (len(gone), alive) == (2, [])
