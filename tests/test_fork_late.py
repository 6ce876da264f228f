"""Workers that take too long: to start, to stop, or only because everything was suspended."""

import asyncio
import os
import signal
from pathlib import Path

import pytest
from command_line import write
from workers import served, started

pytestmark = pytest.mark.asyncio

WAITING = """
from rostra import plugin

async def wait(cancel: plugin.Cancel):
    await cancel.wait()

async def prepare():
    yield wait
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    return tmp_path


async def test_a_start_that_blocks_shows_its_stacks_and_ends_all(folder):
    write(
        folder,
        "blocking.py",
        """
        import time

        def import_for_ever():
            time.sleep(1000)

        async def prepare():
            import_for_ever()
        """,
    )
    async with started(
        folder, "run", "blocking.py", "--workers", "2", "--start-timeout", "1", "--stop-timeout", "1"
    ) as service:
        assert await service.ended() == 1

    late, *_ = await service.until("worker.late")
    died, *_ = await service.until("worker.unstarted", worker=late["worker"])
    assert died["how"] == "its start took too long, and it was ended by SIGABRT"
    assert "import_for_ever" in died["stacks"]
    await service.until("  why     its start took too long, and it was ended by SIGABRT")


async def test_a_stop_that_blocks_is_killed_and_told(folder):
    write(
        folder,
        "blocking.py",
        """
        import time
        from rostra import plugin

        async def block_at_the_end(cancel: plugin.Cancel):
            await cancel.wait()
            time.sleep(1000)

        async def prepare():
            yield block_at_the_end
        """,
    )
    async with served(folder, "blocking.py", "--stop-timeout", "1", "--heartbeat", "1") as service:
        service.send(signal.SIGTERM)

        assert await service.ended() == 1

    assert len(await service.until("worker.killed", why="its stop took too long", count=2)) == 2
    await service.until("  why     it was ended by SIGKILL")


async def test_when_all_were_suspended_together_nobody_is_blamed(folder):
    write(folder, "waiting.py", WAITING)
    async with served(folder, "waiting.py", "--heartbeat", "3") as service:
        before = service.workers()

        service.send(signal.SIGSTOP)
        for each in before.values():
            each.suspend()
        await asyncio.sleep(5)  # longer than a heartbeat: that is what is tested
        service.send(signal.SIGCONT)
        for each in before.values():
            each.resume()
        service.send(signal.SIGTTIN)
        await service.until("worker.running", worker=3)

        assert "worker.silent" not in [line["event"] for line in service.lines]
        assert before.items() <= service.workers().items()


async def test_a_parent_that_was_held_up_blames_nobody(folder):
    write(folder, "waiting.py", WAITING)
    settings = folder / "settings.toml"
    write(folder, "settings.toml", "")
    async with served(folder, "waiting.py", "--config", "settings.toml", "--heartbeat", "1") as service:
        settings.unlink()
        os.mkfifo(settings)  # whoever reads it waits for a writer
        service.send(signal.SIGHUP)
        await asyncio.sleep(4)  # longer than a heartbeat: that is what is tested
        await asyncio.to_thread(settings.write_text, "")
        await service.until("workers.reloaded")

        assert "worker.silent" not in [line["event"] for line in service.lines]


async def test_the_time_in_which_the_parent_was_held_up_is_not_that_of_new_workers(folder):
    write(folder, "slow.py", "import asyncio\n\nasync def prepare():\n    await asyncio.sleep(2)\n")
    settings = folder / "settings.toml"
    write(folder, "settings.toml", "plugins = ['slow', 'waiting']")
    write(folder, "waiting.py", WAITING)
    async with served(folder, "--config", "settings.toml", "--start-timeout", "3") as service:
        settings.unlink()
        os.mkfifo(settings)
        service.send(signal.SIGHUP)
        await asyncio.sleep(7)  # nearly as long as a start may take in all: that is what is tested
        await asyncio.to_thread(settings.write_text, "plugins = ['slow', 'waiting']")
        await service.until("workers.reloaded")

        assert "worker.late" not in [line["event"] for line in service.lines]
