"""``rostra probe`` asks a running stage, finds it by itself, and answers by its exit code."""

import os
import signal
import socket
from pathlib import Path

import pytest
from command_line import ended, started, write

from rostra.cli import sockets
from rostra.errors import StageNotFoundError

WORKER = """
    import asyncio
    from pathlib import Path
    from rostra import health, plugin

    async def work(cancel: plugin.Cancel):
        print("running\\n", end="", flush=True)
        await cancel.wait()

    def database_answers():
        if Path("broken").exists():
            raise ConnectionError("the database is gone")

    async def prepare(checks: health.Checks):
        checks.add("database", database_answers, every=0)
        yield work
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "worker.py", WORKER)
    (tmp_path / "run").mkdir()
    return tmp_path


@pytest.mark.parametrize("question", ["live", "startup", "ready"])
def test_the_only_stage_that_runs_is_asked_without_any_option(folder, question):
    with started(folder, "run", "worker.py") as process:
        process.stdout.readline()

        answer = ended(folder, "probe", question)

    assert answer.returncode == 0
    assert answer.stdout.startswith(f"{question}: yes\n")
    assert answer.stderr == ""


def test_a_check_that_fails_makes_it_live_but_not_ready(folder):
    with started(folder, "run", "worker.py") as process:
        process.stdout.readline()
        (folder / "broken").touch()

        live = ended(folder, "probe", "live")
        ready = ended(folder, "probe", "ready")

    assert live.returncode == 0
    assert (ready.returncode, ready.stdout) == (
        1,
        "ready: no\n  stage     well\n  database  ConnectionError: the database is gone (last well: not since it was first asked)\n",
    )


def test_a_stage_that_is_still_preparing_has_not_started(folder):
    write(
        folder,
        "slow.py",
        """
        import asyncio

        async def prepare():
            print("preparing", flush=True)
            await asyncio.Event().wait()
    """,
    )
    with started(folder, "run", "slow.py") as process:
        process.stdout.readline()

        codes = [ended(folder, "probe", question).returncode for question in ("live", "startup", "ready")]
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)

    assert codes == [0, 1, 1]
    assert process.returncode == 0, errors


def test_where_several_run_one_has_to_be_named(folder):
    with started(folder, "run", "worker.py") as first, started(folder, "run", "worker.py") as second:
        first.stdout.readline()
        second.stdout.readline()

        unclear = ended(folder, "probe", "live")
        by_process = ended(folder, "probe", "live", "--pid", str(first.pid))
        [path] = (folder / "run").glob(f"*/{second.pid}.sock")
        by_socket = ended(folder, "probe", "live", "--socket", str(path))
        both = ended(folder, "probe", "live", "--socket", str(path), "--pid", "1")

    assert (unclear.returncode, by_process.returncode, by_socket.returncode, both.returncode) == (1, 0, 0, 2)
    assert unclear.stderr.startswith("StageNotFoundError: 2 stages run here, and a probe asks one\n")
    assert f"process {first.pid} in " in unclear.stderr
    assert f"process {second.pid} in " in unclear.stderr
    assert "--pid" in unclear.stderr


def test_where_none_runs_it_says_so(folder):
    alone = ended(folder, "probe", "ready")

    assert alone.returncode == 1
    assert alone.stdout == ""
    assert alone.stderr == (
        "StageNotFoundError: no stage runs here\n"
        f"  why     there is no socket of one in {folder}/run/rostra-{os.getuid()}\n"
        "  to fix  start one by `rostra run`, as the same user\n"
        "          or name its socket: rostra probe ... --socket PATH\n"
    )


def test_what_a_killed_stage_left_behind_is_not_taken_for_one(folder):
    with started(folder, "run", "worker.py") as killed, started(folder, "run", "worker.py") as running:
        killed.stdout.readline()
        running.stdout.readline()
        killed.kill()
        killed.wait(timeout=20)

        assert len(list((folder / "run").glob("*/*.sock"))) == 2
        assert ended(folder, "probe", "live").returncode == 0
        gone = ended(folder, "probe", "live", "--pid", str(killed.pid))

    assert gone.returncode == 1
    assert gone.stderr.startswith("ProbeError: ")


def test_the_next_stage_clears_away_what_killed_ones_left(folder):
    with started(folder, "run", "worker.py") as killed:
        killed.stdout.readline()
        killed.kill()
        killed.wait(timeout=20)

    with started(folder, "run", "worker.py") as running:
        running.stdout.readline()

        assert [int(path.stem) for path in (folder / "run").glob("*/*.sock")] == [running.pid]


def test_only_the_user_may_reach_the_socket(folder):
    with started(folder, "run", "worker.py") as process:
        process.stdout.readline()

        [path] = (folder / "run").glob("*/*.sock")
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert path.parent.name == f"rostra-{os.getuid()}"


def test_a_stage_that_cannot_have_a_socket_runs_without(folder):
    (folder / "run" / f"rostra-{os.getuid()}").mkdir(mode=0o777)
    (folder / "run" / f"rostra-{os.getuid()}").chmod(0o777)

    with started(folder, "run", "worker.py", "--log-format", "text") as process:
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)

    assert process.returncode == 0
    assert errors.count("probe.unavailable") == 1


def test_the_folder_is_the_users_own_or_that_for_temporary_files(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    with_runtime_folder = sockets.folder()
    monkeypatch.delenv("XDG_RUNTIME_DIR")

    assert with_runtime_folder == tmp_path / "runtime" / f"rostra-{os.getuid()}"
    assert sockets.folder() == tmp_path / "temporary" / f"rostra-{os.getuid()}"


def test_running_stages_are_listed_in_the_order_of_their_numbers(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    folder = sockets.own().parent
    (folder / "7.sock").touch()

    with socket.socket(socket.AF_UNIX) as first, socket.socket(socket.AF_UNIX) as second:
        for number, each in ((9, first), (10, second)):
            each.bind(str(folder / f"{number}.sock"))
            each.listen()

        assert list(sockets.running()) == [9, 10]
        with pytest.raises(StageNotFoundError) as caught:
            sockets.chosen()

    assert caught.value.found == (9, 10)


def test_several_workers_are_one_stage_and_one_that_says_yes_is_enough(folder):
    with started(folder, "run", "worker.py", "--workers", "2") as process:
        assert [process.stdout.readline(), process.stdout.readline()] == ["running\n"] * 2
        answers = [ended(folder, "probe", question) for question in ("live", "startup", "ready")]
        by_parent = ended(folder, "probe", "ready", "--pid", str(process.pid))
        [one, other] = sorted(
            (path for path in (folder / "run").glob("*/*.sock")), key=lambda path: path.name
        )
        by_worker = ended(folder, "probe", "ready", "--pid", one.stem.partition("-")[2])
        suspended = int(other.stem.partition("-")[2])
        os.kill(suspended, signal.SIGSTOP)
        with_one_that_hangs = ended(folder, "probe", "ready", "--timeout", "4")
        (folder / "broken").touch()
        not_ready = ended(folder, "probe", "ready", "--timeout", "4")

        os.kill(suspended, signal.SIGCONT)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)

    assert [each.returncode for each in answers] == [0, 0, 0]
    assert (by_parent.returncode, by_worker.returncode, with_one_that_hangs.returncode) == (0, 0, 0)
    assert not_ready.returncode == 1
    assert "ConnectionError: the database is gone" in not_ready.stdout


def test_a_folder_that_another_may_enter_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    sockets.own()
    sockets.folder().chmod(0o755)

    with pytest.raises(PermissionError, match="is not a folder that only user"):
        sockets.own()
