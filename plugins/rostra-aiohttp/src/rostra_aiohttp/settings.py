"""The sections ``[http]`` and ``[http_client]``."""

import re
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, Literal

from attr import validators  # aiohttp has imported attr; attrs is six modules more

from rostra.config import Bytes, Config, Duration, Secret, field, frozen


def _check_path(_settings: Any, _field: Any, path: str) -> None:
    if not path.startswith("/") or "{" in path:
        raise ValueError("expected a path such as /openapi.json")


@frozen
class OpenApiConfig:
    """Whether the service describes itself, and as what.

    ::

        [http.openapi]
        enabled = true
        title = "Orders"
        version = "1.2"
    """

    enabled: bool = False
    """Whether the document and the page are served: to everybody who reaches the service."""
    path: str = field(default="/openapi.json", validator=_check_path)
    """Of the document."""
    page: str = field(default="/docs", validator=_check_path)
    """Of the page on which people read and try it."""
    title: str = "HTTP API"
    """Of the service."""
    version: str = "0"
    """Of the service."""
    description: str = ""
    """Of the service; CommonMark."""
    tags: Literal["module", "prefix"] = "module"
    """By what operations are grouped: the module or class of their handler, or the first part of their path."""


def _check_pages(_settings: Any, _field: Any, origins: Sequence[str]) -> None:
    if origins:
        from rostra_aiohttp.origins import check_pattern

        for origin in origins:
            check_pattern(origin)


@frozen
class WebSocketConfig:
    """How patient web sockets are, and who may open them."""

    ping: Duration = Duration(20.0)
    """How long after the last sign of life to ask for one; half as long again without an answer ends the connection.
    0 never asks."""
    idle: Duration = Duration(0.0)
    """How long nobody may say anything; 0 is without end."""
    largest: Bytes = field(default=Bytes("1MiB"), validator=validators.ge(Bytes(1)))
    """The largest message that is read; a larger one ends the connection with 1009."""
    origins: tuple[str, ...] = field(default=(), validator=_check_pages)
    """From where pages may open one, besides their own host: ``https://shop.example``, ``https://*.shop.example``,
    ``*``."""
    send_timeout: Duration = Duration(30.0)
    """How long a client may take nothing of what is sent to it; 0 is without end."""
    patience: Duration = Duration(10.0)
    """How long a handler may go on when its client has gone or the stage stops, before it is cancelled."""
    compression: bool = False
    """Whether messages are compressed for clients that offer it; it takes about 300 KiB per connection."""


def _check_sample(_settings: Any, _field: Any, sample: Mapping[int, float]) -> None:
    for status_class, share in sample.items():
        if status_class not in range(1, 6):
            msg = "its keys are classes of status: 1, 2, 3, 4 and 5"
            raise ValueError(msg)
        if not 0 <= share <= 1:
            msg = "a share is a number from 0 to 1"
            raise ValueError(msg)


@frozen
class AccessLogConfig:
    """Which answers are logged, as ``http.answered``."""

    enabled: bool = False
    """Whether any are."""
    sample: Mapping[int, float] = field(factory=dict, validator=_check_sample)
    """The share of answers by class of status: ``{2 = 0.1}`` is one of ten that went well, and all others."""
    probes: bool = False
    """Whether answers to ``/livez``, ``/readyz`` and ``/startupz`` are among them."""


_ORIGIN = r"[a-z][a-z0-9+.-]*://[^\s/?#@*]+"
_PORT = [validators.ge(0), validators.le(65535)]
_COMPRESSED = (
    "text/",
    "application/json",
    "application/jsonl",
    "+json",
    "+xml",
    "application/javascript",
    "application/xml",
    "application/msgpack",
)


@frozen
class TlsConfig:
    """The certificate that is served, and its key."""

    certificate: Path
    """A PEM file: the certificate, followed by those between it and the root."""
    key: Path | None = None
    """A PEM file; without it the key stands in the certificate's."""
    password: Secret[str] | None = None
    """With which the key is encrypted."""
    check_every: Duration = Duration(60.0)
    """How often to look whether the files have changed; new connections then get the new certificate. 0 is never."""


@frozen
class AdminConfig:
    """An address for those who look after the service: the probes move there."""

    host: str = "127.0.0.1"
    """An address or a name of this machine."""
    port: int = field(default=8081, validator=_PORT)
    """0 takes any that is free; the log says which."""


@frozen
class CompressionConfig:
    """Which answers are compressed by gzip, for clients that take it."""

    enabled: bool = False
    """Whether any are."""
    smallest: Bytes = Bytes("1KiB")
    """A body or a file that is smaller is sent as it is; of streams nobody knows how long they become."""
    types: tuple[str, ...] = _COMPRESSED
    """Of which types: whole ones, beginnings as in ``text/``, and endings as in ``+json``."""


def _check_origins(settings: Any, _field: Any, origins: tuple[str, ...]) -> None:
    for origin in origins:
        if origin != "*" and not re.fullmatch(_ORIGIN, origin):
            msg = f"an origin is a scheme and a host, as in https://shop.example, or *; found {origin}"
            raise ValueError(msg)
    if "*" in origins and settings.credentials:
        msg = "with credentials the origins have to be named; any page could act for its reader"
        raise ValueError(msg)


@frozen
class CorsConfig:
    """Which pages of other origins may call the service."""

    origins: tuple[str, ...] = field(default=(), validator=_check_origins)
    """``["https://shop.example"]``; ``["*"]`` is any. None by default."""
    methods: tuple[str, ...] = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
    """What they may ask for."""
    headers: tuple[str, ...] = ("Authorization", "Content-Type", "X-Request-ID")
    """Which headers they may send besides those that any page may."""
    expose: tuple[str, ...] = ("X-Request-ID",)
    """Which headers of answers they may read besides those that any page may."""
    credentials: bool = False
    """Whether cookies and the like are sent along; never with ``*``."""
    max_age: Duration = Duration(600.0)
    """How long a browser need not ask again."""


@frozen
class UploadConfig:
    """How large forms in parts may be; a larger one is answered by 413. All other bodies have ``body_limit``."""

    total: Bytes = Bytes("64MiB")
    """All of it."""
    part: Bytes = Bytes("32MiB")
    """Each file."""
    parts: int = field(default=1000, validator=validators.ge(1))
    """How many texts and files there may be; of other forms, how many texts."""
    memory: Bytes = Bytes("64KiB")
    """A file that is larger is written to disk while it arrives."""


@frozen
class HttpConfig(Config, section="http"):
    """Where the server listens, and how long it is patient.

    ::

        [http]
        host = "0.0.0.0"
        port = 8080
    """

    host: str = "127.0.0.1"
    """An address or a name of this machine; ``0.0.0.0`` and ``::`` are all of its addresses."""
    port: int = field(default=8080, validator=_PORT)
    """0 takes any that is free; the log says which."""
    socket: Path | None = None
    """The path of a socket in the file system, to listen there in place of ``host`` and ``port``."""
    socket_mode: str = field(default="660", validator=validators.matches_re("0?[0-7]{3}"))
    """Who may connect to that socket, as chmod writes it."""
    grace: Duration = Duration(0.0)
    """How long to serve on, not ready, once the stage stops, so that balancers notice."""
    keep_alive: Duration = Duration(75.0)
    """How long a connection without a request is kept."""
    headers_timeout: Duration = Duration(15.0)
    """How long a new connection may take to bring its first request; 0 is as long as ``keep_alive``."""
    body_timeout: Duration = Duration(30.0)
    """How long a body may come at less than 500 bytes per second, before 408; 0 is without end."""
    send_timeout: Duration = Duration(60.0)
    """How long a client may take nothing of an answer, before its connection is cut; 0 is without end."""
    timeout: Duration = Duration(0.0)
    """How long a request may take until its answer begins, before 504; 0 is without end."""
    most_requests: int = field(default=0, validator=validators.ge(0))
    """More than so many at a time are answered by 503; 0 is without limit."""
    header_limit: Bytes = field(default=Bytes("8KiB"), validator=validators.ge(Bytes(256)))
    """The longest first line, and the longest header; a longer one is answered by 431."""
    body_limit: Bytes = Bytes("1MiB")
    """The largest body that is read; a larger one is answered by 413."""
    event_ping: Duration = Duration(15.0)
    """How long a stream of events may say nothing until it is kept alive by a comment; 0 never does that."""
    msgpack: bool = False
    """Whether data is answered as msgpack to clients whose ``Accept`` names it; all answers with data vary by that."""
    validate_results: bool = False
    """Whether what handlers return is compared with their annotations, and is a 500 if it differs: for development."""
    probes: bool = True
    """Whether ``/livez``, ``/readyz`` and ``/startupz`` are answered."""
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    """The networks of the proxies whose word is taken for who asks: ``["10.0.0.0/8"]``."""
    proxy_header: Literal["X-Forwarded-For", "Forwarded"] = "X-Forwarded-For"
    """In which header they write; the other is never read, since whoever asks may write it."""
    blocked_after: Duration = Duration(0.0)
    """After how long a handler that blocks the loop is named in the log, as ``http.blocked``; 0 never looks."""
    request_id: bool = True
    """Whether requests have an id: the client's ``X-Request-ID`` or a new one, in the answer and in the log."""
    tls: TlsConfig | None = None
    """To serve https: ``[http.tls]``."""
    admin: AdminConfig | None = None
    """To serve the probes elsewhere: ``[http.admin]``."""
    compression: CompressionConfig = CompressionConfig()
    """Of answers: ``[http.compression]``."""
    cors: CorsConfig = CorsConfig()
    """For pages of other origins: ``[http.cors]``."""
    access_log: AccessLogConfig = AccessLogConfig()
    """Which answers are logged: ``[http.access_log]``."""
    uploads: UploadConfig = UploadConfig()
    """How large files in forms may be: ``[http.uploads]``."""
    websocket: WebSocketConfig = WebSocketConfig()
    """Of web sockets: ``[http.websocket]``."""
    openapi: OpenApiConfig = OpenApiConfig()
    """Whether the service describes itself: ``[http.openapi]``."""


@frozen
class HttpClientConfig(Config, section="http_client"):
    """How patient the client session is."""

    timeout: Duration = Duration(30.0)
    """For a whole request, the reading of its answer included; 0 is without end."""
    connect_timeout: Duration = Duration(5.0)
    """For a connection, the wait for a free one included; 0 is without end."""
    connections: int = field(default=100, validator=validators.ge(0))
    """At most so many at a time, to all servers together; 0 is without limit."""
    retries: int = field(default=2, validator=validators.ge(0))
    """How often what may come twice is sent again when nobody could answer; 0 never is."""
