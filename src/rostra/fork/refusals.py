"""Why nobody can listen somewhere, in words, and what to do: for those who say where to listen."""

import errno
import os
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import count
from typing import Literal, TypeAlias

from rostra.errors import ListenError
from rostra.fork.overlapping import covers
from rostra.fork.sockets import LOOKED_UP, Bound, SocketAddress, UnixAddress, bind, discard, numeric_addresses
from rostra.fork.uris import read_address
from rostra.values import Values

_NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
_ROOTS_PORTS = 1024
_HIGHEST_PORT = 65535
_PORTS: dict[int | None, str] = {
    errno.EADDRINUSE: "another process listens there already",
    errno.EACCES: "this user may not listen on a port below 1024",
}
_STEPS: dict[int | None, str] = {
    errno.EADDRINUSE: "stop that process, or listen elsewhere:",
    errno.EEXIST: "remove that file, or listen elsewhere:",
    errno.ENOENT: "make its folder, or listen elsewhere:",
    errno.EACCES: "let this user write in its folder, or listen elsewhere:",
}

_OWN = "listen at another port; another address at the same port takes a stop and a start, not a reload:"


_Wanted: TypeAlias = "tuple[SocketAddress, tuple[SocketAddress, ...]]"
"""What somebody wants, and what it stands for, with numeric hosts."""


class Refusal(Values):
    """Why nobody can listen at an address.

    Args:
        reason: In words.
        part: Which part of the address is to be another.
        value: What it could be.
        step: What else to do; empty if there is nothing.
    """

    reason: str
    part: Literal["host", "port", "path"]
    value: str
    step: str = ""


def refusal(error: OSError, address: SocketAddress) -> Refusal:
    """What an error of the system says about an address."""
    if isinstance(address, UnixAddress):
        reason = error.strerror or str(error)
        return Refusal(reason, "path", "/tmp/http.sock", _STEPS.get(error.errno, "listen elsewhere:"))  # noqa: S108  (an example)
    if isinstance(error, socket.gaierror):
        return Refusal(f"its name cannot be resolved: {error.strerror}", "host", "127.0.0.1")
    if error.errno in _NOT_HERE:
        return Refusal("this machine has no such address", "host", "127.0.0.1")
    port = str(_another(address.port))
    if error.errno == errno.EADDRINUSE and error.strerror not in (os.strerror(errno.EADDRINUSE), None):
        return Refusal(error.strerror, "port", port, _OWN)  # a parent knows more than the system
    reason = _PORTS.get(error.errno) or error.strerror or str(error)
    step = "stop that process, or listen elsewhere; port 0 takes any that is free:"
    return Refusal(reason, "port", port, step)


def bind_uris(uris: Iterable[str], where: str, *, reuse_port: bool = False) -> tuple[Bound, ...]:
    """Listen at all of these, or at none. It may wait for a name server.

    Args:
        uris: As people write them: ``tcp://:8080``.
        where: Who does: ``--bind``.
        reuse_port: Whether others may listen there too.

    Raises:
        AddressError: One is no address.
        ListenError: At one nobody can listen.
    """
    addresses = [read_address(uri, where) for uri in uris]
    with ExitStack() as undoing:
        bound: list[Bound] = []
        undoing.callback(discard, bound)
        for address, numeric in _needed([(each, _numeric(each, where)) for each in addresses]):
            bound.extend(_bound(address, numeric, where, reuse_port=reuse_port))
        undoing.pop_all()
    return tuple(bound)


def _needed(wanted: Sequence[_Wanted]) -> Iterator[_Wanted]:
    """All of them, without what another one gets as well; of two that are the same, the first."""
    every = [each for _, numeric in wanted for each in numeric]
    spared = {
        place
        for place, each in enumerate(every)
        for at, other in enumerate(every)
        if at != place and covers(other, each) and (at < place or not covers(each, other))
    }
    places = count()
    for address, numeric in wanted:
        yield address, tuple(each for each in numeric if next(places) not in spared)


def _numeric(address: SocketAddress, where: str) -> tuple[SocketAddress, ...]:
    if isinstance(address, UnixAddress) or address.is_numeric:
        return (address,)
    try:
        return numeric_addresses(address, socket.getaddrinfo(address.host or None, address.port, **LOOKED_UP))
    except OSError as error:
        found = refusal(error, address)
    raise _worded(found, address, where)


def _bound(
    address: SocketAddress, numeric: Iterable[SocketAddress], where: str, *, reuse_port: bool
) -> tuple[Bound, ...]:
    try:
        return bind(numeric, reuse_port=reuse_port)
    except OSError as error:
        found = refusal(error, address)
    raise _worded(found, address, where)


def _worded(found: Refusal, address: SocketAddress, where: str) -> ListenError:
    if isinstance(address, UnixAddress):
        host, port, other = str(address.path), None, f"unix://{found.value}"
    else:
        host, port = address.host or "all addresses", address.port
        is_port = found.part == "port"
        other = str(
            address._replace(port=int(found.value)) if is_port else address._replace(host=found.value)
        )
    fix = (*filter(None, [found.step]), f"{where} {other}")
    return ListenError(host, port, found.reason, (f"{where} {address}",), fix)


def _another(port: int) -> int:
    return port + 1 if _ROOTS_PORTS <= port < _HIGHEST_PORT else 8080
