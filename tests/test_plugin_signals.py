"""What signals do to a whole program: real processes, real signals, told apart by what they print."""

import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
import pytest

PROGRAM = """
    import asyncio, os, signal, sys, time
    from rostra import plugin

    def say(*words):
        print(*words, flush=True)

    async def forever():
        await asyncio.Event().wait()

    async def mule():
        say("mule: here")
        while True:
            try:
                await forever()
            except asyncio.CancelledError:
                say("mule: no")

"""


@attrs.define
class Program:
    """A running child whose output is read line by line."""

    process: "subprocess.Popen[str]"

    def says(self, *lines: str) -> None:
        """Wait until it has said these lines, in this order, and nothing between them."""
        assert self.process.stdout is not None
        for line in lines:
            assert self.process.stdout.readline().rstrip("\n") == line

    def complaints_until(self, text: str) -> str:
        """What it has said on stderr, up to a line with this text."""
        assert self.process.stderr is not None
        lines: list[str] = []
        for line in self.process.stderr:
            lines.append(line)
            if text in line:
                return "".join(lines)
        return pytest.fail(f"it has ended without a word of {text}: {lines}")

    def signal(self, number: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    def ends(self, told: str | None = None) -> tuple[int, str, str]:
        """Wait for its end, after it was told this: its exit code, and what it said since on stdout and on stderr."""
        said, complained = self.process.communicate(told, timeout=60)
        return self.process.returncode, said, complained


@contextmanager
def program(folder: Path, text: str, stdin: int | None = None) -> Iterator[Program]:
    file = folder / "program.py"
    file.write_text(textwrap.dedent(PROGRAM) + textwrap.dedent(text))
    process = subprocess.Popen(
        [sys.executable, str(file)],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
    )
    with process:
        try:
            yield Program(process)
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_a_running_program_in_order(tmp_path, number):
    text = """
        async def serve(cancel: plugin.Cancel, started: plugin.Started):
            started()
            say("serving")
            await cancel.wait()
            say("drained")
            return "result"

        async def prepare(teardown: plugin.Teardown):
            teardown.add(lambda: say("torn down"))
            yield serve

        say(plugin.stage(prepare))
    """
    with program(tmp_path, text) as running:
        running.says("serving")
        running.signal(number)
        running.says("drained", "torn down", "['result']")

        assert running.ends()[0] == 0


def test_a_signal_before_any_task_started_stops_in_order(tmp_path):
    text = """
        async def prepare(teardown: plugin.Teardown):
            teardown.add(lambda: say("torn down"))
            os.kill(os.getpid(), signal.SIGTERM)
            yield lambda: say("started")

        say(plugin.stage(prepare))
    """
    with program(tmp_path, text) as running:
        code, said, _ = running.ends()

        assert (code, said) == (0, "torn down\n[None]\n")


def test_a_signal_before_the_first_prepare_stops_in_order(tmp_path):
    text = """
        async def prepare():
            say("prepared")

        def loop():
            made = asyncio.new_event_loop()
            made.call_soon(os.kill, os.getpid(), signal.SIGTERM)
            return made

        say(plugin.stage(prepare, loop_factory=loop))
    """
    with program(tmp_path, text) as running:
        code, said, _ = running.ends()

        assert (code, said) == (0, "[]\n")


def test_a_signal_while_preparing_stops_in_order(tmp_path):
    text = """
        async def prepare(teardown: plugin.Teardown):
            teardown.add(lambda: say("torn down"))
            say("preparing")
            try:
                await forever()
            finally:
                say("prepare ended")

        say(plugin.stage(prepare))
    """
    with program(tmp_path, text) as running:
        running.says("preparing")
        running.signal()
        running.says("prepare ended", "torn down", "[]")

        assert running.ends()[0] == 0


def test_a_signal_while_the_loop_is_blocked_is_heard_when_it_goes_on(tmp_path):
    text = """
        signals = plugin.Signals()

        async def block():
            say("blocked")
            while not signals.stops:
                pass
            await forever()

        async def prepare():
            yield block

        say(plugin.stage(prepare, signals=signals))
    """
    with program(tmp_path, text) as running:
        running.says("blocked")
        running.signal()
        running.says("[None]")

        assert running.ends()[0] == 0


DRAINING = """
    async def drain(cancel: plugin.Cancel):
        say("running")
        await cancel.wait()
        say("draining")
        try:
            await forever()
        finally:
            say("cut")

    async def flush():
        await asyncio.sleep(0)
        say("flushed")

    async def prepare(teardown: plugin.Teardown):
        teardown.add(flush)
        yield drain

    plugin.stage(prepare)
"""


def test_a_second_signal_cancels_at_once_and_puts_all_away(tmp_path):
    with program(tmp_path, DRAINING) as running:
        running.says("running")
        running.signal()
        running.says("draining")
        running.signal(signal.SIGINT)
        running.says("cut", "flushed")
        code, _, complained = running.ends()

    assert code == 1
    assert "StopTimeoutError: the stop was cut short: a second signal, SIGINT" in complained
    assert "task drain of plugin __main__:prepare" in complained
    assert "to fix" not in complained, "nobody waited in vain"


def test_a_third_signal_ends_the_process(tmp_path):
    text = """
        async def flush():
            say("flushing")
            await forever()

        async def prepare(teardown: plugin.Teardown):
            teardown.add(flush)
            yield mule

        plugin.stage(prepare)
    """
    with program(tmp_path, text) as running:
        running.says("mule: here")
        running.signal()
        running.says("mule: no")
        running.signal()
        running.says("mule: no", "flushing")
        running.signal()
        code, _, complained = running.ends()

    assert code == 1
    assert "rostra: third signal (SIGTERM), ending at once" in complained


def test_a_third_signal_ends_a_process_whose_loop_is_blocked(tmp_path):
    text = """
        signals = plugin.Signals()

        async def prepare():
            heard = -1
            while True:
                if signals.stops != heard:
                    heard = signals.stops
                    say(heard)

        plugin.stage(prepare, signals=signals)
    """
    with program(tmp_path, text) as running:
        for heard in "012":
            running.says(heard)
            running.signal()

        assert running.ends()[0] == 1


def test_a_signal_shows_every_task_and_where_it_awaits(tmp_path):
    text = """
        async def inner():
            await asyncio.Event().wait()

        async def outer(cancel: plugin.Cancel, started: plugin.Started):
            waiting = asyncio.create_task(inner(), name="inner")
            say("running")
            await cancel.wait()
            waiting.cancel()

        async def prepare():
            yield outer

        plugin.stage(prepare, config={"logging": {"format": "text"}})
    """
    with program(tmp_path, text) as running:
        running.says("running")
        running.signal(signal.SIGUSR1)
        shown = running.complaints_until("task outer of plugin")
        running.signal()
        code = running.ends()[0]

    assert code == 0
    assert "inner program.py" in shown


def test_a_signal_to_a_loop_that_is_blocked_logs_where(tmp_path):
    text = """
        def stuck():
            while not os.path.exists("enough"):
                time.sleep(0.01)

        async def task(lifecycle: plugin.Lifecycle):
            await lifecycle.wait_for(plugin.Phase.RUNNING)
            say("blocking")
            stuck()

        async def prepare():
            yield task

        plugin.stage(prepare, config={"logging": {"format": "text"}})
    """
    with program(tmp_path, text) as running:
        running.says("blocking")
        running.signal(signal.SIGUSR1)
        told = running.complaints_until("in stuck")
        (tmp_path / "enough").touch()
        code, _, shown = running.ends()

    assert code == 0
    assert "loop.blocked" in told
    assert "signal=SIGUSR1" in told + shown
    assert "task.shown" in shown


def test_a_terminal_that_closes_stops_in_order_however_often_it_says_so(tmp_path):
    text = """
        async def serve(cancel: plugin.Cancel):
            say("serving")
            await cancel.wait()
            say("draining")
            await asyncio.to_thread(sys.stdin.readline)
            say("drained")

        async def prepare():
            yield serve

        plugin.stage(prepare, config={"logging": {"format": "text"}})
    """
    with program(tmp_path, text, stdin=subprocess.PIPE) as running:
        running.says("serving")
        running.signal(signal.SIGHUP)
        running.says("draining")
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGHUP):
            running.signal(number)
        code, said, logged = running.ends("go on")

    assert (code, said) == (0, "drained\n")
    assert "stage.stopping" in logged
    assert "reason=SIGHUP" in logged
    assert "stage.hurried" not in logged


def test_a_hangup_that_is_ignored_as_below_nohup_stays_so(tmp_path):
    text = """
        async def serve(cancel: plugin.Cancel):
            say("serving", signal.getsignal(signal.SIGHUP).name)
            await cancel.wait()

        async def prepare():
            yield serve

        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        plugin.stage(prepare, config={"logging": {"format": "text"}})
        say(signal.getsignal(signal.SIGHUP).name)
    """
    with program(tmp_path, text) as running:
        running.says("serving SIG_IGN")
        running.signal(signal.SIGHUP)
        running.signal()
        code, said, logged = running.ends()

    assert (code, said) == (0, "SIG_IGN\n")
    assert "reason=SIGTERM" in logged


def test_a_class_of_ones_own_may_handle_other_signals(tmp_path):
    text = """
        from rostra import context

        class Mine(plugin.Signals):
            def actions(self):
                return {**super().actions(), signal.SIGHUP: self.reload}

            def reload(self, stage):
                say("reload", context.current_context().label, stage.phase)

        async def task(cancel: plugin.Cancel, lifecycle: plugin.Lifecycle):
            await lifecycle.wait_for(plugin.Phase.RUNNING)
            say("running")
            await cancel.wait()

        async def prepare():
            yield task

        before = signal.getsignal(signal.SIGHUP)
        plugin.stage(prepare, signals=Mine())
        say(signal.getsignal(signal.SIGHUP) is before)
    """
    with program(tmp_path, text) as running:
        running.says("running")
        running.signal(signal.SIGHUP)
        running.says("reload stage running")
        running.signal()
        running.says("True")

        assert running.ends()[0] == 0


def test_tasks_and_teardown_that_ignore_their_cancellation_do_not_keep_the_process(tmp_path):
    text = """
        import threading
        kept = []

        async def prepare(teardown: plugin.Teardown):
            teardown.add(lambda: say("torn down"))
            teardown.add(mule, "mule")
            yield mule
            kept.append(asyncio.create_task(mule(), name="stray mule"))
            asyncio.get_running_loop().run_in_executor(None, threading.Event().wait)

        plugin.stage(prepare, stop_timeout=0.4, config={"logging": {"format": "text"}})
    """
    with program(tmp_path, text) as running:
        running.says("mule: here", "mule: here")
        running.signal()
        code, said, complained = running.ends()

    assert code == 1
    assert "torn down" in said
    for abandoned in ("task=mule", "step=mule", "stray mule", "rostra thread 1"):
        assert abandoned in complained
    assert "destroyed" not in complained, "asyncio tells again what was told"


def test_a_task_that_fails_is_told_once_with_its_name_and_its_plugin(tmp_path):
    text = """
        async def sweep():
            raise ValueError("the {} broke".format("broom"))

        async def prepare(teardown: plugin.Teardown):
            teardown.add(lambda: say("torn down"))
            yield sweep

        plugin.stage(prepare)
    """
    with program(tmp_path, text) as running:
        code, said, complained = running.ends()

    assert (code, said) == (1, "torn down\n")
    assert complained.count("the broom broke") == 1
    assert "in task sweep of plugin __main__:prepare" in complained


def test_signals_reach_a_loop_of_another_make(tmp_path):
    text = """
        import uvloop

        async def serve(cancel: plugin.Cancel):
            say("serving")
            await cancel.wait()
            return "drained"

        async def prepare():
            yield serve

        say(plugin.stage(prepare, loop_factory=uvloop.new_event_loop))
    """
    with program(tmp_path, text) as running:
        running.says("serving")
        running.signal()
        running.says("['drained']")

        assert running.ends()[0] == 0


@pytest.mark.parametrize("loop", ["asyncio.new_event_loop", "uvloop.new_event_loop"])
def test_a_signal_wakes_a_loop_that_it_does_not_interrupt(tmp_path, loop):
    pytest.importorskip(loop.partition(".")[0])
    text = f"""
        import threading
        import time
        import {loop.partition(".")[0]}

        def send():  # when the loop waits, which nothing else ends
            time.sleep(0.3)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
            signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

        async def task(cancel: plugin.Cancel, lifecycle: plugin.Lifecycle):
            await lifecycle.wait_for(plugin.Phase.RUNNING)
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
            threading.Thread(target=send).start()
            await cancel.wait()
            say("told")

        async def prepare():
            yield task

        before = signal.set_wakeup_fd(-1)
        plugin.stage(prepare, loop_factory={loop})
        say(signal.set_wakeup_fd(-1) == before)
    """
    with program(tmp_path, text) as running:
        running.says("told", "True")

        assert running.ends()[0] == 0
