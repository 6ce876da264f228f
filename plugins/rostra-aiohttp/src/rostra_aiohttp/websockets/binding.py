"""Handlers of web sockets on the routes of aiohttp: what is asked for is judged before the connection is upgraded."""

import functools
import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

from aiohttp import hdrs, web

from rostra import context, di, plugin
from rostra.errors import HandlerError, together
from rostra.handlers import Bound, Origin, bare, where_of
from rostra_aiohttp.answers import answer_to
from rostra_aiohttp.handling import BOUND, Serving, described, shape, taken
from rostra_aiohttp.origins import is_allowed
from rostra_aiohttp.reading import Reader, reader_of
from rostra_aiohttp.refusals import too_late
from rostra_aiohttp.settings import HttpConfig
from rostra_aiohttp.websockets.declaring import SocketRoute
from rostra_aiohttp.websockets.line import Line, response_for
from rostra_aiohttp.websockets.living import Life, Sockets

Endpoint: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

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
    asked, layer = _asking(bound), context.current_context()
    hears = any(
        each.origin is Origin.PROVIDED and bare(each.annotation) is plugin.Cancel for each in bound.sources
    )

    async def endpoint(request: web.Request) -> web.StreamResponse:
        _check(request, route.protocols, allowed)
        if sockets.is_stopping:
            raise web.HTTPServiceUnavailable
        values = await _values(readers, request)
        response = response_for(patience, route.protocols, route.largest)
        if not response.can_prepare(request):
            raise web.HTTPBadRequest(text="the handshake of the web socket is wrong")
        life = Life(Line(request, response, patience), layer, sockets, hears=hears)
        async with life:
            instead = await _guarded(bound.guards, values, life.items)
            if instead is not None:
                return answer_to(request, instead)
            call = await asked.invoke(asked.taken(values, life.items))
            await life.open()
            result = call()
            del values, instead, call  # connections last long, and there are many
            if inspect.isawaitable(result):
                await result
        return response

    setattr(endpoint, BOUND, bound)
    return endpoint


def _asking(bound: Bound) -> Bound:
    """The same handler, but called it gives the call that is to be made, with everything that it takes.

    Adapters may still refuse: the connection is upgraded when everything is there.
    """
    function = bound.declared.function

    @functools.wraps(function)
    async def asked(*positional: Any, **named: Any) -> Callable[[], Any]:
        return functools.partial(function, *positional, **named)

    declared = bound.declared._replace(function=asked)
    return Bound(declared, bound.sources, context.current_context())


async def _values(readers: Sequence[Reader], request: web.Request) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for reader in readers:
        values.update(await reader.read(request))
    return values


async def _guarded(guards: Sequence[Bound], values: dict[str, Any], here: Sequence[object]) -> Any:
    """What a guard answers instead of the handler; None if all let it pass."""
    for guard in guards:
        instead = await guard.invoke(guard.taken(values, here))
        if instead is not None:
            return instead
    return None


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
    origins = request.headers.getall(hdrs.ORIGIN, ())
    if origins and not is_allowed(origins, request.host, request.scheme, allowed):
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
