"""Threads that do not keep a process from ending: the loop's executor, and the watchdog of the start."""

import _thread
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Any, ParamSpec, TypeVar

from rostra import log

P = ParamSpec("P")
T = TypeVar("T")

_log = log.get("rostra.plugin")

_SOON = 1.0
"""Seconds in which a loop that is well has answered a signal many times over."""


class DaemonThreads(ThreadPoolExecutor):
    """An executor whose threads are daemons, for ``loop.set_default_executor``.

    The interpreter waits for the threads of Python's own one when it ends, so that one call that never
    returns hangs the process for good.

    Args:
        most: How many threads at once.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = most or min(32, (os.cpu_count() or 1) + 4)
        super().__init__(self._most)
        self._queue: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        self._waiting = threading.Semaphore(0)
        self._crowd: list[threading.Thread] = []
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
            self.join(threading.TIMEOUT_MAX)

    def join(self, seconds: float) -> list[str]:
        """Wait so long for the threads to end; return the names of those that do not."""
        last = monotonic() + seconds
        for thread in self._crowd:
            thread.join(max(0.0, last - monotonic()))
        return [thread.name for thread in self._crowd if thread.is_alive()]

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


@contextmanager
def watched(
    is_starting: Callable[[], bool], seconds: float, blocked: Callable[[int], None] | None = None
) -> Iterator[None]:
    """If the start is not over after so many seconds, log what this thread is doing.

    The loop itself sees to a start that awaits too long. This is for one that does not await, such as an
    import that blocks: nothing in the loop runs then.

    Args:
        is_starting: Asked from another thread when the time is up.
        seconds: How long the loop has to notice it by itself.
        blocked: What to do instead of logging it; called from another thread with the ident of this one.
    """
    over = threading.Event()
    watched_thread = threading.get_ident()

    def watch() -> None:
        if over.wait(min(seconds, threading.TIMEOUT_MAX)) or not is_starting():
            return
        if blocked is not None:
            blocked(watched_thread)
        else:
            _log.critical("start.blocked", seconds=seconds, stack=stack_of(watched_thread))

    threading.Thread(target=watch, name="rostra watchdog", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def tell_if_blocked(answered: threading.Event, signal: str) -> None:
    """If the loop has not answered a signal soon, log what its thread is doing instead; for handlers of signals.

    The handler may have interrupted anything, also the start of a thread: so none is started by ``threading``,
    which takes a lock for that.
    """
    blocked = threading.get_ident()

    def watch() -> None:
        if not answered.wait(_SOON):
            _log.error("loop.blocked", signal=signal, seconds=_SOON, stack=stack_of(blocked))

    _thread.start_new_thread(watch, ())


def stack_of(thread: int) -> str:
    """What a thread is doing, outermost call first."""
    from traceback import format_stack

    frame = sys._current_frames().get(thread)  # noqa: SLF001  (there is no other way)
    return "".join(format_stack(frame)).rstrip() if frame is not None else "it has ended"
