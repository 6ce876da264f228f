"""Where the server listens: an address of the machine or a socket in the file system, and why it may not be able to."""

import asyncio
import contextvars
import errno
import os
import socket
import ssl
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from rostra.config import ConfigSource
from rostra_aiohttp.errors import ListenError

_BACKLOG = 1024
"""Connections that wait to be accepted; the system has a limit of its own."""

_NO_ADDRESS = "this machine has no such address"
_NO_ADDRESS_AT_ALL = "could not bind on any address"
"""How asyncio says so since Python 3.13, without a number."""
_REASONS: dict[int | None, str] = {
    errno.EADDRINUSE: "another process listens there already",
    errno.EACCES: "this user may not listen on a port below 1024",
}


class Address(NamedTuple):
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


class Place(NamedTuple):
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


class Listening:
    """A server that accepts connections.

    Args:
        server: Of asyncio.
        address: Where it does.
        file: The socket's file and its number, to be removed when the server stops.
    """

    __slots__ = ("_file", "_server", "address")

    def __init__(self, server: asyncio.Server, address: Address, file: tuple[Path, int] | None) -> None:
        self._server = server
        self.address = address
        self._file = file

    def stop(self) -> None:
        """Accept no more. Connections that exist go on."""
        self._server.close()
        if self._file is not None:
            path, number = self._file
            with suppress(OSError):
                if path.stat().st_ino == number:  # else another server has taken the place
                    path.unlink()
            self._file = None


async def listen(
    opened: Callable[[], asyncio.Protocol], place: Place, tls: ssl.SSLContext | None, source: ConfigSource
) -> Listening:
    """Bind, and accept connections from now on.

    They inherit the context variables of whoever binds: here nobody's, since the lines that a handler logs are not
    lines of this task.

    Raises:
        ListenError: The port is taken, say.
    """
    bound = _on_file(opened, place, tls) if place.socket is not None else _on_port(opened, place, tls)
    try:
        return await asyncio.create_task(bound, name="http: listen", context=contextvars.Context())
    except OSError as error:
        refusal = _refused_file if place.socket is not None else _refused
        problem = refusal(error, place, source)
    raise problem


async def _on_port(
    opened: Callable[[], asyncio.Protocol], place: Place, tls: ssl.SSLContext | None
) -> Listening:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        opened,
        place.host,
        place.port,
        ssl=tls,
        backlog=_BACKLOG,
        ssl_handshake_timeout=_handshake(place, tls),
    )
    for each in server.sockets:
        _give_up_after(each, place.send_timeout)
    host, port = server.sockets[0].getsockname()[:2]
    return Listening(server, Address(host, port, _scheme(tls)), None)


def _handshake(place: Place, tls: ssl.SSLContext | None) -> float | None:
    return (place.headers_timeout or None) if tls is not None else None


def _give_up_after(listener: Any, seconds: float) -> None:
    """Let the system cut connections whose clients take nothing: they inherit this, and it costs no timers (RFC 5482)."""
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    if option is not None and seconds:
        listener.setsockopt(socket.IPPROTO_TCP, option, int(seconds * 1000))


async def _on_file(
    opened: Callable[[], asyncio.Protocol], place: Place, tls: ssl.SSLContext | None
) -> Listening:
    """Bind beside the place and move there: at no moment is there a file that few may open too many, or nobody's."""
    path = place.socket
    assert path is not None, "it is what this is for"  # noqa: S101  (for type checkers)
    _check_replaceable(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.setblocking(False)
        listener.bind(str(beside))
        beside.chmod(place.mode)
        loop = asyncio.get_running_loop()
        server = await loop.create_unix_server(
            opened, sock=listener, ssl=tls, backlog=_BACKLOG, ssl_handshake_timeout=_handshake(place, tls)
        )
        beside.replace(path)
    except BaseException:
        listener.close()
        beside.unlink(missing_ok=True)
        raise
    return Listening(server, Address("", 0, _scheme(tls), path), (path, path.stat().st_ino))


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


def _scheme(tls: ssl.SSLContext | None) -> str:
    return "http" if tls is None else "https"


def _refused(error: OSError, place: Place, source: ConfigSource) -> ListenError:
    if isinstance(error, socket.gaierror):
        reason, setting, value = f"its name cannot be resolved: {error.strerror}", "host", "127.0.0.1"
    elif error.errno == errno.EADDRNOTAVAIL or str(error).startswith(_NO_ADDRESS_AT_ALL):
        reason, setting, value = _NO_ADDRESS, "host", "127.0.0.1"
    else:
        reason = _REASONS.get(error.errno) or str(error)
        setting, value = "port", str(_another(place.port))
    free = (
        "stop that process, or listen elsewhere; port 0 takes any that is free:" if setting == "port" else ""
    )
    said, ways = _ways(place, setting, str(getattr(place, setting)), value, source)
    return ListenError(place.host, place.port, reason, (said,), (*filter(None, [free]), *ways))


def _refused_file(error: OSError, place: Place, source: ConfigSource) -> ListenError:
    reason = error.strerror or str(error)
    first = {
        errno.EADDRINUSE: "stop that process, or listen elsewhere:",
        errno.EEXIST: "remove that file, or listen elsewhere:",
        errno.ENOENT: "make its folder, or listen elsewhere:",
        errno.EACCES: "let this user write in its folder, or listen elsewhere:",
    }.get(error.errno or 0, "listen elsewhere:")
    said, ways = _ways(place, "socket", str(place.socket), "/tmp/http.sock", source)  # noqa: S108  (an example)
    return ListenError(str(place.socket), None, reason, (said,), (first, *ways))


def _ways(
    place: Place, setting: str, found: str, value: str, source: ConfigSource
) -> tuple[str, tuple[str, ...]]:
    """Who said where to listen, and the ways to say something else."""
    path = f"{place.section}.{setting}"
    upper = path.upper().replace(".", "_")
    variable = source.variable(path) or f"with --env-prefix APP, APP_{upper}"
    return f"[{place.section}] {setting} = {found}, from {source.origin(path)}", (
        f"--set {path}={value}",
        f"{variable}={value}",
        f"[{place.section}] {setting} = {value} in a file of settings",
    )


def _another(port: int) -> int:
    return port + 1 if 1024 <= port < 65535 else 8080  # noqa: PLR2004  (below, one needs to be root)
