"""``fork.stage`` as a program calls it: what it refuses before anything is forked, and how it ends."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rostra import fork
from rostra.errors import PluginError

PATIENCE = 60.0


def program(folder: Path, source: str) -> list[str]:
    (folder / "program.py").write_text(textwrap.dedent(source))
    return [sys.executable, "program.py"]


def ended(folder: Path, source: str) -> subprocess.CompletedProcess[str]:
    command = program(folder, source)
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False)


@pytest.mark.asyncio
async def test_a_running_loop_is_refused() -> None:
    with pytest.raises(PluginError) as refused:
        fork.stage("orders")

    assert str(refused.value).startswith(
        "fork.stage() cannot be called while an event loop runs in this thread\n"
        "  why     it makes and owns its event loop"
    )


def test_another_thread_is_refused() -> None:
    with ThreadPoolExecutor(1, "elsewhere") as threads, pytest.raises(PluginError) as refused:
        threads.submit(fork.stage, "orders").result()

    assert str(refused.value) == (
        "fork.stage() cannot be called in this thread\n"
        "  where   elsewhere_0\n"
        "  why     it hears signals, and only the main thread can\n"
        "  to fix  call it in the main thread"
    )


def test_other_threads_are_refused() -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait, name="a pool")
    thread.start()

    with pytest.raises(PluginError) as refused:
        fork.stage("orders")
    done.set()
    thread.join()

    assert str(refused.value) == (
        "fork.stage() cannot fork while other threads run\n"
        "  where   thread a pool\n"
        "  why     what they hold at that moment, such as a lock, the workers would hold for ever\n"
        "  to fix  start threads in a plugin's prepare, which runs in the workers"
    )


def test_functions_of_a_program_are_plugins_of_its_workers_and_all_done_is_done(tmp_path: Path) -> None:
    done = ended(
        tmp_path,
        """
        from rostra import fork

        async def work(worker: fork.Worker):
            print(f"{worker}\\n", end="", flush=True)

        async def prepare():
            yield work

        if __name__ == "__main__":
            assert fork.stage(prepare, forks=2) is None
            print("after")
        """,
    )

    assert sorted(done.stdout.splitlines()) == ["<Worker 1 of 2>", "<Worker 2 of 2>", "after"]
    assert done.returncode == 0


def test_one_worker_per_cpu_if_nothing_is_said(tmp_path: Path) -> None:
    done = ended(
        tmp_path,
        """
        from rostra import fork

        async def prepare(worker: fork.Worker):
            print(f"{worker.count}\\n", end="", flush=True)

        fork.stage(prepare)
        """,
    )

    cpus = len(os.sched_getaffinity(0))
    assert done.stdout.split() == [str(cpus)] * cpus


def test_a_failure_of_a_worker_is_logged_there_and_raised_here(tmp_path: Path) -> None:
    failed = ended(
        tmp_path,
        """
        from rostra import config, errors, fork

        async def prepare():
            raise ValueError("no such shop")

        try:
            fork.stage(prepare, forks=1, config={"logging": {"format": "json"}})
        except errors.WorkerError as error:
            print(repr(error))
        """,
    )

    lines = [json.loads(line) for line in failed.stderr.splitlines()]
    [said] = [line for line in lines if line["event"] == "worker.failed"]
    assert failed.stdout == "WorkerError('worker 1 did not start', 'ValueError: no such shop', 1)\n"
    assert said["worker"] == 1
    assert (
        said["exception"]
        .rstrip()
        .endswith("ValueError: no such shop\nwhile preparing plugin __main__:prepare")
    )


def test_wrong_addresses_are_refused_before_anything_is_forked(tmp_path: Path) -> None:
    refused = ended(
        tmp_path,
        """
        from rostra import errors, fork

        try:
            fork.stage("orders", sockets=["tcp://:8080", "localhost:80"])
        except errors.AddressError as error:
            print(error)
        """,
    )

    assert refused.stdout.startswith(
        '"localhost:80" is no address to listen on\n  where   fork.stage(sockets='
    )
    assert "worker.starting" not in refused.stderr


def test_the_handlers_of_signals_are_as_before_and_so_are_those_of_the_worker_at_its_exit(
    tmp_path: Path,
) -> None:
    done = ended(
        tmp_path,
        """
        import atexit, signal
        from rostra import fork

        atexit.register(print, "exit of the parent", flush=True)
        before = [signal.getsignal(number) for number in signal.valid_signals()]

        async def prepare():
            atexit.register(print, "exit of the worker", flush=True)

        fork.stage(prepare, forks=1)
        print(before == [signal.getsignal(number) for number in signal.valid_signals()], flush=True)
        """,
    )

    assert done.stdout.splitlines() == ["exit of the worker", "True", "exit of the parent"]


def test_a_worker_waits_for_its_threads_as_every_process_does(tmp_path: Path) -> None:
    done = ended(
        tmp_path,
        """
        import threading
        from rostra import fork

        def finish():
            threading.main_thread().join(0.2)
            print("finished", flush=True)

        async def prepare():
            threading.Thread(target=finish).start()

        fork.stage(prepare, forks=1)
        """,
    )

    assert (done.stdout, done.returncode) == ("finished\n", 0)


def test_what_was_printed_before_the_fork_is_printed_once(tmp_path: Path) -> None:
    done = ended(
        tmp_path,
        """
        from rostra import fork

        async def prepare():
            print("in the worker\\n", end="")

        print("before")
        fork.stage(prepare, forks=2)
        """,
    )

    assert done.stdout.splitlines() == ["before", "in the worker", "in the worker"]


def test_preloading_that_starts_a_thread_is_refused(tmp_path: Path) -> None:
    (tmp_path / "threaded.py").write_text(
        "import threading\nthreading.Thread(target=threading.Event().wait, name='a pool', daemon=True).start()\n"
        "async def prepare(): pass\n"
    )
    refused = ended(
        tmp_path,
        """
        from rostra import errors, fork

        try:
            fork.stage("threaded", preload=True)
        except errors.PluginError as error:
            print(error)
        """,
    )

    assert "fork.stage() cannot fork while other threads run\n  where   thread a pool" in refused.stdout


def test_a_stage_in_the_foreground_of_a_shell_ends_with_it(tmp_path: Path) -> None:
    command = program(
        tmp_path,
        """
        from rostra import fork, plugin

        async def wait(cancel: plugin.Cancel):
            print("waiting\\n", end="", flush=True)
            await cancel.wait()

        async def prepare():
            yield wait

        fork.stage(prepare, forks=2)
        print("stopped")
        """,
    )
    with subprocess.Popen(
        command, cwd=tmp_path, text=True, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            assert process.stdout is not None
            assert [process.stdout.readline(), process.stdout.readline()] == ["waiting\n"] * 2

            os.killpg(process.pid, signal.SIGINT)
            said, _ = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()

    assert (said, process.returncode) == ("stopped\n", 0)
