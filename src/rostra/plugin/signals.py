"""What do signals mean to a stage? The first: stop; the second: hurry; the third ends the process.

Handlers are Python's own (``signal.signal``), so that they run also while the loop is blocked by Python code, and each
signal wakes the loop. All they do is to call into it, but for the third signal, which waits for nobody. A loop that does not
answer, because something blocks it, is told with what its thread is doing. Only the main thread can have handlers; a stage
elsewhere goes without.
"""

import _thread
import asyncio
import contextvars
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Protocol

from rostra import context, log
from rostra.components import Components

_log = log.get("rostra.plugin")

_SOON = 1.0
"""Seconds in which a loop that is well has answered a signal many times over."""


class Stoppable(Protocol):
    """What signals act upon: a stage."""

    @property
    def components(self) -> Components:
        """Its layer."""
        ...

    def stop(self, reason: str = ...) -> None:
        """End in good order."""
        ...

    def stop_now(self, reason: str = ...) -> None:
        """Cancel all tasks, and then put everything away."""
        ...


class Signals:
    """SIGTERM and SIGINT stop a stage, so does SIGHUP, SIGUSR1 logs every task with where it awaits.

    To handle others, or to do something else, derive and override ``actions``::

        class WithReload(plugin.Signals):
            def actions(self):
                return {**super().actions(), signal.SIGHUP: self.reload}

            def reload(self, stage):
                stage.components.get(Templates).reload()
    """

    def __init__(self) -> None:
        self._stops = 0
        self._name = ""
        self._is_hung_up = False

    @property
    def stops(self) -> int:
        """How often it was signalled to stop; SIGHUP counts if nothing else came, and once."""
        return max(self._stops, int(self._is_hung_up))

    def actions(self) -> Mapping[int, Callable[[Stoppable], None]]:
        """What each signal does; called with the stage, in the thread and context of its loop."""
        return {
            signal.SIGTERM: self.stop,
            signal.SIGINT: self.stop,
            signal.SIGHUP: self.hang_up,
            signal.SIGUSR1: self.show_tasks,
        }

    def stop(self, stage: Stoppable) -> None:
        """The first time stop in good order, the second time at once."""
        if self._stops <= 1:
            stage.stop(self._name)
        else:
            stage.stop_now(f"a second signal, {self._name}")

    def hang_up(self, stage: Stoppable) -> None:
        """The terminal was closed: stop in good order, however often it is said.

        One that closes may send SIGHUP twice, by the system and by its shell, and the end of a session SIGTERM besides;
        so it hurries nothing, and a SIGTERM after it is a first one. Where it is ignored, as below ``nohup``, it stays so.
        """
        self._is_hung_up = True
        stage.stop(signal.SIGHUP.name)

    def show_tasks(self, stage: Stoppable) -> None:  # noqa: ARG002  (every action gets the stage)
        """Log every task of the loop and where it awaits."""
        from rostra.plugin.hanging import at

        for task in sorted(asyncio.all_tasks(), key=asyncio.Task.get_name):
            _log.warning("task.shown", task=task.get_name(), awaits=at(task))

    @contextmanager
    def installed(self, stage: Stoppable, loop: asyncio.AbstractEventLoop | None = None) -> Iterator[None]:
        """Let signals act on ``stage`` during the body; afterwards the handlers are as they were.

        Outside of the main thread this does nothing.

        Args:
            stage: What to act on.
            loop: Of the stage; the running one if it is left out.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = loop or asyncio.get_running_loop()
        self._stops = 0
        self._is_hung_up = False
        before = {number: signal.getsignal(number) for number in self.actions()}
        surroundings = context.bound(stage.components)  # not those of whatever a signal happens to interrupt
        with _waking(loop):
            try:
                for number, act in self.actions().items():
                    if act != self.hang_up or before[number] is not signal.SIG_IGN:  # nohup ignores it
                        signal.signal(number, self._handler(act, stage, loop, surroundings))
                yield
            finally:
                for number, handler in before.items():
                    # None stands for a handler that was not installed from Python, and cannot be put back.
                    signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def _handler(
        self,
        act: Callable[[Stoppable], None],
        stage: Stoppable,
        loop: asyncio.AbstractEventLoop,
        surroundings: contextvars.Context,
    ) -> Callable[[int, FrameType | None], None]:
        def handle(number: int, _frame: FrameType | None) -> None:
            if act == self.stop:
                self._stops += 1
                self._name = signal.Signals(number).name
                if self._stops > 2:  # noqa: PLR2004  (the third one)
                    end_process(number)
            if not loop.is_closed():
                answered = threading.Event()

                def answer() -> None:
                    answered.set()
                    act(stage)

                loop.call_soon_threadsafe(answer, context=surroundings)
                _tell_if_blocked(answered, signal.Signals(number).name)

        return handle


@contextmanager
def _waking(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Let every signal end the loop's wait.

    Python runs its handlers when the main thread executes Python again. A signal that comes just before the loop
    begins to wait, or to another thread, would be handled at the loop's next event only, if ever.
    """
    reading, writing = socket.socketpair()
    with reading, writing:
        reading.setblocking(False)
        writing.setblocking(False)
        before = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
        loop.add_reader(reading, _empty, reading)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            if not loop.is_closed():
                loop.remove_reader(reading)


def _empty(reading: socket.socket) -> None:
    with suppress(BlockingIOError):
        reading.recv(4096)


def _tell_if_blocked(answered: threading.Event, signal: str) -> None:
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


def end_process(number: int) -> None:
    """End the process now, with nothing put away but what was printed."""
    os.write(2, f"rostra: third signal ({signal.Signals(number).name}), ending at once\n".encode())
    for stream in (sys.stdout, sys.stderr):
        # A stream that is being written to while the signal comes cannot be flushed.
        with suppress(RuntimeError, ValueError, OSError, AttributeError):
            stream.flush()
    os._exit(1)
