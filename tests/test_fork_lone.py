"""One process with sockets from outside, started as systemd starts it."""

import json
import signal
import socket
from pathlib import Path

import command_line
import pytest
import systemd

ECHO = """
import asyncio
from rostra import fork, plugin

async def echo(cancel: plugin.Cancel, started: plugin.Started, sockets: fork.Sockets | None = None):
    async def answer(reader, writer):
        writer.write(await reader.readline())
        writer.close()

    found = await (sockets or fork.Sockets()).listening("echo", fork.TcpAddress("127.0.0.1", 0), is_main=True)
    servers = [await asyncio.start_server(answer, sock=each.socket) for each in found]
    started()
    await cancel.wait()
    for server in servers:
        server.close()

async def prepare():
    yield plugin.task(echo, intake=True)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    command_line.write(tmp_path, "echo.py", ECHO)
    return tmp_path


def echoed(where: socket.socket) -> bytes:
    with socket.create_connection(where.getsockname(), timeout=systemd.PATIENCE) as client:
        client.sendall(b"hello\n")
        return client.recv(100)


def test_systemd_gives_the_socket_and_hears_that_it_runs_that_its_loop_turns_and_that_it_stops(folder):
    command = [str(command_line.ROSTRA), "run", "echo.py"]
    environ = command_line.environment(folder)
    with (
        socket.create_server(("127.0.0.1", 0)) as given,
        systemd.started(command, folder, {"echo.socket": given}, watchdog=0.3, environ=environ) as unit,
    ):
        unit.wait_for("READY", "1")
        answer = echoed(given)
        for _ in range(3):
            unit.wait_for("WATCHDOG", "1")
        unit.process.send_signal(signal.SIGTERM)
        unit.wait_for("STOPPING", "1")

        assert unit.process.wait(systemd.PATIENCE) == 0
        assert answer == b"hello\n"
        assert [said for said in unit.heard if "READY" in said] == [{"READY": "1"}]


def test_a_loop_that_is_blocked_gives_systemd_no_sign_of_life(folder):
    blocked = "import time\nasync def prepare():\n    yield block\nasync def block():\n    time.sleep(30)\n"
    command_line.write(folder, "blocked.py", blocked)
    command = [str(command_line.ROSTRA), "run", "echo.py", "blocked.py"]
    with systemd.started(command, folder, watchdog=0.2, environ=command_line.environment(folder)) as unit:
        unit.line.settimeout(3.0)

        with pytest.raises(TimeoutError):
            unit.wait_for("none such")

        assert unit.process.poll() is None


def test_sockets_of_the_command_line_are_bound_before_anything_is_prepared(folder):
    path = folder / "x.sock"
    bind = ("--bind", "tcp://127.0.0.1:0", "--bind", f"unix://{path}?mode=600")
    with command_line.started(folder, "run", "echo.py", *bind) as process:
        assert process.stderr is not None
        while json.loads(process.stderr.readline())["event"] != "stage.running":
            pass
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.sendall(b"hello\n")
            assert client.recv(100) == b"hello\n"
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=systemd.PATIENCE)

    assert process.returncode == 0


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_socket_that_no_server_takes_is_told(folder, workers):
    bind = ("--bind", "tcp://127.0.0.1:0?name=ecco", "--workers", workers)
    with command_line.started(folder, "run", "echo.py", *bind) as process:
        assert process.stderr is not None
        while (line := json.loads(process.stderr.readline()))["event"] != "socket.unused":
            pass
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=systemd.PATIENCE)

    assert line["why"] == "no server is called ecco"
    assert line["address"].endswith("?name=ecco")
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("bind", "code", "said"),
    [
        ("8080", 2, 'AddressError: "8080" is no address to listen on'),
        ("tcp://192.0.2.1:1", 1, "ListenError: cannot listen on 192.0.2.1:1"),
    ],
)
def test_an_address_that_cannot_be_had_ends_the_start(folder, bind, code, said):
    ended = command_line.ended(folder, "run", "echo.py", "--bind", bind)

    assert ended.returncode == code
    assert ended.stderr.startswith(said)


def test_two_programs_share_a_port_if_both_say_so(folder):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        bind = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    arguments = ("run", "echo.py", "--bind", bind, "--reuse-port")
    with command_line.started(folder, *arguments) as one, command_line.started(folder, *arguments) as two:
        for process in (one, two):
            assert process.stderr is not None
            while json.loads(process.stderr.readline())["event"] != "stage.running":
                pass
        alone = command_line.ended(folder, "run", "echo.py", "--bind", bind)
        for process in (one, two):
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=systemd.PATIENCE)

    assert (one.returncode, two.returncode) == (0, 0)
    assert alone.returncode == 1
    assert "another process listens there already" in alone.stderr
