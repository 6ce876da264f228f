"""``rostra run --workers`` as processes: they start, die, hang, are told, and end, and none is left."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from command_line import ended, write
from workers import PATIENCE, Service, served, started

pytestmark = pytest.mark.asyncio

SERVICE = """
import os
from rostra import config, fork, log, plugin
import attrs

@attrs.frozen
class GreeterConfig(config.Config, section="greeter"):
    greeting: str = "Hello"
    number: int = 1

_log = log.get("greeter")

async def greet(settings: GreeterConfig, cancel: plugin.Cancel, worker: fork.Worker):
    _log.info("greeted", greeting=settings.greeting, generation=worker.generation, of=worker.count)
    await cancel.wait()
    _log.info("ended")

async def count(cancel: plugin.Cancel):
    _log.info("counting")
    await cancel.wait()

async def prepare():
    yield greet
    yield plugin.task(count, workers="one")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "service.py").write_text(SERVICE)
    (tmp_path / "run").mkdir()
    return tmp_path


@asynccontextmanager
async def at_work(folder: Path, *more: str, workers: int = 2, **environ: str) -> AsyncIterator[Service]:
    """The service, with all of its workers; nothing of it is left at the end."""
    async with served(folder, "service.py", *more, workers=workers, **environ) as service:
        family = psutil.Process(service.process.pid).children(recursive=True)
        yield service
        if service.process.returncode is None:
            service.send(signal.SIGTERM)
            assert await service.ended() == 0
        gone, left = psutil.wait_procs(family, timeout=PATIENCE)
        assert left == []
        assert len(gone) == len(family)


def has_a_loop(pid: int) -> bool:
    return any("eventpoll" in str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir())


def values(lines: list[dict[str, Any]], key: str) -> list[Any]:
    return sorted(line[key] for line in lines)


async def test_each_worker_runs_the_stage_under_its_number_and_all_stop_in_order(folder):
    async with at_work(folder, workers=3) as service:
        greeted = await service.until("greeted", count=3)
        assert values(greeted, "worker") == [1, 2, 3]
        assert values(greeted, "of") == [3, 3, 3]
        assert sorted(service.workers()) == [1, 2, 3]

        service.send(signal.SIGTERM)
        assert await service.ended() == 0

    assert values(await service.until("ended", count=3), "worker") == [1, 2, 3]
    assert values(await service.until("worker.stopped", count=3), "worker") == [1, 2, 3]


async def test_the_parent_has_neither_a_loop_nor_a_thread(folder):
    async with at_work(folder) as service:
        service.send(signal.SIGHUP)
        await service.until("workers.reloaded")

        assert psutil.Process(service.process.pid).num_threads() == 1
        assert not has_a_loop(service.process.pid)
        for worker in service.workers().values():
            assert has_a_loop(worker.pid)


async def test_a_killed_worker_is_replaced_under_its_number(folder):
    async with at_work(folder) as service:
        before = service.workers()
        mark = service.mark

        before[2].kill()
        await service.until("worker.running", mark, worker=2)

        after = service.workers()
        assert after[1] == before[1]
        assert after[2] != before[2]
        [died] = await service.until("worker.died", mark)
        assert died["how"] == "it was ended by SIGKILL"


async def test_a_suspended_worker_is_killed_and_replaced(folder):
    async with at_work(folder, "--heartbeat", "1") as service:
        mark = service.mark
        suspended = service.workers()[1]

        suspended.suspend()
        await service.until("worker.killed", mark, worker=1)
        await service.until("worker.died", mark, worker=1)

        assert not suspended.is_running()
        await service.until("worker.running", mark, worker=1)


async def test_a_worker_whose_loop_is_blocked_shows_its_stacks_in_the_log_and_is_replaced(folder):
    write(
        folder,
        "blocking.py",
        """
        import os, time
        from rostra import log, plugin

        async def block_the_loop(lifecycle: plugin.Lifecycle):
            await lifecycle.wait_for(plugin.Phase.RUNNING)
            if not os.path.exists("blocked"):
                open("blocked", "w").close()
                time.sleep(1000)

        async def prepare():
            yield plugin.task(block_the_loop, workers="one")
        """,
    )
    async with at_work(folder, "blocking.py", "--heartbeat", "1") as service:
        [silent] = await service.until("worker.silent")
        [died] = await service.until("worker.died")

        assert died["worker"] == silent["worker"]
        assert died["how"] == "its loop gave no sign of life, and it was ended by SIGABRT"
        assert "block_the_loop" in died["stacks"]
        await service.until("worker.running", service.lines.index(died), worker=died["worker"])


async def test_a_worker_that_crashes_shows_where(folder):
    write(
        folder,
        "faulty.py",
        """
        import faulthandler, os
        from rostra import plugin

        async def prepare():
            async def touch_nothing(lifecycle: plugin.Lifecycle):
                await lifecycle.wait_for(plugin.Phase.RUNNING)
                if not os.path.exists("crashed"):
                    open("crashed", "w").close()
                    faulthandler._sigsegv()
            yield plugin.task(touch_nothing, workers="one")
        """,
    )
    async with at_work(folder, "faulty.py") as service:
        [died] = await service.until("worker.died")

        assert died["how"] == "it was ended by SIGSEGV"
        assert "touch_nothing" in died["stacks"]


async def test_hup_reads_the_settings_again_and_replaces_all_workers(folder):
    write(folder, "app.toml", '[greeter]\ngreeting = "one"\n')
    async with at_work(folder, "-c", "app.toml") as service:
        before = service.workers()
        mark = service.mark
        write(folder, "app.toml", '[greeter]\ngreeting = "two"\n')

        service.send(signal.SIGHUP)
        await service.until("workers.reloaded", mark)

        greeted = await service.until("greeted", mark, generation=2, count=2)
        assert values(greeted, "greeting") == ["two", "two"]
        assert {each.pid for each in before.values()}.isdisjoint(
            each.pid for each in service.workers().values()
        )


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("[greeter", "app.toml"),
        ('[greeter]\nnumber = "many"\n', "ConfigError: 1 setting of [greeter] is wrong"),
    ],
    ids=["no file of settings", "a wrong setting"],
)
async def test_a_broken_configuration_keeps_the_workers_and_says_why(folder, broken, said):
    write(folder, "app.toml", '[greeter]\ngreeting = "one"\n')
    async with at_work(folder, "-c", "app.toml") as service:
        before = service.workers()
        mark = service.mark
        write(folder, "app.toml", broken)

        service.send(signal.SIGHUP)
        [line] = await service.until("workers.kept", mark)

        assert said in line["why"]
        assert "worker.died" not in [each["event"] for each in service.lines[mark:]]
        assert service.workers() == before
        before[1].kill()
        await service.until("greeted", mark, worker=1, greeting="one")

        write(folder, "app.toml", '[greeter]\ngreeting = "mended"\n')
        service.send(signal.SIGHUP)
        await service.until("workers.reloaded", mark)
        assert len(await service.until("greeted", mark, greeting="mended", count=2)) == 2


async def test_ttin_and_ttou_change_the_number(folder):
    async with at_work(folder) as service:
        service.send(signal.SIGTTIN)
        await service.until("worker.running", worker=3)
        assert sorted(service.workers()) == [1, 2, 3]

        service.send(signal.SIGTTOU)
        await service.until("worker.stopped", worker=3)
        assert sorted(service.workers()) == [1, 2]


async def test_usr1_makes_all_workers_log_their_tasks(folder):
    async with at_work(folder) as service:
        mark = service.mark

        service.send(signal.SIGUSR1)

        for number in (1, 2):
            await service.until("task.shown", mark, worker=number, task="task greet of plugin service")


async def test_what_runs_in_one_worker_moves_when_that_one_dies(folder):
    async with at_work(folder) as service:
        [counting] = await service.until("counting")
        mark = service.mark

        service.workers()[counting["worker"]].kill()
        [moved] = await service.until("counting", mark)

        assert moved["worker"] != counting["worker"]


async def test_a_second_signal_hurries_and_a_third_kills(folder):
    write(
        folder,
        "stubborn.py",
        """
        import asyncio
        from rostra import log, plugin

        async def linger(cancel: plugin.Cancel):
            await cancel.wait()
            log.get("stubborn").info("lingering")
            while True:
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    log.get("stubborn").info("staying")

        async def prepare():
            yield linger
        """,
    )
    async with served(folder, "stubborn.py") as service:
        service.send(signal.SIGINT)
        await service.until("lingering", count=2)
        service.send(signal.SIGINT)
        await service.until("staying", count=2)
        service.send(signal.SIGINT)

        assert await service.ended() == 1
    await service.until("WorkerError: workers were killed by a third signal")


async def test_ctrl_c_reaches_the_whole_group_and_is_one_signal(folder):
    async with at_work(folder) as service:
        members = [service.process.pid, *(each.pid for each in service.workers().values())]

        for pid in members:
            os.kill(pid, signal.SIGINT)

        assert await service.ended() == 0
    assert "stage.hurried" not in [line["event"] for line in service.lines]


async def test_a_hangup_that_reaches_the_whole_group_is_one_reload_and_stops_no_worker_early(folder):
    async with at_work(folder) as service:
        workers = service.workers()
        mark = service.mark
        for worker in workers.values():
            worker.send_signal(signal.SIGHUP)
        service.send(signal.SIGHUP)
        await service.until("workers.reloaded", mark)

        service.send(signal.SIGTERM)
        assert await service.ended() == 0
    events = [line["event"] for line in service.lines]
    assert events.count("workers.reloading") == 1
    assert "worker.died" not in events
    assert "worker.done" not in events
    assert "SIGHUP" not in [line.get("reason") for line in service.lines if line["event"] == "stage.stopping"]


async def test_workers_stop_in_order_when_their_parent_is_gone(folder):
    async with served(folder, "service.py") as service:
        workers = list(service.workers().values())

        service.send(signal.SIGKILL)
        await service.ended()

        await service.until("ended", count=2)
        _, left = psutil.wait_procs(workers, timeout=PATIENCE)
        assert left == []
    assert len([line for line in service.lines if line["event"] == "parent.gone"]) == 2


async def test_a_worker_that_a_signal_of_its_own_stopped_is_replaced(folder):
    async with at_work(folder) as service:
        mark = service.mark

        service.workers()[2].terminate()

        await service.until("worker.running", mark, worker=2)
        await service.until("ended", mark, worker=2)


async def test_a_worker_that_uses_too_much_memory_is_replaced_before_it_stops(folder):
    async with at_work(folder, "--max-memory", "1MiB", "--heartbeat", "1", workers=1) as service:
        [tired, *_] = await service.until("worker.tired")
        assert "MiB of memory" in tired["reason"]

        mark = service.lines.index(tired)
        [running, *_] = await service.until("worker.running", mark)
        [retiring, *_] = await service.until("worker.retiring", mark)

        assert service.lines.index(running) < service.lines.index(retiring)


async def test_a_worker_that_has_answered_enough_is_replaced(folder):
    write(
        folder,
        "transport.py",
        """
        from rostra import fork, plugin

        async def answer(worker: fork.Worker, lifecycle: plugin.Lifecycle):
            await lifecycle.wait_for(plugin.Phase.RUNNING)
            if worker.generation == 1 and worker.count_request is not None:
                for _ in range(10):
                    worker.count_request()

        async def prepare():
            yield answer
        """,
    )
    async with served(folder, "service.py", "transport.py", "--max-requests", "10", workers=1) as service:
        [tired, *_] = await service.until("worker.tired")

        assert tired["reason"] == "it has answered 10 requests"
        await service.until("worker.retiring", reason="its successor runs")


async def test_the_list_of_processes_tells_parent_and_workers(folder):
    (folder / "setproctitle.py").write_text(
        "import os\ndef setproctitle(title): open(f'title-{os.getpid()}', 'w').write(title)\n"
    )
    async with at_work(folder, PYTHONPATH=str(folder)) as service:
        workers = service.workers()
        titles = {
            pid: (folder / f"title-{pid}").read_text()
            for pid in (service.process.pid, *(each.pid for each in workers.values()))
        }

        assert titles == {
            service.process.pid: "rostra parent: service",
            workers[1].pid: "rostra worker 1: service",
            workers[2].pid: "rostra worker 2: service",
        }


async def test_what_plugins_import_is_imported_in_the_parent_and_they_are_never_prepared_there(folder):
    write(folder, "heavy.py", "import os\nprint(f'imported {os.getpid()}\\n', end='', flush=True)\n")
    write(
        folder,
        "telling.py",
        """
        import os
        print(f"imported {os.getpid()}\\n", end="", flush=True)

        async def prepare():
            import heavy
            print(f"prepared {os.getpid()}\\n", end="", flush=True)
        """,
    )
    shared = ended(folder, "run", "telling.py", "--workers", "2", "--preload")

    said = [line.split() for line in shared.stdout.splitlines()]
    imported = [pid for what, pid in said if what == "imported"]
    prepared = [pid for what, pid in said if what == "prepared"]
    assert len(imported) == 2
    assert len(set(imported)) == 1
    assert len(set(prepared)) == len(prepared) == 2
    assert set(imported).isdisjoint(prepared)


async def test_preloading_what_cannot_be_prepared_is_told_by_the_workers_only(folder):
    write(folder, "failing.py", "async def prepare():\n    raise ValueError('no such shop')\n")

    failed = ended(folder, "run", "failing.py", "--workers", "1", "--max-requests", "9", "--preload")

    assert failed.returncode == 1
    assert failed.stderr.count("Traceback") == 1


async def test_workers_whose_work_is_done_end_the_command(folder):
    write(
        folder,
        "job.py",
        "async def prepare():\n    yield work\nasync def work():\n    print('done\\n', end='')\n",
    )

    job = ended(folder, "run", "job.py", "--workers", "3")

    assert (job.stdout, job.returncode) == ("done\n" * 3, 0)


async def test_a_boot_failure_ends_with_the_error_of_the_worker(folder):
    write(folder, "failing.py", "async def prepare():\n    raise ValueError('no such shop')\n")

    failed = ended(folder, "run", "failing.py", "--workers", "2", "--log-format", "text")

    assert failed.returncode == 1
    assert 'File "' + str(folder / "failing.py") in failed.stderr
    assert failed.stderr.endswith(
        "did not start\n"
        "  why     ValueError: no such shop\n"
        "  to fix  what the worker wrote above tells more; --workers 1 runs the same without workers\n"
    )


async def test_wrong_settings_end_with_2(folder):
    wrong = ended(folder, "run", "service.py", "--workers", "2", "--set", "greeter.number=many")

    assert wrong.returncode == 2
    assert "greeter.number   expected a whole number" in wrong.stderr
    assert "WorkerError: worker" in wrong.stderr


async def test_workers_that_die_again_and_again_end_it_within_the_budget(folder):
    write(
        folder,
        "crashing.py",
        """
        import asyncio, os
        from rostra import plugin

        async def crash(lifecycle: plugin.Lifecycle):
            await lifecycle.wait_for(plugin.Phase.RUNNING)
            await asyncio.sleep(0.05)  # the parent hears that it runs
            os._exit(7)

        async def prepare():
            yield crash
        """,
    )
    async with started(folder, "run", "crashing.py", "--workers", "2") as service:
        assert await service.ended() == 7
    starts = [line for line in service.lines if line["event"] == "worker.starting"]
    assert 2 * 6 <= len(starts) <= 2 * (6 + 1)
    await service.until("WorkerError: workers died again and again, 12 times within 60 s")


async def test_sys_exit_of_a_worker_is_its_exit_code(folder):
    write(folder, "leaving.py", "import sys\nasync def prepare():\n    sys.exit(3)\n")

    left = ended(folder, "run", "leaving.py", "--workers", "2")

    assert left.returncode == 3


async def test_what_is_imported_before_the_fork_is_shared_also_after_garbage_was_looked_for(folder):
    write(
        folder,
        "heavy.py",
        "CATALOGUE = [[] for _ in range(300_000)]  # twenty megabytes of what may be garbage\n",
    )
    write(
        folder,
        "thrifty.py",
        """
        import gc, heavy

        async def prepare():
            gc.collect()
            with open("/proc/self/smaps_rollup") as found:
                [private] = [line.split()[1] for line in found if line.startswith("Private_Dirty:")]
            print(f"{private}\\n", end="", flush=True)
        """,
    )

    alone = ended(folder, "run", "thrifty.py", "--workers", "2")
    shared = ended(folder, "run", "thrifty.py", "--workers", "2", "--preload")

    of_each, of_those_who_share = (
        [int(kilobytes) for kilobytes in each.stdout.split()] for each in (alone, shared)
    )
    assert len(of_each) == len(of_those_who_share) == 2
    assert max(of_those_who_share) + 15_000 < min(of_each)
