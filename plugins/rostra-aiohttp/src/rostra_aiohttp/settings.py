"""The sections ``[http]`` and ``[http_client]``."""

import attrs

from rostra.config import Bytes, Config, Duration


@attrs.frozen
class HttpConfig(Config, section="http"):
    """Where the server listens, and how long it is patient.

    ::

        [http]
        host = "0.0.0.0"
        port = 8080
    """

    host: str = "127.0.0.1"
    """An address or a name of this machine; ``0.0.0.0`` and ``::`` are all of its addresses."""
    port: int = attrs.field(default=8080, validator=[attrs.validators.ge(0), attrs.validators.le(65535)])
    """0 takes any that is free; the log says which."""
    grace: Duration = Duration(0.0)
    """How long to serve on, not ready, once the stage stops, so that balancers notice."""
    keep_alive: Duration = Duration(75.0)
    """How long a connection without a request is kept."""
    body_limit: Bytes = Bytes("1MiB")
    """The largest body that is read; a larger one is answered by 413."""
    probes: bool = True
    """Whether ``/livez``, ``/readyz`` and ``/startupz`` are answered."""


@attrs.frozen
class HttpClientConfig(Config, section="http_client"):
    """How patient the client session is."""

    timeout: Duration = Duration(30.0)
    """For a whole request, the reading of its answer included; 0 is without end."""
    connect_timeout: Duration = Duration(5.0)
    """For a connection, the wait for a free one included; 0 is without end."""
    connections: int = attrs.field(default=100, validator=attrs.validators.ge(0))
    """At most so many at a time, to all servers together; 0 is without limit."""
