"""Threads that do not keep a process from ending: those of a program's loop, and those that see whether it is blocked."""

import _thread
import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from time import monotonic
from typing import ParamSpec, TypeVar

from rostra import log

P = ParamSpec("P")
T = TypeVar("T")

_log = log.get("rostra.plugin")

_SOON = 1.0
"""Seconds in which a loop that is well has answered a signal many times over."""


class Threads(Executor):
    """The threads of a loop, for ``asyncio.to_thread`` and the like; they begin with the first call that wants one.

    Most services never do, and what threads need of Python takes long to import.

    Args:
        loop: Whose threads they are, from now on.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._crowd: list[threading.Thread] = []
        self._pool: Executor | None = None
        if hasattr(loop, "_default_executor"):
            # Python's own loop. To tell it in public would import what a pool takes, to look whether this is one.
            setattr(loop, "_default_executor", self)  # noqa: B010  (no type knows it)
        else:
            loop.set_default_executor(self._begun())

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Call ``fn`` in one of the threads.

        Raises:
            RuntimeError: They were shut down.
        """
        return (self._pool or self._begun()).submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Accept nothing more, and let the threads end.

        Args:
            wait: Until they have ended, however long that takes.
            cancel_futures: What no thread has begun yet is cancelled; otherwise it is done first.
        """
        if self._pool is not None:
            self._pool.shutdown(wait, cancel_futures=cancel_futures)

    def join(self, seconds: float) -> list[str]:
        """Wait so long for the threads to end; return the names of those that do not."""
        last = monotonic() + seconds
        for thread in self._crowd:
            thread.join(max(0.0, last - monotonic()))
        return [thread.name for thread in self._crowd if thread.is_alive()]

    def _begun(self) -> Executor:
        from rostra.plugin.daemons import DaemonThreads

        self._pool = pool = DaemonThreads(crowd=self._crowd)
        return pool


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
