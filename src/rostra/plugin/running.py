"""A stage, or its rehearsal, as a whole program: it owns the event loop, the signals, and what is left at the end.

The thread's current loop and policy are not touched. The loop's threads are daemons: one that never comes
back does not keep the process from ending.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from itertools import dropwhile
from typing import Any, TypeVar

from rostra import errors
from rostra.components import Components
from rostra.config import ConfigSource
from rostra.garbage import collected_seldom
from rostra.plugin.finding import LISTED, Named
from rostra.plugin.lifecycle import Phase
from rostra.plugin.rehearsing import Rehearsal, Rehearsing
from rostra.plugin.signals import Signals
from rostra.plugin.stage import Stage

Result = TypeVar("Result")

_PATIENCE = 2.0
"""Seconds that the loop has to notice by itself that a start takes too long."""


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
        *(() if LISTED in plugins else (LISTED,)),
        *plugins,
        components=components,
        config=config,
        start_timeout=start_timeout,
        stop_timeout=stop_timeout,
        return_exceptions=return_exceptions,
    )
    del config  # it may hold secrets, and tracebacks may show what stands here
    loop = _new_loop(loop_factory)
    return _program(made, _run, loop, signals=signals or Signals(), start_timeout=start_timeout)


def rehearse(
    *plugins: Named,
    look: Callable[[Rehearsal], None],
    config: ConfigSource | Mapping[str, Any] | None = None,
    start_timeout: float = 60,
    blocked: "Callable[[errors.StartTimeoutError], None] | None" = None,
) -> BaseException | None:
    """Prepare plugins, look at what a stage would be made of, and put it away; no task is started.

    A plugin that cannot be prepared does not keep the others from it. The event loop is owned as by ``stage``.

    Args:
        plugins: What to load, in order, as for ``stage``.
        look: Called once: when all is prepared, while the stage stands; or, if that took too long, with what
            there was, after it was put away.
        config: The settings, or mappings of them; empty if left out.
        start_timeout: Seconds for preparing.
        blocked: Called from another thread when a ``prepare`` neither ends in time nor awaits: nothing in the loop
            can end it. It is logged if this is left out.

    Returns:
        What went wrong besides what was seen: a start that took too long, what the teardown raised.

    Raises:
        PluginError: An event loop runs here already.
        KeyboardInterrupt: A signal came first.
    """
    rehearsing = Rehearsing(look)
    made = Stage(*plugins, config=config, start_timeout=start_timeout, rehearsing=rehearsing)
    del config  # as above
    signals = Signals()
    ended = _program(
        made,
        _rehearsed,
        _new_loop(None),
        signals=signals,
        start_timeout=start_timeout,
        blocked=_telling(blocked, start_timeout),
    )
    if not rehearsing.has_looked and signals.stops:
        raise KeyboardInterrupt
    rehearsing.end_early(made.components, made.records)
    return ended


def _new_loop(factory: Callable[[], asyncio.AbstractEventLoop] | None) -> asyncio.AbstractEventLoop:
    check_no_loop_runs("plugin.stage()")
    return (factory or asyncio.new_event_loop)()


def _program(
    made: Stage,
    live: Callable[[Stage], Coroutine[Any, Any, Result]],
    loop: asyncio.AbstractEventLoop,
    *,
    signals: Signals,
    start_timeout: float,
    blocked: Callable[[int], None] | None = None,
) -> Result:
    from rostra.plugin.clearing import clear
    from rostra.plugin.threads import DaemonThreads, watched

    threads = DaemonThreads()
    loop.set_default_executor(threads)
    with signals.installed(made, loop):
        try:
            with watched(lambda: made.phase < Phase.RUNNING, start_timeout + _PATIENCE, blocked):
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


async def _rehearsed(made: Stage) -> BaseException | None:
    try:
        async with made:
            pass
    except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001  (it is told with what was seen)
        return error
    return None


def _telling(
    blocked: "Callable[[errors.StartTimeoutError], None] | None", seconds: float
) -> Callable[[int], None] | None:
    """What the watchdog does to tell ``blocked`` where a thread hangs."""
    if blocked is None:
        return None

    def tell(thread: int) -> None:
        from rostra.plugin.hanging import calls, drawn, telling

        below = dropwhile(lambda place: place.file != __file__, calls(thread))  # without who called rostra
        blocked(errors.StartTimeoutError(seconds, drawn(telling(tuple(below)))))

    return tell


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
