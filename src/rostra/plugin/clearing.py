"""What is left when the stage has ended? Tasks, generators and threads that the application itself started.

They are asked to end, for a bounded time. What does not is named in the log; the loop is closed all the same.
"""

import asyncio

from rostra import log
from rostra.plugin.threads import DaemonThreads

_PATIENCE = 0.5
_PATIENCE_FOR_THREADS = 2.0
"""Seconds. With the overtime of a teardown they are over before Kubernetes kills: 30 s after the signal."""

_log = log.get("rostra.plugin")


def clear(loop: asyncio.AbstractEventLoop, threads: DaemonThreads) -> None:
    """End what is left and close the loop."""
    try:
        loop.run_until_complete(_end_tasks())
        loop.run_until_complete(_end_generators(loop))
        threads.shutdown(wait=False, cancel_futures=True)
        if left := threads.join(_PATIENCE_FOR_THREADS):
            _log.error("threads.abandoned", threads=left)
    finally:
        loop.close()


async def _end_tasks() -> None:
    left = asyncio.all_tasks() - {asyncio.current_task()}
    told = {task for task in left if task.cancelling()}  # by those who cancelled them before
    for task in left:
        task.cancel()
    ended, left = await asyncio.wait(left, timeout=_PATIENCE) if left else (set(), set())
    for task in ended:
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("task.failed", task=task.get_name(), exc_info=error)
    for task in left - told:
        from rostra.plugin.hanging import at

        _log.error("task.abandoned", task=task.get_name(), awaits=at(task))


async def _end_generators(loop: asyncio.AbstractEventLoop) -> None:
    closing = loop.create_task(loop.shutdown_asyncgens())
    await asyncio.wait({closing}, timeout=_PATIENCE)
