"""What systemd is told of a service, by datagrams to the socket that it names (sd_notify(3)).

Where nobody named one, nothing is sent. A word that cannot be delivered keeps no service from serving.
"""

import os
import socket
import time
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Self

_MICROSECONDS = 1_000_000


class Notifying:
    """The line to systemd.

    Args:
        path: Of its socket; empty if nobody listens. One that begins with ``@`` is abstract: no file.
        watchdog: Within how many seconds it wants to hear a sign of life; 0 if it does not.
    """

    __slots__ = ("path", "watchdog")

    def __init__(self, path: str = "", watchdog: float = 0.0) -> None:
        self.path = path
        self.watchdog = watchdog

    @classmethod
    def taken_from(cls, environ: MutableMapping[str, str], pid: int | None = None) -> Self:
        """The line that the environment names. It is taken out of it: what a worker starts is another service.

        Args:
            environ: With NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, or without.
            pid: This process.
        """
        path = environ.pop("NOTIFY_SOCKET", "")
        interval, meant = environ.pop("WATCHDOG_USEC", ""), environ.pop("WATCHDOG_PID", "")
        is_ours = not meant or meant == str(os.getpid() if pid is None else pid)
        return cls(path, int(interval) / _MICROSECONDS if interval.isdecimal() and is_ours else 0.0)

    def ready(self, status: str = "") -> None:
        """All that is to serve serves, for the first time or again."""
        self._tell("READY=1", _said(status))

    def reloading(self, status: str = "") -> None:
        """Settings are read again; ``ready`` ends it."""
        microseconds = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._tell("RELOADING=1", f"MONOTONIC_USEC={microseconds}", _said(status))

    def stopping(self, status: str = "") -> None:
        """The service ends in order."""
        self._tell("STOPPING=1", _said(status))

    def status(self, text: str) -> None:
        """How it is, in one line for people: ``systemctl status`` shows it."""
        self._tell(_said(text))

    def alive(self) -> None:
        """A sign of life, to be given well within the time of the watchdog."""
        self._tell("WATCHDOG=1")

    def _tell(self, *lines: str) -> None:
        if not self.path:
            return
        place = f"\0{self.path[1:]}" if self.path.startswith("@") else self.path
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.setblocking(False)  # a service that waits for systemd would be killed by it
            line.sendto("\n".join(filter(None, lines)).encode(), place)


def _said(status: str) -> str:
    return f"STATUS={status.replace(chr(10), ' ')}" if status else ""
