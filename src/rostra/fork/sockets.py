"""Where a transport gets the sockets that it serves on, whoever has bound them.

A lone process binds them itself. One that was given sockets (``--bind``, systemd, ``fork.stage(sockets=...)``) serves on
those. A worker asks its parent, which binds once and hands the same socket to every worker, so that none is lost when
workers come and go.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import ip_address
from typing import Any, TypeAlias

from rostra import log
from rostra.fork.addresses import SocketAddress, TcpAddress
from rostra.fork.binding import Bound, bind

_log = log.get("rostra.fork")

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


def looked_up(address: SocketAddress) -> tuple[SocketAddress, ...]:
    """The addresses with numeric hosts that it stands for. It may wait for a name server.

    Raises:
        socket.gaierror: The name of the host cannot be looked up.
    """
    if isinstance(address, TcpAddress) and not _is_numeric(address.host):
        return _found(
            address,
            socket.getaddrinfo(
                address.host or None, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            ),
        )
    return (address,)


async def _looked_up(address: SocketAddress) -> tuple[SocketAddress, ...]:
    if isinstance(address, TcpAddress) and not _is_numeric(address.host):
        loop = asyncio.get_running_loop()
        return _found(
            address,
            await loop.getaddrinfo(
                address.host or None, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            ),
        )
    return (address,)


def _found(address: TcpAddress, infos: Iterable[tuple[Any, ...]]) -> tuple[SocketAddress, ...]:
    hosts = dict.fromkeys(str(where[0]) for *_, where in infos)
    return tuple(TcpAddress(host, address.port, address.name) for host in hosts)


def _is_numeric(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
