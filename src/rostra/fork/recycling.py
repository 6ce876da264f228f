"""When has a worker done enough? Against leaks that nobody finds: after so many requests, or above so much memory."""

import os
import random
import resource
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_STATM = Path("/proc/self/statm")


class Recycling(NamedTuple):
    """After what a worker is replaced by a new one. Off, unless somebody says something.

    Args:
        most_requests: So many; 0: as many as come.
        jitter: Up to so many more or fewer, by chance, so that not all workers are replaced at once.
        most_memory_bytes: So much memory that it really uses, shared pages included; 0: as much as there is.
    """

    most_requests: int = 0
    jitter: int = 0
    most_memory_bytes: int = 0

    @property
    def is_on(self) -> bool:
        """Whether anything was said."""
        return bool(self.most_requests or self.most_memory_bytes)


class Endurance:
    """What a worker still has in it.

    Args:
        recycling: The limits.
        tired: Called once, with the reason, when one of them is reached.
    """

    __slots__ = ("_answered", "_is_told", "_limit", "_most_bytes", "_tired")

    def __init__(self, recycling: Recycling, tired: Callable[[str], None]) -> None:
        spread = random.randint(-recycling.jitter, recycling.jitter)  # noqa: S311  (no secret)
        self._limit = max(1, recycling.most_requests + spread) if recycling.most_requests else 0
        self._most_bytes = recycling.most_memory_bytes
        self._tired = tired
        self._answered = 0
        self._is_told = False

    @property
    def counter(self) -> Callable[[], None] | None:
        """What transports call for each request; None if nobody counts."""
        return self._count if self._limit else None

    def look_at_memory(self) -> None:
        """Compare the memory in use with its limit."""
        if self._most_bytes and (used := memory_bytes()) > self._most_bytes:
            self._tell(f"it uses {used >> 20} MiB of memory")

    def _count(self) -> None:
        self._answered += 1
        if self._answered >= self._limit:
            self._tell(f"it has answered {self._answered} requests")

    def _tell(self, reason: str) -> None:
        if not self._is_told:
            self._is_told = True
            self._tired(reason)


def memory_bytes() -> int:
    """The memory that this process has in use; where the system does not tell, the most that it ever had."""
    with suppress(OSError):
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
