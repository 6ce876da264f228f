"""Listening sockets: bound, told apart from those of others, and put away.

A name is looked up before, by whoever can wait for that: here everything is over in a moment. A socket in the file system
is bound beside its place and moved there, so that at no moment there is a file that few may open too many, or nobody's.
"""

import errno
import os
import socket
import stat
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TypeAlias

from rostra.fork.addresses import SocketAddress, TcpAddress, UnixAddress

BACKLOG = 1024
"""Connections that wait to be accepted; the system has a limit of its own."""

_TRIES = 10
"""How often to look for a port that is free at several addresses."""

_NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


Listener: TypeAlias = socket.socket


class Bound:
    """A socket that listens.

    Args:
        socket: It does not block.
        name: Which server of a stage it is for; empty is the one for everybody.
        path: Of its file, if the socket does not know it by this name.
        number: Of its file, if that is to be removed by this process; never by one that it forks.
    """

    __slots__ = ("_number", "_path", "_pid", "name", "socket")

    def __init__(
        self, socket: Listener, name: str = "", path: Path | None = None, number: int | None = None
    ) -> None:
        self.socket = socket
        self.name = name
        self._path = path
        self._number = number
        self._pid = os.getpid()

    @property
    def address(self) -> SocketAddress:
        """Where it really listens: port 0 has become one."""
        where = self.socket.getsockname()
        if self.socket.family != socket.AF_UNIX:
            return TcpAddress(where[0], where[1], self.name)
        path = self._path or Path(where)
        return UnixAddress(path, stat.S_IMODE(path.stat().st_mode) if path.exists() else 0, self.name)

    def close(self) -> None:
        """Listen no more in this process."""
        self.socket.close()

    def remove(self) -> None:
        """Remove its file, unless another server has taken the place."""
        if self._path is None or self._number is None or self._pid != os.getpid():
            return
        with suppress(OSError):
            if self._path.stat().st_ino == self._number:
                self._path.unlink()
        self._number = None


def bind(addresses: Iterable[SocketAddress], *, reuse_port: bool = False) -> tuple[Bound, ...]:
    """Listen at all of these addresses, or at none.

    Args:
        addresses: Hosts are numeric: ``127.0.0.1``, ``::1``; several ports 0 become one port, free at all of these hosts.
            An address that this machine does not have is left out, as long as there is another one.
        reuse_port: Whether others may listen there too, and the system divides the connections among them.

    Raises:
        OSError: Somebody else listens there, say; its number says what it is.
    """
    ports = [each for each in addresses if isinstance(each, TcpAddress)]
    files = [each for each in addresses if isinstance(each, UnixAddress)]
    with ExitStack() as undoing:
        bound = list(_bind_ports(ports, reuse_port)) if ports else []
        undoing.callback(discard, bound)
        for each in files:
            bound.append(_bind_file(each))
        undoing.pop_all()
    return tuple(bound)


def discard(bound: Iterable[Bound]) -> None:
    """Close sockets that nobody is to listen to, and remove their files."""
    for each in bound:
        each.close()
        each.remove()


def _bind_ports(addresses: Sequence[TcpAddress], reuse_port: bool) -> tuple[Bound, ...]:
    """Bind, where any port will do again and again until one is free at all hosts."""
    are_open = [address.port == 0 for address in addresses]
    for tries_left in reversed(range(_TRIES)):
        bound: list[Bound] = []
        try:
            _bind_each(addresses, reuse_port, bound)
        except BaseException as error:
            discard(bound)
            is_taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            if is_taken and any(are_open) and len(addresses) > 1 and tries_left:
                continue
            raise
        return tuple(bound)
    raise AssertionError("the last try returns or raises")


def _bind_each(addresses: Sequence[TcpAddress], reuse_port: bool, bound: list[Bound]) -> None:
    missing: OSError | None = None
    chosen = 0
    for host, port, name in addresses:
        try:
            bound.append(Bound(_bind_port(host, port or chosen, reuse_port), name))
        except OSError as error:
            if error.errno not in _NOT_HERE:
                raise
            missing = error
            continue
        chosen = chosen or bound[-1].socket.getsockname()[1]
    if not bound and missing is not None:
        raise missing


def _bind_port(host: str, port: int, reuse_port: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setblocking(False)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:  # or it would take the port of IPv4 as well, on some systems
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


def _bind_file(address: UnixAddress) -> Bound:
    path = address.path
    _check_replaceable(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.setblocking(False)
        listener.bind(str(beside))
        beside.chmod(address.mode)
        listener.listen(BACKLOG)
        number = beside.stat().st_ino
        beside.replace(path)
    except BaseException:
        listener.close()
        beside.unlink(missing_ok=True)
        raise
    return Bound(listener, address.name, path, number)


def _check_replaceable(path: Path) -> None:
    """Refuse what is no socket, and a socket behind which somebody listens."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise FileExistsError(errno.EEXIST, "there is another file")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.setblocking(False)
        try:
            client.connect(str(path))
        except ConnectionRefusedError:
            return  # nobody has listened there since a process died
        except BlockingIOError:
            pass  # somebody listens, and is busy
    raise OSError(errno.EADDRINUSE, "another process listens there already")
