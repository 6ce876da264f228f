"""Who asks, when a proxy stands between: the rightmost address that no trusted proxy has.

Proxies append what they see, so the right end of the chain is what the nearest of them says, and everything to the left
of the first untrusted address may have been made up by it. A chain is read from the right only as far as it is said by
proxies of ours.
"""

import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, NamedTuple, TypeAlias

from aiohttp import hdrs, web
from multidict import CIMultiDict, CIMultiDictProxy

IpAddress: TypeAlias = IPv4Address | IPv6Address
IpNetwork: TypeAlias = IPv4Network | IPv6Network
Headers: TypeAlias = CIMultiDict[str] | CIMultiDictProxy[str]

_HIGHEST_PORT = 65_535
_SCHEMES = frozenset({"http", "https"})
_HOST = re.compile(r"(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::([0-9]{1,5}))?")
_WITH_PORT = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<four>[0-9.]+))(?::[0-9]{1,5})?")
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PAIR = re.compile(rf'({_WORD})=(?:({_WORD})|"((?:[^"\\]|\\.)*)")')
"""As RFC 7239, section 4 writes a pair."""
_END = re.compile(r"[ \t]*(?:(;)[ \t]*|,[ \t]*|$)")


class Hop(NamedTuple):
    """What one proxy says of who asked it; what it does not say, or not well, is None.

    Args:
        client: The address.
        scheme: ``http`` or ``https``.
        host: With the port, if it is not that of the scheme.
    """

    client: IpAddress | None
    scheme: str | None = None
    host: str | None = None


def client_hop(peer: str, hops: Sequence[Hop], trusted: Iterable[IpNetwork]) -> Hop | None:
    """What the outermost trusted proxy says of its client; None if the peer itself is to be taken.

    Args:
        peer: The address at the other end of the connection; empty for a socket in the file system, behind which
            there is always a proxy.
        hops: In the order in which they were appended.
        trusted: The networks of proxies.
    """
    networks = tuple(trusted)
    if not networks or (peer and not is_among(address_in(peer), networks)):
        return None
    found = None
    for hop in reversed(hops):
        if hop.client is None:  # whoever is behind it is not told
            return found
        found = hop
        if not is_among(hop.client, networks):
            return found
    return found


def is_among(address: IpAddress | None, networks: Iterable[IpNetwork]) -> bool:
    """Whether one of the networks has the address; one of IPv4 that is written as one of IPv6 is the same."""
    return address is not None and any(
        address.version == network.version and address in network for network in networks
    )


def address_in(text: str) -> IpAddress | None:
    """The address in ``192.0.2.1``, ``192.0.2.1:80``, ``2001:db8::1`` and ``[2001:db8::1]:80``; None if there is none."""
    text = text.strip()
    found = _WITH_PORT.fullmatch(text)
    if found is not None:
        text = found["six"] or found["four"]
    if "%" in text:  # a zone, which means something on one machine only
        return None
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def x_forwarded(headers: Headers) -> list[Hop]:
    """The chain of ``X-Forwarded-For``, with what ``-Proto`` and ``-Host`` say to it.

    These have an entry for each hop, or else the nearest proxy's word, the last, is taken.
    """
    clients = _items(headers, hdrs.X_FORWARDED_FOR)
    schemes = _beside(_items(headers, hdrs.X_FORWARDED_PROTO), len(clients))
    hosts = _beside(_items(headers, hdrs.X_FORWARDED_HOST), len(clients))
    return [
        Hop(address_in(client), _scheme(scheme), _host(host))
        for client, scheme, host in zip(clients, schemes, hosts, strict=True)
    ]


def forwarded(headers: Headers) -> list[Hop]:
    """The chain of ``Forwarded`` (RFC 7239). One that is malformed at any place is none: nobody knows who said what."""
    hops = []
    for element in _elements(", ".join(headers.getall(hdrs.FORWARDED, ()))):
        if element is None:
            return []
        said = element.get("for")
        client = None if said is None else address_in(said)
        hops.append(Hop(client, _scheme(element.get("proto")), _host(element.get("host"))))
    return hops


READERS = {"X-Forwarded-For": x_forwarded, "Forwarded": forwarded}
"""By the header in which the proxies write: one only, since a proxy hands on what it does not know."""


class Proxies:
    """Those whose word is taken.

    Args:
        trusted: Their networks.
        header: In which they write.
    """

    __slots__ = ("_header", "_is_trusted", "_read", "_trusted")

    def __init__(self, trusted: Iterable[IpNetwork], header: str) -> None:
        self._trusted = tuple(trusted)
        self._header, self._read = header, READERS[header]
        self._is_trusted = functools.lru_cache(maxsize=1024)(self._trusts)

    def seen_through(self, request: web.BaseRequest) -> web.BaseRequest:
        """The request as the client has sent it: its ``remote``, ``scheme``, ``host`` and ``url``."""
        peer = request.remote or ""
        if self._header not in request.headers or not self._is_trusted(peer):
            return request
        hop = client_hop(peer, self._read(request.headers), self._trusted)
        if hop is None:
            return request
        said: dict[str, Any] = {"remote": str(hop.client), "scheme": hop.scheme, "host": hop.host}
        return request.clone(**{name: value for name, value in said.items() if value is not None})

    def _trusts(self, peer: str) -> bool:
        return not peer or is_among(address_in(peer), self._trusted)


def _items(headers: Headers, name: str) -> list[str]:
    lines = headers.getall(name, ())
    return [item.strip() for line in lines for item in line.split(",")]


def _beside(said: list[str], count: int) -> list[str]:
    return said if len(said) == count else [said[-1] if said else ""] * count


def _scheme(said: str | None) -> str | None:
    word = (said or "").lower()
    return word if word in _SCHEMES else None


def _host(said: str | None) -> str | None:
    found = _HOST.fullmatch(said or "")
    return said if found and int(found[1] or 0) <= _HIGHEST_PORT else None


def _elements(text: str) -> Iterator[Mapping[str, str] | None]:
    """The elements of ``Forwarded``, names in small letters; None for what is no element."""
    place, element = 0, dict[str, str]()
    while place < len(text):
        found = _PAIR.match(text, place)
        if found is None or found[1].lower() in element:
            yield None
            return
        quoted = found[3]
        element[found[1].lower()] = found[2] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        place = found.end()
        ended = _END.match(text, place)
        if ended is None:
            yield None
            return
        place = ended.end()
        if not ended[1]:
            yield element
            element = {}
