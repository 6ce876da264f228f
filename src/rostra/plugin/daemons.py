"""Threads for calls that block: like those of Python's own pool, but they do not keep a process from ending.

What they need of Python is imported by the first call that blocks. It is not Python's own pool, which nothing can import any
more once the main thread has ended, and which takes long to import.
"""

import os
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class DaemonThreads(Executor):
    """An executor whose threads are daemons.

    The interpreter waits for the threads of Python's own one when it ends, so that one call that never
    returns hangs the process for good.

    Args:
        most: How many threads at once.
        crowd: Gets each thread that begins.
    """

    def __init__(self, most: int | None = None, crowd: list[threading.Thread] | None = None) -> None:
        self._most = most or min(32, (os.cpu_count() or 1) + 4)
        self._queue: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        self._waiting = threading.Semaphore(0)
        self._crowd = [] if crowd is None else crowd
        self._guard = threading.Lock()
        self._is_over = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Call ``fn`` in one of the threads.

        Raises:
            RuntimeError: This executor was shut down.
        """
        future: Future[T] = Future()
        with self._guard:
            if self._is_over:
                msg = "the threads of this loop were shut down"
                raise RuntimeError(msg)
            self._queue.put((future, lambda: fn(*args, **kwargs)))
            if not self._waiting.acquire(blocking=False) and len(self._crowd) < self._most:
                name = f"rostra thread {len(self._crowd) + 1}"
                thread = threading.Thread(target=self._work, name=name, daemon=True)
                self._crowd.append(thread)
                thread.start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Accept nothing more, and let the threads end.

        Args:
            wait: Until they have ended, however long that takes.
            cancel_futures: What no thread has begun yet is cancelled; otherwise it is done first.
        """
        with self._guard:
            self._is_over = True
            if cancel_futures:
                self._cancel_waiting()
            for _ in self._crowd:
                self._queue.put(None)
        if wait:
            for thread in self._crowd:
                thread.join()

    def _cancel_waiting(self) -> None:
        with suppress(queue.Empty):
            while True:
                if (work := self._queue.get_nowait()) is not None:
                    work[0].cancel()

    def _work(self) -> None:
        while (work := self._queue.get()) is not None:
            _settle(*work)
            del work  # what it holds is not kept until the next one comes
            self._waiting.release()


def _settle(future: "Future[T]", run: Callable[[], T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = run()
    except BaseException as error:  # noqa: BLE001  (whoever awaits it gets it)
        future.set_exception(error)
    else:
        future.set_result(result)
