"""What a test of handlers needs: a client for the stage that the test is on.

There are two fixtures, for a ``conftest.py`` to import: ``http_client`` asks the handlers of the prepared stage in
process, with no port and without its tasks; ``http_server`` runs the tasks and asks over the network. Both go the whole
way of a request, from its bytes to those of its answer.
"""

import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pytest
from aiohttp import web

from rostra import context, di, plugin
from rostra.components import Components
from rostra.config import ConfigSource
from rostra.health import Checks
from rostra_aiohttp.front import fronted
from rostra_aiohttp.handling import Serving
from rostra_aiohttp.listening import Address, Place, listen
from rostra_aiohttp.serving import Admin, add_probes
from rostra_aiohttp.settings import HttpConfig

__all__ = ["Answer", "Client", "http_client", "http_server"]


class Answer(NamedTuple):
    """An answer that was read to its end.

    Args:
        status: As a number.
        headers: By name, in whatever letters.
        body: As it came, decompressed.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as UTF-8."""
        return self.body.decode()

    def json(self) -> Any:
        """What the body says as JSON.

        Raises:
            ValueError: It is none.
        """
        return json.loads(self.body)


class Client:
    """Asks the stage of a test. It connects when it is first asked to, and is closed with the stage.

    Args:
        layer: Of the stage.
        connect: Makes the session.
    """

    def __init__(
        self, layer: Components, connect: Callable[[Components], Awaitable[aiohttp.ClientSession]]
    ) -> None:
        self._layer, self._connect = layer, connect
        self._session: aiohttp.ClientSession | None = None

    async def session(self) -> aiohttp.ClientSession:
        """A session whose paths are those of the service: for streams, web sockets, and whatever else aiohttp can."""
        if self._session is None:
            self._session = await self._connect(self._layer)
        return self._session

    async def ask(self, method: str, path: str, **options: Any) -> Answer:
        """Send a request, and read the whole answer.

        Args:
            method: ``GET``, ``POST`` and so on.
            path: With the query, if any.
            options: As ``aiohttp.ClientSession.request`` takes them: ``json``, ``data``, ``headers``, ``params``.
        """
        session = await self.session()
        async with session.request(method, path, **options) as answer:
            return Answer(answer.status, answer.headers, await answer.read())

    async def get(self, path: str, **options: Any) -> Answer:
        """Ask for something; see ``ask``."""
        return await self.ask("GET", path, **options)

    async def post(self, path: str, **options: Any) -> Answer:
        """Send something; see ``ask``."""
        return await self.ask("POST", path, **options)

    async def put(self, path: str, **options: Any) -> Answer:
        """Set something; see ``ask``."""
        return await self.ask("PUT", path, **options)

    async def patch(self, path: str, **options: Any) -> Answer:
        """Change something; see ``ask``."""
        return await self.ask("PATCH", path, **options)

    async def delete(self, path: str, **options: Any) -> Answer:
        """Remove something; see ``ask``."""
        return await self.ask("DELETE", path, **options)


@pytest.fixture
def http_client(rostra_stage: plugin.Stage) -> Client:
    """Asks the handlers of the mark's plugins in process; where the tasks run, over the network as ``http_server``."""
    return Client(rostra_stage.components, _connected)


@pytest.fixture
def http_server(rostra_run: plugin.Stage) -> Client:
    """Asks the running stage over the network, where ``[http]`` says; ``port = 0`` takes one that is free."""
    return Client(rostra_run.components, _connected)


async def _connected(layer: Components) -> aiohttp.ClientSession:
    teardown = layer.get(plugin.Teardown)
    address = layer.get(Address, default=None)
    if address is None:
        return await teardown.enter(_in_process(layer))
    if address.socket is not None:
        return await teardown.enter(_on_socket(address.socket))
    return await teardown.enter(aiohttp.ClientSession(address.url))


@asynccontextmanager
async def _in_process(layer: Components) -> AsyncIterator[aiohttp.ClientSession]:
    """Serve as the server does, but behind a socket in a folder that nobody else may look into."""
    with context.use(layer):
        application, admin, settings = await di.nject(web.Application, Admin, HttpConfig)
    serving = layer.get(Serving)
    if settings.probes:
        add_probes(admin.application, layer.get(Checks))
    front = await fronted(application, settings, serving)
    folder = Path(tempfile.mkdtemp(prefix="rostra-"))
    try:
        socket = folder / "http.sock"
        listening = await listen(
            front.open, Place("", 0, socket=socket, mode=0o600), None, layer.get(ConfigSource)
        )
        try:
            async with _on_socket(socket) as session:
                yield session
        finally:
            listening.stop()
            await front.runner.cleanup()
    finally:
        shutil.rmtree(folder)


def _on_socket(path: Path) -> aiohttp.ClientSession:
    return aiohttp.ClientSession("http://localhost", connector=aiohttp.UnixConnector(str(path)))
