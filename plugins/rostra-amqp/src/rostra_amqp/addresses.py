"""Where is RabbitMQ? What a URL says, and the further hosts beside it."""

from collections.abc import Sequence
from urllib.parse import SplitResult, unquote, urlsplit

import attrs
from yarl import URL

_PORTS = {"amqp": 5672, "amqps": 5671}


@attrs.frozen
class Address:
    """One node of a broker.

    Args:
        url: As aio-pika takes it, with the password, so it is shown nowhere.
    """

    url: URL = attrs.field(repr=False)

    @property
    def is_encrypted(self) -> bool:
        """Whether TLS is spoken."""
        return self.url.scheme == "amqps"

    def __str__(self) -> str:
        """Host, port and virtual host: what may be shown."""
        vhost = unquote(self.url.raw_path[1:]) or "/"
        return f"{self.url.host}:{self.url.port} (vhost {vhost})"


_ELSEWHERE = set("@/?#")
"""What in a URL stands for what a further host has no own of: an account, a vhost, a query."""

_LIKE = """
write it as amqp://user:password@host:5672/vhost
in user and password %XX stands for what is no letter or digit: %2F for /, %23 for #, %40 for @"""


def check_url(url: str) -> None:
    """Look whether a URL names nodes.

    Raises:
        ValueError: It does not; the text says why, and in further lines how it is written. It shows nothing of the URL.
    """
    addresses(url)


def check_hosts(hosts: Sequence[str]) -> None:
    """Look whether these are hosts, each with a port or without.

    Raises:
        ValueError: One is none.
    """
    for each in hosts:
        url = None if _ELSEWHERE & set(each) else _parsed(f"amqp://{each}")
        if url is None or not url.host:
            raise ValueError(f'"{each}" is no host, and no host:port')


def addresses(url: str, hosts: Sequence[str] = (), *, heartbeat: int = 10) -> tuple[Address, ...]:
    """The nodes that a URL names, and the further ones, in the order in which they are tried.

    Several hosts may stand in the URL with commas between them. What the query says is left to aio-pika; the heartbeat is
    added where the query does not name it.

    Args:
        url: ``amqp://user:password@host:port/vhost``, or ``amqps://...``. A path of ``/`` or none is the vhost ``/``.
        hosts: ``host`` or ``host:port``.
        heartbeat: Seconds.

    Raises:
        ValueError: There is no host, a port is none, or something stands behind a ``#``, as after a password that has one in it;
            the text shows nothing of the URL.
    """
    parts = _split(url)
    if parts.fragment:
        raise ValueError(f"it has a # in it{_LIKE}")
    account, _, places = parts.netloc.rpartition("@")
    named = [place for place in places.split(",") if place] or ["localhost"]
    query = parts.query if "heartbeat=" in parts.query else f"{parts.query}&heartbeat={heartbeat}".lstrip("&")
    return tuple(
        Address(_url(parts.scheme, account, place, parts.path, query))
        for place in dict.fromkeys((*named, *hosts))
    )


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:  # its text shows the password
        pass
    raise ValueError(f"it cannot be read as an address{_LIKE}")


def _url(scheme: str, account: str, place: str, path: str, query: str) -> URL:
    before = f"{account}@" if account else "guest:guest@"
    found = _parsed(f"{scheme}://{before}{place}{path}?{query}")
    if found is None:
        raise ValueError(f"what stands for the port is no number from 1 to 65535{_LIKE}")
    if not found.host:
        raise ValueError(f"it names no host{_LIKE}")
    return found if found.port else found.with_port(_PORTS[scheme])


def _parsed(text: str) -> URL | None:
    try:
        url = URL(text, encoded=True)
        port = url.port
    except ValueError:
        return None
    return url if port is None or port > 0 else None
