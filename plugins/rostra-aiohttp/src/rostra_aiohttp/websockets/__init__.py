"""Web sockets: a handler talks with each client, in a scope that lives as long as the connection.

``websocket`` marks functions; a stage loads this plugin for them, and the server with it. Who may open one is decided
before the upgrade. A connection ends by the client, the handler, or the stage, and whoever ends it, nothing is left of
it. A service without such handlers does not import this.
"""

from rostra import context, plugin
from rostra.handlers import Handlers
from rostra_aiohttp.websockets.binding import bind
from rostra_aiohttp.websockets.declaring import SocketRoute, websocket
from rostra_aiohttp.websockets.living import Sockets
from rostra_aiohttp.websockets.socket import Unfit, WebSocket

__all__ = ["SocketRoute", "Sockets", "Unfit", "WebSocket", "prepare", "websocket"]


async def prepare(load: plugin.Loader, handlers: Handlers) -> None:
    """Take the handlers that ``websocket`` marked, and let the server serve them."""
    await load("rostra_aiohttp")
    context.add(Sockets())
    handlers.on(SocketRoute, bind)
