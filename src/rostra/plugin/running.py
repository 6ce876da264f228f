"""A stage, or its rehearsal, as a whole program: it owns the event loop, its threads, the signals, and what is left at the end.

The thread's current loop and policy are not touched. The loop's threads are daemons: one that never comes
back does not keep the process from ending.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import AsyncExitStack, contextmanager
from time import monotonic
from typing import Any, ParamSpec, TypeVar

from rostra import errors, log
from rostra.components import Components
from rostra.config import ConfigSource
from rostra.garbage import collected_seldom
from rostra.plugin.finding import Named
from rostra.plugin.lifecycle import Phase
from rostra.plugin.signals import Signals, stack_of
from rostra.plugin.stage import Stage

P = ParamSpec("P")
T = TypeVar("T")
Result = TypeVar("Result")

_PATIENCE = 2.0
"""Seconds that the loop has to notice by itself that a start takes too long."""

_LATER = 5.0
"""Seconds after which what a start did without is imported, for whoever needs it when no file can be opened any more."""

_FOR_TASKS = 0.5
_FOR_THREADS = 2.0
"""Seconds for what is left. With the overtime of a teardown they are over before Kubernetes kills: 30 s after the signal."""

_log = log.get("rostra.plugin")


def stage(
    *plugins: Named,
    components: Components | None = None,
    config: ConfigSource | Mapping[str, Any] | None = None,
    signals: Signals | None = None,
    start_timeout: float = 60,
    stop_timeout: float = 25,
    return_exceptions: bool = False,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> list[Any]:
    """Run an application from its first plugin to the end of its teardown.

    It ends when all tasks but background ones have ended, when one fails or sets its Cancel, or when a signal
    comes: the first SIGTERM or SIGINT stops it in order, a second one cancels what still runs, a third ends
    the process; SIGHUP stops it in order, however often it comes. Signal handlers, and the thread's event loop
    and policy, are as before afterwards.

    Args:
        plugins: What to load, in order: modules, dotted names, ``module:function``, entry points, functions.
            What the setting ``plugins`` lists is loaded before.
        components: Components that the stage sees below its own.
        config: The settings, or mappings of them; empty if left out.
        signals: What signals do; ``Signals()`` if left out. Outside of the main thread there are none.
        start_timeout: Seconds for preparing and starting.
        stop_timeout: Seconds for draining and teardown together.
        return_exceptions: Exceptions of tasks stand among the results, instead of being raised.
        loop_factory: Makes the event loop, such as ``uvloop.new_event_loop``.

    Returns:
        The results of the tasks, in the order in which they were yielded; None for one that the stop
        cancelled.

    Raises:
        PluginError: An event loop runs here already.
        ExceptionGroup: What tasks raised, each with a note that says which task it was.
        StartTimeoutError: Not everything started in time.
        StopTimeoutError: The stop was cut short.
        Exception: Whatever a ``prepare`` raised.
    """
    made = Stage(
        "rostra.log",
        *plugins,
        components=components,
        config=config,
        start_timeout=start_timeout,
        stop_timeout=stop_timeout,
        return_exceptions=return_exceptions,
    )
    del config  # it may hold secrets, and tracebacks may show what stands here
    return program(made, _run, loop_factory, signals=signals or Signals(), start_timeout=start_timeout)


def program(
    made: Stage,
    live: Callable[[Stage], Coroutine[Any, Any, Result]],
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
    *,
    signals: Signals,
    start_timeout: float,
    blocked: Callable[[int], None] | None = None,
) -> Result:
    """Let a stage live as a whole program.

    Args:
        made: The stage.
        live: What is done with it in its loop.
        loop_factory: Makes the loop.
        signals: What signals do.
        start_timeout: Seconds for preparing and starting.
        blocked: Called from another thread, with the ident of this one, when a start that takes too long does not even
            let the loop turn. It is logged if this is left out.

    Raises:
        PluginError: An event loop runs here already.
    """
    check_no_loop_runs("plugin.stage()")
    loop = (loop_factory or asyncio.new_event_loop)()
    threads = Threads(loop)
    with signals.installed(made, loop):
        try:
            with _watched(lambda: made.phase < Phase.RUNNING, start_timeout + _PATIENCE, blocked):
                return _completed(loop, made, live)
        finally:
            clear(loop, threads)


def _completed(
    loop: asyncio.AbstractEventLoop, made: Stage, live: Callable[[Stage], Coroutine[Any, Any, Result]]
) -> Result:
    running = loop.create_task(live(made), name="the stage: program")
    try:
        return loop.run_until_complete(running)
    except (SystemExit, KeyboardInterrupt) as error:
        if not running.done():  # a task or callback that is not the stage's raised it, and broke the loop
            made.stop(f"somebody raised {type(error).__name__}")
            loop.run_until_complete(running)
        raise


async def _run(made: Stage) -> list[Any]:
    async with AsyncExitStack() as stack:
        with collected_seldom():
            await stack.enter_async_context(made)
        return await made.run()


def check_no_loop_runs(called: str) -> None:
    """Refuse to begin where somebody else's loop runs.

    Raises:
        PluginError: One does.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise errors.PluginError(
        f"{called} cannot be called while an event loop runs in this thread",
        why=("it makes and owns its event loop",),
        fix=("in a coroutine: async with plugin.Stage(...) as stage: await stage.run()",),
    )


@contextmanager
def _watched(
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


class Threads(Executor):
    """The threads of a loop, for ``asyncio.to_thread`` and the like.

    What they need of Python takes long to import, so that is done by the first call that wants one, or a few seconds after the
    start: later there may be no file left that could be opened.

    Args:
        loop: Whose threads they are, from now on.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._crowd: list[threading.Thread] = []
        self._guard = threading.Lock()
        self._pool: Executor | None = None
        self._is_over = False
        if _has_pythons_executor(loop):
            # To tell it in public would import Python's own pool, to look whether this is one.
            setattr(loop, "_default_executor", self)  # noqa: B010  (no type knows it)
            loop.call_later(_LATER, _be_ready)
        else:
            from rostra.plugin.pools import Pool

            self._pool = pool = Pool(self._crowd)
            loop.set_default_executor(pool)

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
        with self._guard:
            self._is_over = True
        if self._pool is not None:
            self._pool.shutdown(wait, cancel_futures=cancel_futures)

    def join(self, seconds: float) -> list[str]:
        """Wait so long for the threads to end; return the names of those that do not."""
        last = monotonic() + seconds
        for thread in self._crowd:
            thread.join(max(0.0, last - monotonic()))
        return [thread.name for thread in self._crowd if thread.is_alive()]

    def _begun(self) -> Executor:
        with self._guard:  # who is in a thread of his own may be the first, too
            if self._pool is None:
                if self._is_over:
                    msg = "the threads of this loop were shut down"
                    raise RuntimeError(msg)
                from rostra.plugin.daemons import DaemonThreads

                self._pool = DaemonThreads(crowd=self._crowd)
            return self._pool


def _be_ready() -> None:
    """Import what a first call that blocks needs."""
    from rostra.plugin import daemons  # noqa: F401  (to be there)


def _has_pythons_executor(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether what a loop does with an executor is what Python's own loops do."""
    kind, own = type(loop), asyncio.BaseEventLoop
    return hasattr(loop, "_default_executor") and all(
        getattr(kind, name) is getattr(own, name) for name in ("set_default_executor", "run_in_executor")
    )


def clear(loop: asyncio.AbstractEventLoop, threads: Threads) -> None:
    """End what is left when the stage has ended, for a bounded time, and close the loop.

    That is what the application itself started: tasks, generators and threads. What does not end is named in the log.
    """
    try:
        loop.run_until_complete(_end_tasks())
        loop.run_until_complete(_end_generators(loop))
        threads.shutdown(wait=False, cancel_futures=True)
        if left := threads.join(_FOR_THREADS):
            _log.error("threads.abandoned", threads=left)
    finally:
        loop.close()


async def _end_tasks() -> None:
    left = asyncio.all_tasks() - {asyncio.current_task()}
    told = {task for task in left if task.cancelling()}  # by those who cancelled them before
    for task in left:
        task.cancel()
    ended, left = await asyncio.wait(left, timeout=_FOR_TASKS) if left else (set(), set())
    for task in ended:
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("task.failed", task=task.get_name(), exc_info=error)
    for task in left - told:
        from rostra.plugin.hanging import at

        _log.error("task.abandoned", task=task.get_name(), awaits=at(task))
    for task in left:  # each is told; asyncio would tell of it again when it is collected, without a place
        task._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001  (no public way to say so)


async def _end_generators(loop: asyncio.AbstractEventLoop) -> None:
    closing = loop.create_task(loop.shutdown_asyncgens())
    await asyncio.wait({closing}, timeout=_FOR_TASKS)
