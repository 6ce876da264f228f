"""A command on a terminal of a certain size: what it writes there, with the colours."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from pathlib import Path

import attrs

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@attrs.frozen
class Shown:
    """What a terminal was told.

    Args:
        returncode: How the command ended.
        raw: With escape sequences.
    """

    returncode: int
    raw: str

    @property
    def text(self) -> str:
        """Without colours."""
        return COLOUR.sub("", self.raw)

    @property
    def has_colours(self) -> bool:
        """Whether there is any."""
        return COLOUR.search(self.raw) is not None

    @property
    def widest(self) -> int:
        """The length of the longest line."""
        return max(map(len, self.text.splitlines()), default=0)


def shown(command: list[str | Path], folder: Path, columns: int, environ: dict[str, str]) -> Shown:
    """Run a command on a terminal of its own, whose lines have so many columns."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    with subprocess.Popen(command, cwd=folder, env=environ, stdin=its, stdout=its, stderr=its) as process:
        os.close(its)
        written = b"".join(iter(lambda: _read(ours), b""))
    os.close(ours)
    return Shown(process.returncode, written.decode().replace("\r\n", "\n"))


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # the other side is closed
        return b""
