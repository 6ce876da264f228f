"""Threads that do different things at the same time, and take turns as often as they can."""

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager


@contextmanager
def many_switches() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def at_once(writers: Sequence[Callable[[], object]], readers: Sequence[Callable[[], object]]) -> None:
    """Call each of the readers again and again until all writers are done.

    Raises:
        BaseExceptionGroup: Some of them failed. The others end then, too.
    """
    failures: list[BaseException] = []
    is_over = threading.Event()
    all_there = threading.Barrier(len(writers) + len(readers))

    def watched(act: Callable[[], object]) -> None:
        all_there.wait(timeout=60)
        try:
            act()
        except BaseException as error:  # noqa: BLE001  (raised in the thread of the test)
            failures.append(error)
            is_over.set()

    def reading(read: Callable[[], object]) -> Callable[[], object]:
        def read_on() -> None:
            while not is_over.is_set():
                read()

        return read_on

    writing = [threading.Thread(target=watched, args=[each]) for each in writers]
    looking = [threading.Thread(target=watched, args=[reading(each)]) for each in readers]
    for each in (*looking, *writing):
        each.start()
    for each in writing:
        each.join()
    is_over.set()
    for each in looking:
        each.join()
    if failures:
        raise BaseExceptionGroup("threads failed", failures)
