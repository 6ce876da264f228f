"""What sets a handler of web sockets off, and the decorator that says so."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from aiohttp import web

from rostra import handlers, plugin
from rostra.errors import HandlerError
from rostra_aiohttp.origins import check_pattern
from rostra_aiohttp.routes import Route, names_in, prefixed
from rostra_aiohttp.websockets.socket import WebSocket

Function = TypeVar("Function", bound=Callable[..., Any])


class _Asked(NamedTuple):
    path: str
    protocols: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    largest: int | None = None


class SocketRoute(_Asked):
    """A path at which web sockets are opened, as ``websocket`` makes it.

    Args:
        path: As aiohttp writes it: ``/chat/{room}``.
        protocols: Names of subprotocols, of which the client's first choice is taken.
        origins: From where pages may open it, besides those of the settings.
        largest: Of a message, in bytes; None stands for that of the settings.
    """

    __slots__ = ()
    transport = "rostra_aiohttp.websockets"
    provides = (web.Request, WebSocket, plugin.Cancel)
    markers = tuple(marker for marker in Route.markers if not marker.is_payload)
    takes_scalars = True
    takes_payload = False
    needs_payload = False

    @property
    def path_names(self) -> frozenset[str]:
        """The names in the path."""
        return names_in(self.path)

    def describe(self) -> str:
        """How people call it: ``WEBSOCKET /chat/{room}``."""
        return f"WEBSOCKET {self.path}"

    def placed_in(self, *places: Mapping[str, Any]) -> "SocketRoute":
        """The same below the prefixes of its module and class."""
        return self._replace(path=prefixed(self.path, places))


def websocket(
    path: str, *, protocols: Sequence[str] = (), origins: Sequence[str] = (), largest: int | None = None
) -> Callable[[Function], Function]:
    """Let the function talk with each client that opens a web socket at ``path``.

    It is called once per connection, in a scope that lives as long, and takes a ``WebSocket`` and whatever else a
    handler may take from the path, the query, headers and ``di``. When it returns the connection is closed. The
    function stays as it is and can be called as ever.

    Args:
        path: As aiohttp writes it: ``/chat/{room}``.
        protocols: Names of subprotocols that it speaks (RFC 6455, section 1.9). A client that asks for others only is
            answered by 400.
        origins: From where pages may open it, besides their own host and those of ``[http.websocket] origins``:
            ``https://shop.example``, ``https://*.shop.example``, ``*``.
        largest: Of a message, in bytes; None stands for ``[http.websocket] largest``.

    Raises:
        HandlerError: The path or an origin cannot be read.
    """
    names_in(path)  # a path that cannot be read is an error of this line
    for origin in origins:
        try:
            check_pattern(origin)
        except ValueError as error:
            raise _no_origin(origin, str(error)) from None
    route = SocketRoute(path, tuple(protocols), tuple(origins), largest)
    return lambda function: handlers.mark(function, route)


def _no_origin(origin: str, why: str) -> HandlerError:
    return HandlerError(
        f'"{origin}" is no origin',
        why=(why,),
        fix=('as in "https://shop.example", "https://*.shop.example:8443" or "*"',),
    )
