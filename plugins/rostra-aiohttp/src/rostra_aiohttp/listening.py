"""Where the server listens: on sockets that were given to the process, or where its settings say."""

import asyncio
import contextvars
import functools
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from rostra.config import ConfigSource
from rostra.fork import Bound, SocketAddress, Sockets, TcpAddress, UnixAddress
from rostra.values import Values
from rostra_aiohttp.connections import Connection

_BACKLOG = 1024
"""Connections that wait to be accepted; the system has a limit of its own."""


class Address(Values):
    """Where the server listens. A component of the stage from the moment in which the port is bound.

    Args:
        host: As bound; empty for a socket in the file system.
        port: As bound, never 0 but for a socket in the file system.
        scheme: ``http`` or ``https``.
        socket: The path of a socket in the file system.
    """

    host: str
    port: int
    scheme: str = "http"
    socket: Path | None = None

    @property
    def url(self) -> str:
        """Without a slash at the end: ``http://127.0.0.1:8080``; for a socket, ``http+unix:/run/x.sock``."""
        if self.socket is not None:
            return f"{self.scheme}+unix:{self.socket}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


class Place(Values):
    """Where to listen, and how the settings call that.

    Args:
        host: An address or a name.
        port: 0 is any that is free.
        section: In which both stand: ``http``, ``http.admin``.
        socket: A path, in place of both.
        mode: Of the socket's file.
        send_timeout: Seconds in which a client must take some of what is sent; 0 is without end.
        headers_timeout: Seconds for the handshake of TLS; 0 is asyncio's minute.
    """

    host: str
    port: int
    section: str = "http"
    socket: Path | None = None
    mode: int = 0o660
    send_timeout: float = 0.0
    headers_timeout: float = 0.0


Speak: TypeAlias = "Callable[[socket.socket], Awaitable[object]]"
End: TypeAlias = Callable[[], None]
"""Accepts no more, and closes the socket."""
Accept: TypeAlias = Callable[
    [socket.socket, Callable[[], Connection], ssl.SSLContext | None, float | None], End
]
"""Takes connections from a socket, given what speaks on them, TLS, and the seconds that its handshake may take."""


class Listening:
    """A server that accepts connections.

    Args:
        ends: What accepts no more, for each socket.
        bound: Their sockets.
        addresses: Where they listen.
    """

    __slots__ = ("_bound", "_ends", "addresses", "speak", "taken")

    def __init__(self, ends: Sequence[End], bound: Sequence[Bound], addresses: Sequence[Address]) -> None:
        self._ends = ends
        self._bound = bound
        self.addresses = tuple(addresses)
        self.speak: Speak | None = None
        """Lets somebody speak on a connection that no other process would take."""
        self.taken: list[asyncio.Task[None]] = []
        """What lets those speak who waited when it was stopped."""

    def stop(self) -> None:
        """Accept no more, but for those who wait here and nowhere else. Connections that exist go on."""
        if self.speak is not None:
            from rostra_aiohttp.closing import take_all

            for each in self._bound:
                self.taken.extend(take_all(each.socket, self.speak))
            self.speak = None
        for end in self._ends:
            end()
        for each in self._bound:
            each.remove()


async def listen(
    opened: Callable[[], Connection],
    place: Place,
    tls: ssl.SSLContext | None,
    source: ConfigSource,
    sockets: Sockets | None = None,
    accept: Accept | None = None,
) -> Listening:
    """Accept connections from now on.

    They inherit the context variables of whoever binds: here nobody's, since the lines that a handler logs are not
    lines of this task.

    Args:
        opened: Makes what speaks on a connection.
        place: Where the settings say.
        tls: To speak TLS.
        source: Knows who said the settings.
        sockets: From which the sockets are; left out, the place is bound.
        accept: Where not all connections are for this process; left out, the loop takes what it can get.

    Raises:
        ListenError: The port is taken, say.
    """
    wanted = _wanted(place)
    serving = _serve(opened, place, wanted, tls, sockets or Sockets(), accept)
    try:
        return await asyncio.create_task(serving, name="http: listen", context=contextvars.Context())
    except OSError as error:
        from rostra_aiohttp.errors import refused

        problem = refused(error, wanted, place.section, source)
    raise problem


def _wanted(place: Place) -> SocketAddress:
    if place.socket is not None:
        return UnixAddress(place.socket, place.mode)
    return TcpAddress(place.host, place.port)


async def _serve(
    opened: Callable[[], Connection],
    place: Place,
    wanted: SocketAddress,
    tls: ssl.SSLContext | None,
    sockets: Sockets,
    accept: Accept | None,
) -> Listening:
    bound = await sockets.listening(place.section, wanted, is_main=place.section == "http")
    scheme = "http" if tls is None else "https"
    addresses = [_address(each, scheme) for each in bound]
    ends: list[End] = []
    listening = Listening(ends, bound, addresses)
    try:
        for each in bound:
            _give_up_after(each.socket, place.send_timeout)
            handshake = _handshake(place, tls)
            if accept is None:
                listening.speak = _speaking(opened, tls, handshake)
                ends.append((await _accepting(opened, each.socket, tls, handshake)).close)
            else:
                ends.append(accept(each.socket, opened, tls, handshake))
    except BaseException:
        listening.stop()
        for each in bound:
            each.close()
        raise
    return listening


def _speaking(opened: Callable[[], Connection], tls: ssl.SSLContext | None, handshake: float | None) -> Speak:
    loop = asyncio.get_running_loop()
    return functools.partial(loop.connect_accepted_socket, opened, ssl=tls, ssl_handshake_timeout=handshake)


async def _accepting(
    opened: Callable[[], Connection],
    listener: socket.socket,
    tls: ssl.SSLContext | None,
    handshake: float | None,
) -> asyncio.Server:
    """Serve on a socket that listens. A file that it has is not the loop's to remove."""
    loop = asyncio.get_running_loop()
    options: dict[str, Any] = {"ssl": tls, "backlog": _BACKLOG, "ssl_handshake_timeout": handshake}
    if listener.family != socket.AF_UNIX:
        return await loop.create_server(opened, sock=listener, **options)
    if isinstance(loop, asyncio.BaseEventLoop) and sys.version_info >= (3, 13):
        options |= {"cleanup_socket": False}
    return await loop.create_unix_server(opened, sock=listener, **options)


def _address(bound: Bound, scheme: str) -> Address:
    where = bound.address
    if isinstance(where, UnixAddress):
        return Address("", 0, scheme, where.path)
    return Address(where.host, where.port, scheme)


def _handshake(place: Place, tls: ssl.SSLContext | None) -> float | None:
    return (place.headers_timeout or None) if tls is not None else None


def _give_up_after(listener: socket.socket, seconds: float) -> None:
    """Let the system cut connections whose clients take nothing: they inherit this, and it costs no timers (RFC 5482)."""
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    if option is not None and seconds and listener.family != socket.AF_UNIX:
        listener.setsockopt(socket.IPPROTO_TCP, option, int(seconds * 1000))
