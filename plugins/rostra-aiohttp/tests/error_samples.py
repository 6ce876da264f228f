"""One instance of each error of this plugin, whose whole text stands in the README."""

from rostra_aiohttp import SocketClosedError

SAMPLES = (SocketClosedError("/chat/green", 1006, "it took nothing for 30s"),)
