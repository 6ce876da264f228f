"""What nobody caught ends in the log. Each of these is a process of its own, whose hooks are set."""

import json
import subprocess
import sys
import textwrap


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    script = textwrap.dedent(code)
    return subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=30, check=False
    )


def test_uncaught_exceptions_of_main_thread_threads_and_destructors_end_in_the_log():
    ended = run("""
        import threading
        from rostra import log
        log.configure()

        class Broken:
            def __del__(self):
                raise OSError("in a destructor")

        Broken()
        worker = threading.Thread(target=lambda: 1 / 0, name="worker")
        worker.start()
        worker.join()
        raise ValueError("at the top")
    """)

    ignored, thread, main = [json.loads(line) for line in ended.stderr.splitlines()]
    assert (ignored["event"], ignored["object"]) == ("exception.ignored", "Broken.__del__")
    assert (thread["event"], thread["thread"]) == ("exception.uncaught", "worker")
    assert main["exception"].endswith("ValueError: at the top")
    assert ended.returncode == 1


def test_an_interrupt_at_the_keyboard_is_no_event():
    ended = run("""
        from rostra import log
        log.configure()
        raise KeyboardInterrupt
    """)

    assert ended.stderr.endswith("KeyboardInterrupt\n")
    assert "{" not in ended.stderr


def test_warnings_end_in_the_log():
    ended = run("""
        import warnings
        from rostra import log
        log.configure()
        warnings.warn("old ways", stacklevel=1)
    """)

    line = json.loads(ended.stderr)
    assert (line["event"], line["category"], line["message"]) == ("python.warned", "UserWarning", "old ways")


def test_what_a_loop_has_to_complain_about_ends_in_the_log():
    ended = run("""
        import asyncio, gc
        from rostra import config, log

        async def fail():
            raise ValueError("unseen")

        async def main():
            source = config.ConfigSource()
            await log.prepare(log.LogConfig(), source)
            task = asyncio.create_task(fail(), name="forgotten")
            await asyncio.wait([task])
            del task
            gc.collect()

        asyncio.run(main())
    """)

    line = json.loads(ended.stderr)
    assert (line["event"], line["message"]) == ("asyncio.failed", "Task exception was never retrieved")
    assert "ValueError: unseen" in line["exception"]
