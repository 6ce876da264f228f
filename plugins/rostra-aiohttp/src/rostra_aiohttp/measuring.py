"""How long requests take, told to whoever exports metrics. Where nobody does, this is not imported."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TypeAlias

from aiohttp import hdrs, web

from rostra.metrics import Metrics

Handler: TypeAlias = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

_METHODS = frozenset(hdrs.METH_ALL)
"""Any other one was made up by a client, and would be a label that nobody has foreseen."""


def telling(handler: Handler, metrics: Metrics) -> Handler:
    """Tell how long ``handler`` took for each request that it has answered."""
    seconds = metrics.histogram(
        "http_request_seconds",
        "How long requests took until their answer was made, streams until their end.",
        labels=["method", "route", "status"],
    )

    async def told(request: web.BaseRequest) -> web.StreamResponse:
        loop = asyncio.get_running_loop()
        began = loop.time()
        response = await handler(request)
        if response.status != HTTPStatus.SWITCHING_PROTOCOLS:  # a web socket lasts as long as somebody talks
            method = request.method if request.method in _METHODS else "other"
            status, route = str(response.status), _route_of(request)
            seconds.observe(loop.time() - began, method=method, route=route, status=status)
        return response

    return told


def _route_of(request: web.BaseRequest) -> str:
    """The path as its handler has it, ``/orders/{id}``; empty if nobody answers that, or nobody has looked yet."""
    found = request._match_info if isinstance(request, web.Request) else None  # noqa: SLF001  (else it asserts that there is one)
    resource = None if found is None else found.route.resource
    return "" if resource is None else resource.canonical
