"""From where may a page open a web socket? Browsers let any page try, and send the cookies of the service along.

So what browsers tell, the ``Origin`` header, is looked at before anything else (RFC 6455, section 10.2). Pure
functions; ports that a scheme implies are the same as none.
"""

import functools
import re
from collections.abc import Iterable, Sequence

_PATTERN = r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<any>\*\.)?(?P<host>\[[0-9a-f:.]+\]|[^\s/?#@:*\[\]]+)(:(?P<port>\d+))?"
_PORTS = {"http": "80", "ws": "80", "https": "443", "wss": "443"}
_SECURE = frozenset({"https", "wss"})


def check_pattern(origin: str) -> None:
    """Do nothing if this says where pages may come from.

    Raises:
        ValueError: It does not.
    """
    if origin != "*" and re.fullmatch(_PATTERN, origin.lower()) is None:
        raise ValueError("expected scheme://host or scheme://host:port, with nothing after it")


def is_allowed(origins: Sequence[str], host: str, scheme: str, allowed: Iterable[str]) -> bool:
    """Whether whoever asks may open a web socket.

    Args:
        origins: What stands in the ``Origin`` headers. None at all is no browser, and may.
        host: Of the request, as in its ``Host`` header. Pages of the same host may, but for those that came without
            TLS to a service with it.
        scheme: Of the request. Where TLS ends before the service this is ``http``, and says nothing of the page.
        allowed: What else may: origins, ``https://*.shop.example`` for all hosts below that one, ``*`` for everybody.
    """
    if not origins:
        return True
    if len(origins) > 1:
        return False
    found = re.fullmatch(_PATTERN, origins[0].lower())
    if found is None or found["any"]:  # "null", of a sandboxed frame or a file
        return "*" in allowed
    port = found["port"] or _PORTS.get(found["scheme"], "")
    if _is_same(found["scheme"], found["host"], port, host.lower(), scheme):
        return True
    return any(_matches(found["scheme"], found["host"], port, pattern.lower()) for pattern in allowed)


def _is_same(origin_scheme: str, name: str, port: str, host: str, scheme: str) -> bool:
    if scheme in _SECURE and origin_scheme not in _SECURE:
        return False
    own_name, own_port = _split(host)
    return own_name == name and (own_port or _PORTS.get(origin_scheme, "")) == port


def _split(host: str) -> tuple[str, str]:
    name, colon, port = host.rpartition(":")
    return (name, port) if colon and port.isdigit() else (host, "")


def _matches(scheme: str, name: str, port: str, pattern: str) -> bool:
    if pattern == "*":
        return True
    wanted = _compiled(pattern)
    if wanted is None or wanted["scheme"] != scheme or (wanted["port"] or _PORTS.get(scheme, "")) != port:
        return False
    return name.endswith(f".{wanted['host']}") if wanted["any"] else name == wanted["host"]


@functools.lru_cache(maxsize=64)
def _compiled(pattern: str) -> "re.Match[str] | None":
    return re.fullmatch(_PATTERN, pattern)
