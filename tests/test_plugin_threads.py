"""The executor of a program's loop: like Python's own, but its threads do not keep the process."""

import asyncio
import threading

import pytest

from rostra import plugin
from rostra.plugin.threads import DaemonThreads, stack_of


def test_what_is_submitted_is_done_and_what_it_raises_is_raised():
    threads = DaemonThreads(2)

    def refuse():
        raise ValueError("no")

    assert threads.submit(pow, 2, exp=3).result(10) == 8
    with pytest.raises(ValueError, match="no"):
        threads.submit(refuse).result(10)
    threads.shutdown()


def test_as_many_run_at_once_as_may_and_an_idle_one_is_used_again():
    threads, together = DaemonThreads(2), threading.Barrier(2)

    names = {
        threads.submit(lambda: (together.wait(10), threading.current_thread().name)[1]) for _ in range(4)
    }

    assert {future.result(10) for future in names} == {"rostra thread 1", "rostra thread 2"}
    threads.shutdown()


def test_nothing_is_submitted_after_the_end_and_what_waits_can_be_cancelled():
    threads, begun, free = DaemonThreads(1), threading.Event(), threading.Event()
    running = threads.submit(lambda: (begun.set(), free.wait(10)))
    waiting = threads.submit(print)
    begun.wait(10)

    threads.shutdown(wait=False, cancel_futures=True)

    assert waiting.cancelled()
    assert threads.join(0) == ["rostra thread 1"]
    with pytest.raises(RuntimeError, match="shut down"):
        threads.submit(print)
    free.set()
    assert running.result(10) == (None, True)
    assert threads.join(10) == []


def test_it_is_what_to_thread_uses_in_a_program():
    async def prepare():
        yield asyncio.to_thread(lambda: threading.current_thread().daemon)

    assert plugin.stage(prepare) == [True]


def test_the_stack_of_a_thread_that_has_ended_says_so():
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()

    assert stack_of(thread.ident or 0) == "it has ended"
    assert "stack_of" in stack_of(threading.get_ident())
