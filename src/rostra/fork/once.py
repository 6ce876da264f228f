"""Why no worker can start is told once: by the first who knows it. The others wait for that, and leave with its exit code.

What was told stands in a pipe that all of them have. Who takes it out has it alone, until it is put back.
"""

import os
import select
from collections.abc import Callable
from time import monotonic

_PATIENCE = 10.0

_MOST = 100
"""So many are remembered: what is written into a pipe at once stays together up to 4096 bytes."""


class Once:
    """What the workers of one parent have told.

    Args:
        patience: Seconds for another worker to put back what it took out; one that was killed never does.
    """

    __slots__ = ("_patience", "_reading", "_writing")

    def __init__(self, patience: float = _PATIENCE) -> None:
        self._patience = patience
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)
        self._put_back({})

    def told(self, text: str, tell: Callable[[], int]) -> int:
        """The exit code of whoever told it.

        Args:
            text: What is to be told.
            tell: Tells it, and returns the exit code. It is called unless another worker has told the same.
        """
        known = self._taken()
        if known is None:
            return tell()
        key = hash(text)  # forked processes agree about that
        try:
            if key not in known:
                known[key] = tell()
            return known[key]
        finally:
            self._put_back(known)

    def _taken(self) -> dict[int, int] | None:
        """The exit codes by what was told; None if that takes too long."""
        readable = select.poll()
        readable.register(self._reading, select.POLLIN)
        last = monotonic() + self._patience
        while (left := last - monotonic()) > 0 and readable.poll(left * 1000):
            try:
                written = os.read(self._reading, select.PIPE_BUF)
            except BlockingIOError:  # another one was faster
                continue
            return {int(key): int(code) for key, code in (each.split(b"=") for each in written.split())}
        return None

    def _put_back(self, known: dict[int, int]) -> None:
        told = [f"{key}={code}" for key, code in known.items()][-_MOST:]
        os.write(self._writing, "\n".join(("", *told, "")).encode())
