"""Work that is started and forgotten, without being lost: bounded, failures told, cancelled at teardown."""

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from rostra import context, di, errors, log
from rostra.components import Components
from rostra.plugin.tasks import name_of_run

_PATIENCE = 1.0
_Job: TypeAlias = Coroutine[Any, Any, Any] | Callable[..., Any]
_log = log.get("rostra.plugin")


class Jobs:
    """Background coroutines in the stage's context. A component.

    ::

        @post("/orders")
        async def place(order: Order, jobs: plugin.Jobs) -> Order:
            jobs.start(send_receipt(order))
            return order

    A job that fails is logged and counted, and nothing else happens: whoever needs its result awaits the work
    instead. Jobs run on while the stage drains; those that are left at teardown are cancelled and awaited.

    Args:
        layer: Of the stage. Each job runs in a layer of its own above it.
        limit: How many may run at once. One more is an error, not a wait: waiting would turn ``start`` into
            something that may hang, and its caller would hold on to what it was to get rid of.
    """

    def __init__(self, layer: Components, limit: int = 1000) -> None:
        self._layer = layer
        self._limit = limit
        self._running: set[asyncio.Task[Any]] = set()
        self._failed = 0
        self._is_closed = False

    @property
    def limit(self) -> int:
        """How many may run at once."""
        return self._limit

    @property
    def running(self) -> int:
        """How many run now."""
        return len(self._running)

    @property
    def failed(self) -> int:
        """How many have failed since the stage began."""
        return self._failed

    def start(self, job: _Job, *, name: str | None = None) -> None:
        """Let ``job`` run in the background.

        Args:
            job: A coroutine, or a function whose parameters come from ``di``.
            name: How the log calls it; the name of the function if it is left out.

        Raises:
            JobsFullError: As many run as may. The coroutine is closed.
            ClosedError: The stage is at its teardown. The coroutine is closed.
        """
        if self._is_closed or len(self._running) >= self._limit:
            _discard(job)
            raise errors.ClosedError("jobs") if self._is_closed else errors.JobsFullError(self._limit)
        called = name or name_of_run(job)
        layer = Components(self._layer, f"job {called}")
        layer.add(di.Unscoped())
        task = asyncio.get_running_loop().create_task(
            _run(job, called), name=f"job {called}", context=context.bound(layer)
        )
        self._running.add(task)
        task.add_done_callback(lambda _: self._ended(task, job, called))

    async def close(self) -> None:
        """Let no more start, cancel those that run and wait until they have ended; for a bounded time."""
        self._is_closed = True
        left = set(self._running)
        for task in left:
            task.cancel()
        if left:
            _, left = await asyncio.wait(left, timeout=_PATIENCE)
        for task in left:
            from rostra.plugin.hanging import at

            _log.error("job.abandoned", job=task.get_name(), awaits=at(task))

    def _ended(self, task: "asyncio.Task[Any]", job: _Job, name: str) -> None:
        self._running.discard(task)
        _discard(job)  # one that was cancelled before its first step was never awaited
        cancelled_by_us = self._is_closed and task.cancelled()
        if cancelled_by_us:
            return
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is not None:
            self._failed += 1
            _log.error("job.failed", job=name, exc_info=error)


def _discard(job: _Job) -> None:
    if inspect.iscoroutine(job):
        job.close()


async def _run(job: _Job, name: str) -> None:
    log.bind(job=name)
    if callable(job):
        await di.call(job)
    else:
        await job
