"""Signals to a parent: each is a byte that wakes it up, and nothing happens where it interrupts. And forking between them."""

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

HEARD = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGTTIN,
    signal.SIGTTOU,
    signal.SIGUSR1,
    signal.SIGCHLD,
)
"""What a parent hears."""


class Waking:
    """The end that wakes who waits, and what it says.

    Args:
        reading: Gets a byte for each signal, its number.
        writing: Where Python writes that byte.
    """

    __slots__ = ("_reading", "_writing")

    def __init__(self, reading: socket.socket, writing: socket.socket) -> None:
        self._reading = reading
        self._writing = writing

    def fileno(self) -> int:
        """For ``poll``."""
        return self._reading.fileno()

    def heard(self) -> list[signal.Signals]:
        """The signals that came since the last time, in their order."""
        found = b""
        with suppress(BlockingIOError):
            while True:
                found += self._reading.recv(4096)
        return [signal.Signals(number) for number in found if number in HEARD]

    def close(self) -> None:
        """Close both ends."""
        self._reading.close()
        self._writing.close()


@contextmanager
def waking() -> Iterator[Waking]:
    """Hear signals during the body; then they do what they did before. Only in the main thread."""
    reading, writing = socket.socketpair()
    reading.setblocking(False)
    writing.setblocking(False)
    made = Waking(reading, writing)
    before = {number: signal.getsignal(number) for number in HEARD}
    fd_before = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
    try:
        for number in HEARD:
            signal.signal(number, _wake_up)
        yield made
    finally:
        _restore(before, fd_before)
        made.close()


def _wake_up(_number: int, _frame: object) -> None:
    """The byte says it all."""


def _restore(before: Mapping[signal.Signals, Any], wakeup_fd: int) -> None:
    for number, handler in before.items():
        # None stands for a handler that was not installed from Python, and cannot be put back.
        signal.signal(number, signal.SIG_DFL if handler is None else handler)
    signal.set_wakeup_fd(wakeup_fd)


def forked(live: Callable[[Iterable[int]], None]) -> int:
    """Fork; the parent gets the number of the process. No signal comes to either in between.

    Args:
        live: What the child does; it is given the signals that were blocked before, lets the others come again, and ends
            the process by itself.

    Raises:
        OSError: There is no room for a process.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        pid = os.fork()
        if pid == 0:
            _never_return(live, before)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return pid


def _never_return(live: Callable[[Iterable[int]], None], mask: Iterable[int]) -> NoReturn:
    """What is below on the stack is the parent's: nothing of it may run in the child, whatever happens."""
    try:
        live(mask)
    except BaseException as error:  # noqa: BLE001  (it is told, and then all is over)
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        os._exit(1)
