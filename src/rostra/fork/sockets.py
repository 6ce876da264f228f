"""Listening sockets: where, bound by whom, told apart from those of others, and put away.

A lone process binds them itself. One that was given sockets (``--bind``, systemd, ``fork.stage(sockets=...)``) serves on
those. A worker asks its parent, which binds once and hands the same socket to every worker, so that none is lost when
workers come and go.

To bind is over in a moment: a name is looked up before, by whoever can wait for that.
"""

import asyncio
import errno
import os
import socket
import stat
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote

from rostra import log
from rostra.values import Values

_log = log.get("rostra.fork")

BACKLOG = 1024
"""Connections that wait to be accepted; the system has a limit of its own."""

_TRIES = 10
"""How often to look for a port that is free at several addresses."""

LOOKED_UP: dict[str, Any] = {"type": socket.SOCK_STREAM, "flags": socket.AI_PASSIVE}
"""How ``getaddrinfo`` is asked for where to listen."""

_NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)

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

    @property
    def is_numeric(self) -> bool:
        """Whether its host need not be looked up."""
        try:
            ip_address(self.host)
        except ValueError:
            return False
        return True

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
    from rostra.fork.files import bind_file

    listener, number = bind_file(address.path, address.mode, BACKLOG)
    return Bound(listener, address.name, address.path, number)


Ask: TypeAlias = Callable[[str, "tuple[SocketAddress, ...]"], Awaitable["tuple[Bound, ...]"]]
"""Asks the parent for the sockets of a server, at addresses whose hosts are numeric."""


class Sockets:
    """The listening sockets of this process. A component of the stage, where there is more than one process or any was given.

    A transport that may also be alone takes it as ``sockets: Sockets | None = None`` and makes one of its own.

    Args:
        given: Those that were bound for this process.
        ask: Asks the parent for others; left out, this process binds them.
        reuse_port: Whether other processes may bind the ports that this one binds.
    """

    __slots__ = ("_ask", "_given", "_reuse_port")

    def __init__(
        self, given: Sequence[Bound] = (), *, ask: Ask | None = None, reuse_port: bool = False
    ) -> None:
        self._given = list(given)
        self._ask = ask
        self._reuse_port = reuse_port

    @property
    def unused(self) -> tuple[Bound, ...]:
        """Those given that no server has taken."""
        return tuple(self._given)

    def tell_unused(self) -> None:
        """Log those that nobody serves when the stage runs: who connects there waits for ever."""
        for each in self._given:
            why = f"no server is called {each.name}" if each.name else "no server took it"
            _log.warning("socket.unused", address=str(each.address), why=why)

    async def listening(
        self, server: str, wanted: SocketAddress, *, is_main: bool = False
    ) -> tuple[Bound, ...]:
        """The sockets for a server: those given for it, or else those at ``wanted``. They listen, and are its to close.

        Args:
            server: How a name of an address calls it: the section of its settings, ``http.admin``.
            wanted: Where its settings say.
            is_main: Whether it also takes those that were given without a name.

        Raises:
            OSError: Nobody can listen there. ``socket.gaierror`` if the name of the host cannot be looked up.
        """
        names = {server, ""} if is_main else {server}
        if taken := [each for each in self._given if each.name in names]:
            self._given = [each for each in self._given if each not in taken]
            return tuple(taken)
        addresses = await _looked_up(wanted)
        if self._ask is not None:
            return await self._ask(server, addresses)
        return bind(addresses, reuse_port=self._reuse_port)


async def _looked_up(address: SocketAddress) -> tuple[SocketAddress, ...]:
    if isinstance(address, UnixAddress) or address.is_numeric:
        return (address,)
    loop = asyncio.get_running_loop()
    return numeric_addresses(address, await loop.getaddrinfo(address.host or None, address.port, **LOOKED_UP))


def numeric_addresses(address: TcpAddress, infos: Iterable[tuple[Any, ...]]) -> tuple[SocketAddress, ...]:
    """The addresses with numeric hosts that it stands for.

    Args:
        address: Its host is a name, or empty.
        infos: What ``getaddrinfo`` says of it.
    """
    hosts = dict.fromkeys(str(where[0]) for *_, where in infos)
    return tuple(address._replace(host=host) for host in hosts)
