"""What systemd does for a service, by the same means: descriptors from 3 on, variables, and a socket to hear from it."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs

PATIENCE = 60.0
"""Seconds; a machine with little to spare takes its time."""

LAUNCH = """
import os, sys
count, *command = sys.argv[1:]
given = [int(each) for each in os.environ.pop("GIVEN").split()]
high = [os.dup(each) if each < 3 + len(given) else each for each in given]
for place, each in enumerate(high):
    os.dup2(each, 3 + place, inheritable=True)
os.environ["LISTEN_PID"] = os.environ["WATCHDOG_PID"] = str(os.getpid())
if int(count):
    os.environ["LISTEN_FDS"] = count
os.execv(command[0], command)
"""


@attrs.define(eq=False)
class Unit:
    """A service that was started as systemd starts one.

    Args:
        process: It.
        heard: What it has said so far, a datagram each.
        line: Where it says that.
    """

    process: subprocess.Popen[str]
    line: socket.socket
    heard: list[dict[str, str]] = attrs.field(factory=list)

    def wait_for(self, key: str, value: str | None = None) -> dict[str, str]:
        """The next thing that it says with this key."""
        while True:
            said = self.line.recv(4096).decode()
            self.heard.append(dict(each.split("=", 1) for each in said.splitlines()))
            if key in self.heard[-1] and value in (None, self.heard[-1][key]):
                return self.heard[-1]


@contextmanager
def started(
    command: Sequence[str],
    folder: Path,
    sockets: Mapping[str, socket.socket] | None = None,
    *,
    watchdog: float = 0.0,
    environ: Mapping[str, str] | None = None,
) -> Iterator[Unit]:
    """Start a command with sockets by name, hear what it says, and end it if it has not ended."""
    sockets = sockets or {}
    path = folder / "notify.sock"
    given = [each.fileno() for each in sockets.values()]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(str(path))
        line.settimeout(PATIENCE)
        variables = {
            "GIVEN": " ".join(map(str, given)),
            "LISTEN_FDNAMES": ":".join(sockets),
            "NOTIFY_SOCKET": str(path),
            **({"WATCHDOG_USEC": str(int(watchdog * 1_000_000))} if watchdog else {}),
        }
        process = subprocess.Popen(
            [sys.executable, "-c", LAUNCH, str(len(given)), *command],
            cwd=folder,
            env={**os.environ, **variables, **(environ or {})},
            pass_fds=given,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield Unit(process, line)
        finally:
            process.kill()
            process.communicate()
            path.unlink()
