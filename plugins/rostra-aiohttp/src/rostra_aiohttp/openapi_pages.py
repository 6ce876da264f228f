"""Serves what the service says of itself: the document of OpenAPI, the page to read and try it, and what other plugins
tell: that of AsyncAPI, say.

All are made when the first client asks for them, and in a thread: sources are read for it.
"""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from aiohttp import hdrs, web

from rostra import context, di
from rostra.documents import SelfDescription
from rostra.handlers import Handlers
from rostra_aiohttp.settings import OpenApiConfig


def add_openapi(application: web.Application, settings: OpenApiConfig) -> None:
    """Answer the paths of the document and of the page, but for those that a handler has taken."""
    taken = {resource.canonical for resource in application.router.resources()}
    pages = _Pages(settings, context.get(Handlers), context.get(di.Registry).names)
    beside = {
        _beside(settings.path, name): _Told(each) for name, each in context.find(SelfDescription).items()
    }
    serving = {
        **{path: told.document for path, told in beside.items()},
        settings.path: pages.document,
        settings.page: pages.page,
    }
    for path, serve in serving.items():
        if path not in taken:
            application.router.add_get(path, serve)


def _beside(path: str, name: str | None) -> str:
    """Where the document of another plugin is shown: in the same folder."""
    return f"{path.rpartition('/')[0]}/{name}.json"


class _Told:
    """A document of another plugin, made once."""

    def __init__(self, description: SelfDescription) -> None:
        self._description = description
        self._document: bytes | None = None

    async def document(self, request: web.Request) -> web.Response:
        """The document as JSON."""
        if self._document is None:
            self._document = await asyncio.to_thread(self._written)
        return _answered(request, self._document, "application/json", {})

    def _written(self) -> bytes:
        return json.dumps(self._description.make(), ensure_ascii=False).encode()


class _Pages:
    """What is served, made once."""

    def __init__(self, settings: OpenApiConfig, handlers: Handlers, names: Mapping[str, Any]) -> None:
        self._settings = settings
        self._handlers = handlers
        self._names = names
        self._document: bytes | None = None

    async def document(self, request: web.Request) -> web.Response:
        """The document as JSON."""
        if self._document is None:
            self._document = await asyncio.to_thread(self._written)
        return _answered(request, self._document, "application/json", {})

    async def page(self, request: web.Request) -> web.Response:
        """The page."""
        from rostra_aiohttp.openapi.page import page, policy

        text = await asyncio.to_thread(page, self._settings.page, self._settings.path)
        return _answered(request, text.encode(), "text/html", policy())

    def _written(self) -> bytes:
        from rostra_aiohttp.openapi import document

        made = document(self._handlers.bound, info_of(self._settings), self._names)
        return json.dumps(made, ensure_ascii=False).encode()


def info_of(settings: OpenApiConfig) -> Any:
    """What stands at the head of the document."""
    from rostra_aiohttp.openapi import Info

    return Info(settings.title, settings.version, settings.description, settings.tags)


def _answered(request: web.Request, body: bytes, kind: str, headers: Mapping[str, str]) -> web.Response:
    """The answer; without the body if the client has it already (RFC 9110, section 13.1.2)."""
    tag = hashlib.sha256(body).hexdigest()[:32]
    headers = {**headers, hdrs.CACHE_CONTROL: "no-cache", hdrs.ETAG: f'"{tag}"'}
    known = request.if_none_match or ()
    if any(each.value in (tag, "*") for each in known):
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, content_type=kind, charset="utf-8", headers=headers)
