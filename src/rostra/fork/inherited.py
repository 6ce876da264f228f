"""Sockets that systemd has bound, and hands over to the process that it starts (sd_listen_fds(3))."""

import os
import socket
import stat
from collections.abc import MutableMapping

from rostra.errors import ListenError
from rostra.fork.sockets import Bound

_FIRST = 3
_VARIABLES = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")
_UNNAMED = ("", "unknown", "stored")
"""What systemd calls sockets that have no name."""


def inherited(environ: MutableMapping[str, str], pid: int | None = None) -> tuple[Bound, ...]:
    """The sockets that were handed over to this process, in order; none if none were.

    The variables are taken out of the environment, and what this process starts does not get the sockets either. A name is
    ``FileDescriptorName=`` of the unit; without one systemd names a socket after its unit, ``orders.socket``, which stands
    for no name here.

    Args:
        environ: With LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES, or without.
        pid: This process.

    Raises:
        ListenError: What was handed over is no socket that listens for connections.
    """
    meant, count, names = (environ.pop(name, "") for name in _VARIABLES)
    if meant != str(os.getpid() if pid is None else pid) or not count.isdecimal():
        return ()
    called = [*names.split(":"), *[""] * int(count)]
    return tuple(_taken(_FIRST + place, called[place]) for place in range(int(count)))


def _taken(number: int, called: str) -> Bound:
    os.set_inheritable(number, False)
    if reason := _unfit(number):
        raise ListenError(
            f"descriptor {number}",
            None,
            reason,
            (f'systemd handed it over as "{called}"',),
            ("in its unit: ListenStream= with an address, and Accept=no",),
        )
    listener = socket.socket(fileno=number)
    listener.setblocking(False)
    is_unnamed = called in _UNNAMED or called.endswith(".socket")
    return Bound(listener, "" if is_unnamed else called)


def _unfit(number: int) -> str | None:
    if not stat.S_ISSOCK(os.fstat(number).st_mode):
        return "it is no socket"
    with socket.socket(fileno=os.dup(number)) as found:
        if found.type != socket.SOCK_STREAM or found.family not in {
            socket.AF_INET,
            socket.AF_INET6,
            socket.AF_UNIX,
        }:
            return "it is no socket of connections"
        if not found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            return "it is a connection, and does not listen for any"
    return None
