"""A worker that is told to stop: in a process of its own, by a real signal."""

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

PATIENCE = 30.0

SHOP = """
    import asyncio
    from rostra import log, plugin
    from rostra_messaging import Publisher, subscribe

    @subscribe("orders.placed", group="billing", concurrency=1, prefetch=2)
    async def bill(number: int) -> None:
        log.get("shop").info("order.begun", number=number)
        {work}
        log.get("shop").info("order.billed", number=number)

    async def place(publisher: Publisher) -> None:
        for number in range(3):
            await publisher.publish("orders.placed", number)

    async def prepare():
        yield place
"""


@pytest.fixture
def worker(tmp_path: Path):
    """Starts a shop whose handler does this, and ends it after the test."""
    processes: list[subprocess.Popen[str]] = []

    def started(work: str, *, stop_timeout: float = 20, url: str = "memory://") -> subprocess.Popen[str]:
        (tmp_path / "shop.py").write_text(textwrap.dedent(SHOP).format(work=work))
        config = {"logging": {"format": "json"}, "messaging": {"url": url}}
        main = (
            f"from rostra import plugin; plugin.stage('shop', config={config}, stop_timeout={stop_timeout})"
        )
        path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
        process = subprocess.Popen(
            [sys.executable, "-c", main], cwd=tmp_path, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
        )  # fmt: skip
        processes.append(process)
        return process

    yield started
    for process in processes:
        process.kill()
        process.wait()
        process.stderr.close()


def events_until(process: subprocess.Popen[str], last: str) -> list[str]:
    """The events of the log up to this one."""
    seen = []
    for text in process.stderr:
        seen.append(json.loads(text)["event"] if text.startswith("{") else text)
        if seen[-1] == last:
            return seen
    raise AssertionError(f"no {last} among {seen}")


def test_a_worker_that_is_told_to_stop_finishes_what_it_handles_and_begins_nothing_more(worker):
    process = worker("await asyncio.sleep(0.3)")
    events_until(process, "order.begun")

    process.send_signal(signal.SIGTERM)
    events = events_until(process, "stage.stopped")

    assert process.wait(PATIENCE) == 0
    assert events.count("order.billed") == 1
    assert "order.begun" not in events


def test_a_worker_whose_handler_hangs_says_so_at_its_deadline(worker):
    process = worker("await asyncio.Event().wait()", stop_timeout=6)
    events_until(process, "order.begun")

    process.send_signal(signal.SIGTERM)
    events = events_until(process, "stage.stopped")

    assert process.wait(PATIENCE) == 1
    assert "message.cut" in events
    assert "order.billed" not in events


def test_a_second_signal_does_not_wait_for_the_deadline(worker):
    process = worker("await asyncio.Event().wait()", stop_timeout=600)
    events_until(process, "order.begun")

    process.send_signal(signal.SIGTERM)
    events_until(process, "stage.stopping")
    process.send_signal(signal.SIGTERM)
    events = events_until(process, "stage.stopped")

    assert process.wait(PATIENCE) == 1
    assert "message.cut" in events


DEAF = """from rostra import context
    await context.get(plugin.Lifecycle).wait_for(plugin.Phase.STOPPING)
    for _ in range(20):  # until all who stop have begun to
        await asyncio.sleep(0)
    log.get("shop").info("order.deaf")
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            pass"""


def test_a_handler_that_ignores_that_it_is_cut_is_shown_and_ends_with_the_process(worker):
    process = worker(DEAF, stop_timeout=600)
    events_until(process, "order.begun")

    process.send_signal(signal.SIGTERM)
    events_until(process, "order.deaf")
    process.send_signal(signal.SIGTERM)
    told = process.stderr.read()

    assert process.wait(PATIENCE) == 1
    assert "message.cut" in told
    assert re.search(r"\\n    bill shop.py:\d+ .*await asyncio.Event\(\).wait\(\)", told)
    assert "exception.ignored" not in told
