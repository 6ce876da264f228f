"""Handlers of web sockets on the routes of aiohttp: what is asked for is judged before the connection is upgraded."""

import contextvars
import functools
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

from aiohttp import hdrs, web

from rostra import context, di, plugin
from rostra.errors import HandlerError, together
from rostra.handlers import Bound, Origin, bare, where_of
from rostra_aiohttp.answers import answer_to
from rostra_aiohttp.handling import Serving
from rostra_aiohttp.origins import is_allowed
from rostra_aiohttp.reading import reader_of
from rostra_aiohttp.settings import HttpConfig
from rostra_aiohttp.table import BOUND, described, shape, taken, too_late
from rostra_aiohttp.websockets.declaring import SocketRoute
from rostra_aiohttp.websockets.line import Line, response_for
from rostra_aiohttp.websockets.living import Life, Sockets

Endpoint: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

_life: contextvars.ContextVar[Life] = contextvars.ContextVar("rostra_websocket_life")
"""Of the connection whose handler runs here."""
_VERSION = "13"
"""Of the protocol (RFC 6455, section 4.1)."""


async def bind(chosen: tuple[Bound, ...]) -> None:
    """Put handlers on the routes of the stage's application.

    Raises:
        HandlerError: Two answer the same, a parameter cannot be read, or it is too late. Several are raised as an
            ExceptionGroup.
    """
    application = await di.nject(web.Application)
    settings = await di.nject(HttpConfig)
    sockets, serving = context.get(Sockets), context.get(Serving)
    problems = []
    for bound in chosen:
        try:
            _bind(application, bound, _endpoint(bound, settings, sockets))
        except HandlerError as problem:
            problems.append(problem)
    if problems:
        raise together("handlers cannot be bound", problems)
    if sockets.stop not in serving.lasting:
        serving.lasting.append(sockets.stop)


def _bind(application: web.Application, bound: Bound, endpoint: Endpoint) -> None:
    if application.frozen:
        raise too_late(bound)
    known = taken(application)
    resource = application.router.add_resource(_route(bound).path)
    other = known.get((hdrs.METH_GET, shape(resource))) or known.get((hdrs.METH_ANY, shape(resource)))
    if other is not None:
        raise _twice(bound, other)
    resource.add_route(hdrs.METH_GET, endpoint)


def _endpoint(bound: Bound, settings: HttpConfig, sockets: Sockets) -> Endpoint:
    if di.signature(bound.declared.function).is_generator:
        raise _yields(bound)
    route, patience = _route(bound), settings.websocket
    readers = [reader_of(each) for each in (*bound.guards, bound)]
    allowed = (*patience.origins, *route.origins)
    called = _speaking(bound)
    hears = any(
        each.origin is Origin.PROVIDED and bare(each.annotation) is plugin.Cancel for each in bound.sources
    )

    async def endpoint(request: web.Request) -> web.StreamResponse:
        _check(request, route.protocols, allowed)
        if sockets.is_stopping:
            raise web.HTTPServiceUnavailable
        values: dict[str, Any] = {}
        for reader in readers:
            values.update(await reader.read(request))
        response = response_for(patience, route.protocols, route.largest)
        if not response.can_prepare(request):
            raise web.HTTPBadRequest(text="the handshake of the web socket is wrong")
        life = Life(Line(request, response, patience), hears=hears)
        sockets.add(life)
        try:
            return answer_to(request, await life.live(functools.partial(_run, called, values, request)))
        finally:
            sockets.discard(life)

    setattr(endpoint, BOUND, bound)
    return endpoint


async def _run(called: Bound, values: Any, request: web.Request, life: Life) -> Any:
    """Call the handler in a scope. Adapters and guards may still refuse: the upgrade comes when everything is there."""
    _life.set(life)
    return await called.call(values, (request, life.socket, life.cancel))


def _speaking(bound: Bound) -> Bound:
    """The same handler, whose function opens the line of the connection at hand before it begins."""
    function = bound.declared.function

    @functools.wraps(function)
    async def speaking(*positional: Any, **named: Any) -> Any:
        return await _life.get().speak(function, positional, named)

    declared = bound.declared._replace(function=speaking)
    return Bound(declared, bound.sources, context.current_context(), bound.guards)


def _check(request: web.Request, protocols: Sequence[str], allowed: Sequence[str]) -> None:
    """Do nothing if a web socket may be opened.

    Raises:
        web.HTTPException: 426 if none is asked for, 403 for a page of somewhere else, 400 for other subprotocols.
    """
    if request.headers.get(hdrs.UPGRADE, "").strip().lower() != "websocket":
        raise web.HTTPUpgradeRequired(
            text="here is a web socket", headers={hdrs.UPGRADE: "websocket", hdrs.CONNECTION: "Upgrade"}
        )
    if request.headers.get(hdrs.SEC_WEBSOCKET_VERSION) != _VERSION:
        raise web.HTTPUpgradeRequired(
            text=f"web sockets of version {_VERSION} are spoken here",
            headers={hdrs.SEC_WEBSOCKET_VERSION: _VERSION, hdrs.UPGRADE: "websocket"},
        )
    origins = request.headers.getall(hdrs.ORIGIN, [])
    if not is_allowed(origins, request.host, request.scheme, allowed):
        raise web.HTTPForbidden(text="pages of this origin may not open it")
    asked = [
        name.strip()
        for line in request.headers.getall(hdrs.SEC_WEBSOCKET_PROTOCOL, [])
        for name in line.split(",")
    ]
    if asked and not set(asked) & set(protocols):
        spoken = ", ".join(protocols) or "none"
        raise web.HTTPBadRequest(text=f"of subprotocols this speaks {spoken}")


def _route(bound: Bound) -> SocketRoute:
    route = bound.declared.trigger
    assert isinstance(route, SocketRoute), "only these are bound here"  # noqa: S101  (for type checkers)
    return route


def _twice(bound: Bound, other: str) -> HandlerError:
    return HandlerError(
        f"GET {_route(bound).path} is answered twice",
        (other, described(bound)),
        ("a web socket begins as a GET, and only one can answer it",),
        ("give one of them another path",),
    )


def _yields(bound: Bound) -> HandlerError:
    return HandlerError(
        f"{bound.declared.label} yields, and a handler of web sockets sends",
        where_of(bound.declared),
        ("it is a generator, of which nobody would take what it makes",),
        ("await socket.send(...)",),
    )
