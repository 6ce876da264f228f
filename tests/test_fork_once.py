"""What runs in one worker only, seen as processes: it is done once, and what it ends is the stage of all."""

import signal
from pathlib import Path

import pytest
from command_line import ended, write
from workers import served

HEAD = """
import asyncio, os
from rostra import fork, log, plugin

def say(what):
    print(f"{what}\\n", end="", flush=True)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    return tmp_path


def program(folder: Path, source: str) -> str:
    write(folder, "job.py", source)
    (folder / "job.py").write_text(HEAD + (folder / "job.py").read_text())
    return "job.py"


@pytest.mark.parametrize("count", ["1", "3"])
def test_a_job_of_one_worker_is_done_once_and_the_others_end_with_it(folder: Path, count: str) -> None:
    job = program(
        folder,
        """
        async def work():
            say("done")

        async def sweep():
            await asyncio.Event().wait()

        async def prepare():
            yield plugin.task(work, workers="one")
            yield plugin.task(sweep, workers="one", background=True)
        """,
    )

    done = ended(folder, "run", job, "--workers", count)

    assert (done.stdout, done.returncode) == ("done\n", 0)


def test_what_the_others_have_begun_they_finish(folder: Path) -> None:
    job = program(
        folder,
        """
        async def work():
            say("once")

        async def take_part(worker: fork.Worker, lifecycle: plugin.Lifecycle):
            await lifecycle.wait_for(plugin.Phase.RUNNING)
            await asyncio.sleep(0.1 * worker.number)
            say(f"part {worker.number}")

        async def prepare():
            yield plugin.task(work, workers="one")
            yield take_part
        """,
    )

    done = ended(folder, "run", job, "--workers", "3")

    assert sorted(done.stdout.splitlines()) == ["once", "part 1", "part 2", "part 3"]
    assert done.returncode == 0


def test_one_that_sets_its_cancel_ends_all_workers_in_order(folder: Path) -> None:
    job = program(
        folder,
        """
        async def lead(cancel: plugin.Cancel):
            say("led")
            cancel.set()

        async def follow(cancel: plugin.Cancel):
            await cancel.wait()
            say("followed")

        async def prepare():
            yield plugin.task(lead, workers="one")
            yield follow
        """,
    )

    done = ended(folder, "run", job, "--workers", "2")

    assert done.stdout.splitlines().count("led") == 1
    assert done.stdout.splitlines().count("followed") >= 1  # one that has not begun yet need not
    assert done.returncode == 0


@pytest.mark.asyncio
async def test_what_was_done_is_not_done_again_when_its_worker_dies_but_after_a_reload(folder: Path) -> None:
    job = program(
        folder,
        """
        async def fill():
            log.get("job").info("filled")

        async def watch(cancel: plugin.Cancel):
            log.get("job").info("watching")
            await cancel.wait()

        async def prepare():
            yield plugin.task(fill, workers="one")
            yield plugin.task(watch, workers="one")
        """,
    )
    async with served(folder, job) as service:
        [finished] = await service.until("worker.finished")
        [watching] = await service.until("watching")
        assert finished["task"] == "task fill of plugin job"
        mark = service.mark

        service.workers()[watching["worker"]].kill()
        await service.until("watching", mark)
        await service.until("worker.running", mark, worker=watching["worker"])
        assert "filled" not in [line["event"] for line in service.lines[mark:]]

        mark = service.mark
        service.send(signal.SIGHUP)
        await service.until("filled", mark)
        service.send(signal.SIGTERM)
        assert await service.ended() == 0
