"""Who changes what layers see? One thread at a time."""

import gc
import os
import threading


class _Changing:
    """A lock, in whose hold nothing is put away that is nobody's any more: to put it away may take any other lock, and whoever
    has that one may be waiting for this one.

    A handler of a signal may take it in the middle of what its thread does with it.
    """

    __slots__ = ("_depth", "_is_collecting", "_kept", "_lock")

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._is_collecting = False
        self._kept: list[object] = []

    def __enter__(self) -> None:
        self._lock.acquire()
        # First of all, and given back last: a handler in between leaves the collector as it is.
        self._depth += 1
        if self._depth == 1:
            self._is_collecting = gc.isenabled()
            gc.disable()

    def __exit__(self, *_: object) -> None:
        kept: list[object] = []
        if self._depth == 1:
            if self._kept:
                kept, self._kept = self._kept, kept
            if self._is_collecting:
                gc.enable()
        self._depth -= 1
        self._lock.release()
        kept.clear()

    def keep(self, item: object) -> None:
        """Have it until nobody holds the lock."""
        self._kept.append(item)


changing = _Changing()
"""Held by what changes what layers see, and by what finds it out. Who looks need not hold it. A process is not forked while
another thread holds it: nobody would let go of it in the child.
"""
os.register_at_fork(
    before=changing.__enter__, after_in_parent=changing.__exit__, after_in_child=changing.__exit__
)
