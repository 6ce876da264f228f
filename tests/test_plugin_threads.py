"""The executor of a program's loop: like Python's own, but its threads do not keep the process."""

import asyncio
import subprocess
import sys
import textwrap
import threading

import pytest

from rostra import plugin
from rostra.plugin.daemons import DaemonThreads
from rostra.plugin.running import Threads
from rostra.plugin.signals import stack_of


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
    crowd, begun, free = [], threading.Event(), threading.Event()
    threads = DaemonThreads(1, crowd)
    running = threads.submit(lambda: (begun.set(), free.wait(10)))
    waiting = threads.submit(print)
    begun.wait(10)

    threads.shutdown(wait=False, cancel_futures=True)

    assert waiting.cancelled()
    assert [each.is_alive() for each in crowd] == [True]
    with pytest.raises(RuntimeError, match="shut down"):
        threads.submit(print)
    free.set()
    assert running.result(10) == (None, True)
    threads.shutdown()
    assert [each.is_alive() for each in crowd] == [False]


def test_it_is_what_to_thread_uses_in_a_program():
    async def prepare():
        yield asyncio.to_thread(lambda: threading.current_thread().daemon)

    assert plugin.stage(prepare) == [True]


def test_they_begin_with_the_first_call_that_wants_one():
    loop = asyncio.new_event_loop()
    threads = Threads(loop)
    before = {each.name for each in threading.enumerate()}

    used = loop.run_until_complete(loop.run_in_executor(None, lambda: threading.current_thread().name))
    threads.shutdown(wait=False)

    assert used == "rostra thread 1"
    assert used not in before
    assert threads.join(10) == []
    with pytest.raises(RuntimeError, match="shut down"):
        loop.run_until_complete(loop.run_in_executor(None, print))
    loop.close()


def test_whoever_calls_first_in_whichever_thread_all_share_one_pool():
    loop, together = asyncio.new_event_loop(), threading.Barrier(8)
    threads, results = Threads(loop), []

    def call() -> None:
        together.wait(10)
        results.append(threads.submit(pow, 2, 3).result(10))

    callers = [threading.Thread(target=call) for _ in range(8)]
    for each in callers:
        each.start()
    for each in callers:
        each.join(30)
    threads.shutdown(wait=False)

    assert results == [8] * 8
    assert threads.join(10) == []
    loop.close()


def test_a_loop_with_a_way_of_its_own_to_keep_its_executor_is_told_in_public():
    class Loop(asyncio.SelectorEventLoop):
        told = None

        def set_default_executor(self, executor):
            self.told = executor

    loop = Loop()
    threads = Threads(loop)

    assert loop.told.submit(lambda: threading.current_thread().name).result(10) == "rostra thread 1"
    threads.shutdown()
    assert threads.join(10) == []
    loop.close()


@pytest.mark.skipif(
    sys.version_info[:2] == (3, 12),
    reason="Python 3.12 starts no threads any more when the main thread has ended",
)
def test_they_begin_also_when_the_main_thread_has_ended():
    program = """
        import asyncio, threading
        from rostra import plugin

        async def prepare():
            yield run

        async def run():
            while threading.main_thread().is_alive():
                await asyncio.sleep(0)
            print(await asyncio.to_thread(lambda: 42))

        threading.Thread(target=lambda: plugin.stage(prepare)).start()
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout == "42\n"


def test_where_no_call_wants_one_there_is_nothing_to_end():
    loop = asyncio.new_event_loop()
    threads = Threads(loop)

    threads.shutdown()
    left = threads.join(0)
    loop.close()

    assert left == []
    with pytest.raises(RuntimeError, match="shut down"):
        threads.submit(print)


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_they_are_those_of_every_loop(loop: str):
    factory = pytest.importorskip(loop).new_event_loop

    async def prepare():
        yield asyncio.to_thread(lambda: threading.current_thread().name)

    assert plugin.stage(prepare, loop_factory=factory) == ["rostra thread 1"]


def test_the_stack_of_a_thread_that_has_ended_says_so():
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()

    assert stack_of(thread.ident or 0) == "it has ended"
    assert "stack_of" in stack_of(threading.get_ident())
