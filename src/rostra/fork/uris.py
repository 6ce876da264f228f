"""Where to listen, as people write it: ``tcp://:8080``, ``tcp://[::1]:8080``, ``unix:///run/orders.sock?mode=660``.

Reading one only reads it: no name is looked up, and no file is looked at. Either kind may say which of a stage's servers it
is for, as in ``tcp://:8081?name=http.admin``.
"""

from pathlib import Path
from urllib.parse import parse_qsl, unquote

from rostra.errors import AddressError, closest
from rostra.fork.sockets import MODE, SocketAddress, TcpAddress, UnixAddress

_SCHEMES = ("tcp", "unix")
_HIGHEST_PORT = 65535
_HIGHEST_MODE = 0o777
_EXAMPLES = "write it as tcp://:8080, tcp://127.0.0.1:8080, tcp://[::1]:8080 or unix:///run/orders.sock"


def read_address(uri: str, where: str = "") -> SocketAddress:
    """The address that ``uri`` means.

    Args:
        uri: ``tcp://HOST:PORT`` or ``unix://PATH``; options follow a question mark: ``name``, and ``mode`` of a file.
        where: Who said it, for the error: ``--bind``.

    Raises:
        AddressError: It means none.
    """
    try:
        return _read(uri)
    except _UnreadError as problem:
        reason, fix = (
            problem.reason,
            _EXAMPLES if "@" in uri else problem.fix,
        )  # what stands before it may be secret
    raise AddressError(_shown(uri), reason, (where,) if where else (), (fix,))


def _read(uri: str) -> SocketAddress:
    scheme, separator, rest = uri.partition("://")
    if not separator or scheme not in _SCHEMES:
        raise _UnreadError(*_unknown(uri, scheme if separator else ""))
    place, _, query = rest.partition("?")
    return _port(place, query) if scheme == "tcp" else _file(place, query)


class _UnreadError(Exception):
    """What is wrong, and what was meant."""

    def __init__(self, reason: str, fix: str = _EXAMPLES) -> None:
        super().__init__(reason)
        self.reason, self.fix = reason, fix


def _port(place: str, query: str) -> TcpAddress:
    if "@" in place:
        raise _UnreadError("who listens needs no name and no password")
    place, slash, path = place.partition("/")
    if path:
        raise _UnreadError("a port has no path", f"tcp://{place}")
    host, text = _parted(place)
    if not text:
        raise _UnreadError("it has no port", f"tcp://{place.rstrip(':')}:8080")
    if not (text.isascii() and text.isdecimal()) or int(text) > _HIGHEST_PORT:
        raise _UnreadError(
            f'a port is a whole number from 0 to {_HIGHEST_PORT}, found "{text}"',
            f"tcp://{_bracketed(host)}:8080",
        )
    options = _options(query, ("name",), f"tcp://{place}{slash}")
    return TcpAddress(host, int(text), options.get("name", ""))


def _parted(place: str) -> tuple[str, str]:
    """Host and port. An IPv6 address has colons of its own, and stands in brackets for that."""
    if place.startswith("["):
        host, bracket, rest = place[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise _UnreadError("its brackets are not those of an IPv6 address", "tcp://[::1]:8080")
        return host, rest[1:]
    host, _, port = place.rpartition(":") if ":" in place else (place, "", "")
    if ":" in host:
        raise _UnreadError("an IPv6 address stands in brackets", f"tcp://[{host}]:{port}")
    return host, port


def _file(place: str, query: str) -> UnixAddress:
    if not place.startswith("/"):
        raise _UnreadError(
            "its path is not absolute: it begins with a third slash", f"unix:///{place or 'run/orders.sock'}"
        )
    if place.endswith("/"):
        raise _UnreadError("it names a folder, and not a file", f"unix://{place}orders.sock")
    options = _options(query, ("mode", "name"), f"unix://{place}")
    return UnixAddress(Path(unquote(place)), _mode(options.get("mode"), place), options.get("name", ""))


def _mode(text: str | None, place: str) -> int:
    if text is None:
        return MODE
    try:
        mode = int(text, 8)
    except ValueError:
        mode = -1
    if not 0 <= mode <= _HIGHEST_MODE:
        raise _UnreadError(
            f'a mode is three octal digits as for chmod, found "{text}"', f"unix://{place}?mode=660"
        )
    return mode


def _options(query: str, known: tuple[str, ...], before: str) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    for name in options:
        if name not in known:
            near = closest(name, known) or known[0]
            raise _UnreadError(
                f'it has an option "{name}"; there are {" and ".join(known)}', f"{before}?{near}=..."
            )
    return options


def _unknown(uri: str, scheme: str) -> tuple[str, str]:
    """What is wrong with an address that begins in another way, and what was meant."""
    if scheme in {"http", "https"}:
        place = uri.partition("://")[2].partition("/")[0]
        return "what is spoken there is said by the settings; an address is only where", f"tcp://{place}"
    if _is_word(scheme):
        return f'there is no kind "{scheme}" of addresses', _EXAMPLES
    if uri.startswith("/"):
        return "it does not say what it is", f"unix://{uri}"
    if uri.removeprefix(":").isdecimal():
        return "it does not say what it is", f"tcp://:{uri.removeprefix(':')}"
    return "it does not say what it is", f"tcp://{uri}" if _is_port(uri) else _EXAMPLES


def _is_port(text: str) -> bool:
    host, _, port = text.rpartition(":")
    return port.isdecimal() and "@" not in text and "/" not in host


def _shown(uri: str) -> str:
    """The address without what stands before an @, where passwords stand in addresses of other kinds."""
    before, at, after = uri.rpartition("@")
    scheme = before.partition("://")[0]
    return f"{f'{scheme}://' if _is_word(scheme) else ''}...@{after}" if at else uri


def _is_word(scheme: str) -> bool:
    return scheme.isascii() and scheme.isalnum()


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
