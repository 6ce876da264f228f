"""Where a server listens: at a port, or at a socket in the file system.

Written out, they are what ``rostra.fork.uris`` reads.
"""

from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote

from rostra.values import Values

MODE = 0o660
"""Of a socket's file, if nothing else is said."""


class TcpAddress(Values):
    """A port.

    Args:
        host: An address or a name of this machine, an IPv6 address without its brackets; empty stands for all addresses.
        port: 0 takes any that is free.
        name: Which server of a stage it is for; empty is the one for everybody.
    """

    host: str
    port: int
    name: str = ""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"tcp://{host}:{self.port}{_query(name=self.name)}"


class UnixAddress(Values):
    """A socket in the file system.

    Args:
        path: Of its file, absolute.
        mode: Of its file.
        name: Which server of a stage it is for; empty is the one for everybody.
    """

    path: Path
    mode: int = MODE
    name: str = ""

    def __str__(self) -> str:
        mode = "" if self.mode == MODE else f"{self.mode:o}"
        return f"unix://{quote(str(self.path))}{_query(mode=mode, name=self.name)}"


SocketAddress: TypeAlias = "TcpAddress | UnixAddress"


def _query(**options: str) -> str:
    said = "&".join(f"{name}={quote(value)}" for name, value in options.items() if value)
    return f"?{said}" if said else ""
