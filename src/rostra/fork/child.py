"""A worker, from the moment after the fork to its end: what it has of its parent is put off, then it runs the stage."""

import asyncio
import atexit
import faulthandler
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from typing import NoReturn

from rostra import log, plugin
from rostra.components import Components
from rostra.config import ConfigSource
from rostra.fork.channel import Channel
from rostra.fork.link import Link
from rostra.fork.messages import Concluded, Ended, Finished, Recorded
from rostra.fork.once import Once
from rostra.fork.program import Logged, Program, in_short
from rostra.fork.sockets import Bound, Sockets
from rostra.fork.titles import set_title
from rostra.fork.worker import Worker
from rostra.plugin import Chosen, Signals
from rostra.plugin.signals import Stoppable

_FATAL = (signal.SIGINT, signal.SIGTERM)
_HARMLESS = (signal.SIGHUP, signal.SIGUSR1)
"""These reach whole groups of processes; before the stage handles the second, it would end the worker."""

_LAST_WORD = 2.0
"""Seconds for the parent to take the last message."""


def put_off(signals: Iterable[int], abandon: Callable[[], None], mask: Iterable[int]) -> None:
    """Be nobody's parent any more: no handlers, no files of the parent's; then signals come again.

    Args:
        signals: That the parent handled.
        abandon: Closes what is the parent's.
        mask: Which signals were blocked before the fork.
    """
    signal.set_wakeup_fd(-1)
    for number in signals:
        signal.signal(number, signal.SIG_DFL)
    for number in _HARMLESS:
        signal.signal(number, _hear_nothing)  # ignoring them would be inherited by what the worker starts
    abandon()
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _hear_nothing(_number: int, _frame: object) -> None:
    """A signal that means nothing to a worker that has no stage yet."""


class WorkerSignals(Signals):
    """As those of a stage, but for SIGHUP: the parent reloads at it, also when it reaches the whole group.

    When the stage has ended none comes any more: the exit code says how that was, and not a late signal.
    """

    def actions(self) -> Mapping[int, Callable[[Stoppable], None]]:
        """What each signal does; SIGHUP goes on to do nothing."""
        return {number: act for number, act in super().actions().items() if number != signal.SIGHUP}

    @contextmanager
    def installed(self, stage: Stoppable, loop: asyncio.AbstractEventLoop | None = None) -> Iterator[None]:
        """Let signals act on ``stage`` during the body."""
        with super().installed(stage, loop):
            try:
                yield
            finally:
                signal.pthread_sigmask(signal.SIG_BLOCK, {*_FATAL, *_HARMLESS})


def live(
    program: Program,
    source: ConfigSource,
    worker: Worker,
    sockets: Sequence[Bound],
    channel: Channel,
    stacks: int,
    once: Once | None,
) -> NoReturn:
    """Run the stage, tell the parent how it ended, and end the process.

    Args:
        program: What to run.
        source: The settings of this generation.
        worker: Who this is.
        sockets: Those bound for this worker.
        channel: To the parent.
        stacks: A descriptor that takes the stacks of a crash.
        once: What the workers have told, as long as none has ever run.
    """
    code = 1
    try:
        atexit._clear()  # what the parent registered is the parent's  # noqa: SLF001  (as multiprocessing does)
        atexit.register(logging.shutdown)  # or lines that wait in a handler would be lost
        faulthandler.enable(stacks)
        log.bind_process(worker=worker.number)
        set_title(f"rostra worker {worker.number}: {program.title}")
        code = _lived(program, source, worker, sockets, channel, once)
        threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001  (likewise; typeshed does not know it)
        atexit._run_exitfuncs()  # noqa: SLF001  (likewise)
    except BaseException as error:  # noqa: BLE001  (nothing may get into the parent's frames)
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        _leave(code)


def _lived(
    program: Program,
    source: ConfigSource,
    worker: Worker,
    sockets: Sequence[Bound],
    channel: Channel,
    once: Once | None,
) -> int:
    signals = WorkerSignals()
    turn = Chosen(
        is_chosen=False,
        tell=lambda task: link.send(Finished(task)),
        conclude=lambda reason: link.send(Concluded(reason)),
    )
    link = Link(channel, worker, turn, program.beat, program.recycling)
    worker.count_request = link.endurance.counter
    layer = (program.components or Components(label="given")).push("worker")
    for component in (worker, turn, link, link.merged, Sockets(sockets, ask=link.asking.ask)):
        layer.add(component)
    code, error = _ran(program, source, layer, signals, once)
    channel.send(Recorded(link.merged.taken()))
    channel.send(Ended(code, signals.stops > 0, error))
    channel.finish(_LAST_WORD)
    return code


def _ran(
    program: Program, source: ConfigSource, layer: Components, signals: Signals, once: Once | None
) -> tuple[int, str]:
    """The exit code, and what went wrong in one line."""
    failure: BaseException | None = None
    try:
        with _reported(program):
            try:
                plugin.stage(
                    "rostra.fork.link",
                    *program.plugins,
                    components=layer,
                    config=source,
                    signals=signals,
                    start_timeout=program.start_timeout,
                    stop_timeout=program.stop_timeout,
                    loop_factory=program.loop_factory,
                )
            except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001  (it is told below)
                failure = error
    except SystemExit as leaving:
        return _code(leaving), ""
    if failure is None:
        return 0, ""
    tell = partial(_told, program, failure)
    code = tell() if once is None else once.told(_in_full(failure), tell)
    return code, in_short(failure)


def _told(program: Program, error: BaseException) -> int:
    """Tell what went wrong; with which exit code to leave."""
    try:
        with _reported(program):
            raise error
    except SystemExit as leaving:
        return _code(leaving)


def _reported(program: Program) -> AbstractContextManager[None]:
    return program.reported() if program.reported is not None else Logged()


def _in_full(error: BaseException) -> str:
    from traceback import format_exception

    return "".join(format_exception(error))


def _code(leaving: SystemExit) -> int:
    """As Python would end with; a text is printed."""
    if leaving.code is None or isinstance(leaving.code, int):
        return (leaving.code or 0) & 0xFF
    print(leaving.code, file=sys.stderr)  # noqa: T201  (as Python does)
    return 1


def _leave(code: int) -> NoReturn:
    for stream in (sys.stdout, sys.stderr):
        with suppress(ValueError, OSError, AttributeError):
            stream.flush()
    os._exit(code)


def settle_memory() -> None:
    """Let what there is be shared by all processes that are forked from now on: nobody looks at it for garbage again."""
    gc.collect()
    gc.freeze()
