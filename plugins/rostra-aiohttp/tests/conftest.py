"""A stage that serves on a free port, and a session to ask it."""

import sys
import types
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias

import aiohttp
import attrs
import pytest

from rostra import plugin
from rostra_aiohttp import Address


@attrs.define(eq=False)
class Served:
    """A running stage and its clients."""

    stage: plugin.Stage
    url: str
    session: aiohttp.ClientSession

    async def ask(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        """The status and the body of an answer, JSON read; the id of a request, which never is the same, left out."""
        async with self.session.request(method, self.url + path, **options) as response:
            is_json = response.content_type.endswith("json")
            body = await (response.json(content_type=None) if is_json else response.text())
            if response.content_type == "application/problem+json":
                body.pop("request", None)
            return response.status, body


Serve: TypeAlias = Callable[..., AbstractAsyncContextManager[Served]]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Serve:
    """Serves what is given, as if it stood in a module of its own: handlers, adapters, ``prepare``."""
    counted = iter(range(1000))

    @asynccontextmanager
    async def served(*items: Any, **settings: Any) -> AsyncIterator[Served]:
        module = types.ModuleType(f"served_{next(counted)}")
        for item in items:
            item.__module__ = module.__name__
            setattr(module, item.__name__, item)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        config = {"http": {"port": 0, **settings}}
        async with plugin.Stage("rostra_aiohttp", module.__name__, config=config) as stage:
            await stage.start()
            url = stage.components.get(Address).url
            async with aiohttp.ClientSession() as session:
                yield Served(stage, url, session)

    return served
