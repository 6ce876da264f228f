"""One child of the parent: its process, its end of the control channel, and what it showed when it crashed."""

import os
from contextlib import suppress
from signal import SIGKILL

from rostra.fork.channel import Channel

_MOST_BYTES = 262144
"""Of stacks; what comes after that is thrown away."""


class Child:
    """A process that was forked and not waited for yet.

    Args:
        key: What the parent's decisions call it.
        number: Of the worker; 0 for one that is none.
        generation: Of the worker.
        pid: Of the process.
        channel: The parent's end.
        stacks: What the child writes its stacks to, seen from here.
    """

    __slots__ = ("_shown", "channel", "generation", "key", "number", "pid", "stacks")

    def __init__(
        self, key: int, number: int, generation: int, pid: int, channel: Channel, stacks: int
    ) -> None:
        self.key = key
        self.number = number
        self.generation = generation
        self.pid = pid
        self.channel = channel
        self.stacks = stacks
        self._shown = b""

    def send(self, number: int) -> None:
        """Send it a signal. It was not waited for, so the number of its process is still its own."""
        with suppress(ProcessLookupError, PermissionError):
            os.kill(self.pid, number)

    def status(self) -> int | None:
        """Its exit code, or a negative signal; None while it lives. Afterwards there is no such process any more."""
        try:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
        except ChildProcessError:  # somebody else in this process has waited for it
            return 1
        return os.waitstatus_to_exitcode(status) if pid else None

    def kill(self) -> None:
        """Kill it, and wait for that."""
        self.send(SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)

    def read_stacks(self) -> bool:
        """Take what it shows now; False if nothing more will come."""
        try:
            while data := os.read(self.stacks, 65536):
                self._shown = (self._shown + data)[:_MOST_BYTES]
        except BlockingIOError:
            return True
        return False

    @property
    def shown(self) -> str:
        """The stacks that it has shown."""
        return self._shown.decode(errors="replace").strip()

    def close(self) -> None:
        """Close what leads to it. A worker that still lives stops when it notices."""
        self.channel.close()
        os.close(self.stacks)


def stacks_pipe() -> tuple[int, int]:
    """Where stacks are read without waiting, and where they are written."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    return reading, writing
