"""The plugin keeps what every plugin promises."""

from typing import ClassVar

from rostra.testing import contract


class TestServer(contract.PluginContract):
    plugin = "rostra_aiohttp"
    config: ClassVar = {"http": {"port": 0}}


class TestSurroundings(contract.PluginContract):
    plugin = "rostra_aiohttp.surroundings"
    config: ClassVar = {"http": {"port": 0}}


class TestClient(contract.PluginContract):
    plugin = "rostra_aiohttp.client"
