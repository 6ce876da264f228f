"""A worker in a process of its own, whose handlers write down what they do, and who can be killed."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections import Counter
from pathlib import Path

import attrs

PROGRAM = """
    import asyncio, json, os, pathlib
    from rostra import plugin
    from rostra_messaging import Message, Reject, Retry, subscribe

    JOURNAL = os.open("journal", os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(what, message):
        os.write(JOURNAL, f"{{what}} {{message.body}} {{message.attempt}}\\n".encode())

    @subscribe("orders.placed", group="billing", concurrency=10, retry=Retry(delays={delays}))
    async def bill(message: Message) -> None:
        note("run", message)
    {work}
        note("done", message)

    config = json.loads(pathlib.Path("config.json").read_text())
    plugin.stage("__main__", config=config, **{options!r})
"""
FAILS_TWICE = """
await asyncio.sleep(0.005)
if message.attempt <= 2 or message.body.startswith("poison"):
    raise OSError("the bank is closed")
"""


@attrs.define(eq=False)
class Worker:
    """A process that handles ``orders.placed`` as ``billing``.

    Args:
        folder: In which it lives, with its journal.
        url: Of the broker.
        prefix: Of its names.
        work: What its handler does: lines of Python with a ``message``.
        delays: Of its ladder.
        settings: Further options of the broker.
        options: Of ``plugin.stage``.
    """

    folder: Path
    url: str
    prefix: str
    work: str = FAILS_TWICE
    delays: tuple[float, ...] = (0.3, 0.3)
    settings: dict[str, object] = attrs.field(factory=dict)
    options: dict[str, object] = attrs.field(factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it runs until it is stopped."""
        messaging = {"url": self.url, "prefix": self.prefix, "options": self.settings}
        config = {"messaging": messaging, "logging": {"format": "json"}}
        program = textwrap.dedent(PROGRAM).format(
            delays=self.delays,
            work=textwrap.indent(self.work.strip("\n"), "    "),
            options=self.options,
        )
        (self.folder / "config.json").write_text(json.dumps(config))
        (self.folder / "worker.py").write_text(program)
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "worker.py"], cwd=self.folder, stdout=log, stderr=log
            )

    def kill(self) -> None:
        """End it as the kernel does when memory is short."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def terminate(self) -> None:
        """Ask it to stop."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)

    def ended(self, patience: float = 60) -> int:
        """Its exit code, when it has ended."""
        assert self.process is not None
        return self.process.wait(patience)

    def journal(self) -> Counter[tuple[str, str, int]]:
        """How often what was done with which message at which try."""
        path = self.folder / "journal"
        lines = path.read_text().splitlines() if path.exists() else []
        parts = [line.split() for line in lines]
        return Counter((what, body, int(attempt)) for what, body, attempt in parts)

    def seen(self, what: str) -> Counter[str]:
        """How often that was done with which message."""
        found: Counter[str] = Counter()
        for (each, body, _), count in self.journal().items():
            if each == what:
                found[body] += count
        return found

    def log(self) -> str:
        """All that it said."""
        return (self.folder / "log").read_text()

    def events(self) -> list[str]:
        """The events of its log."""
        lines = [line for line in self.log().splitlines() if line.startswith("{")]
        return [json.loads(line)["event"] for line in lines]


def acceptance_size(default: int, name: str) -> int:
    """A number of messages: small by default, as large as it has to be by an environment variable."""
    return int(os.environ.get(name, default))
