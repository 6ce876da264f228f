"""HTTP for rostra, on aiohttp: handlers, a server that drains, probes, and a client session.

``get``, ``post`` and so on mark functions; a stage loads this plugin for them, binds them when everything is prepared,
and serves when everything else has started. The application of aiohttp is a component, so that routes and
middlewares can also be added the classic way.

What many services do without is imported when somebody asks for it; the types stand in the stub next to this file.
"""

from collections.abc import AsyncIterator

from rostra.garbage import uncollected

with uncollected():
    import aiohttp
    from aiohttp import web

    from rostra import context, di, plugin
    from rostra.clock import Clock
    from rostra.doors import on_demand
    from rostra.handlers import Handlers, guard
    from rostra_aiohttp.endpoints import bind
    from rostra_aiohttp.handling import Serving
    from rostra_aiohttp.heads import ResponseHead, SetCookie, head_of, request_id
    from rostra_aiohttp.listening import Address
    from rostra_aiohttp.routes import (
        Body,
        Cookie,
        Form,
        FromBody,
        FromCookie,
        FromHeader,
        FromQuery,
        Header,
        Prefix,
        Query,
        Route,
        delete,
        get,
        patch,
        post,
        put,
    )
    from rostra_aiohttp.serving import Admin, serve
    from rostra_aiohttp.settings import HttpClientConfig, HttpConfig, UploadConfig, WebSocketConfig

__all__ = [
    "Address",
    "Admin",
    "Answer",
    "Body",
    "CallNext",
    "Cookie",
    "Event",
    "File",
    "Form",
    "FromBody",
    "FromCookie",
    "FromHeader",
    "FromQuery",
    "Header",
    "HttpClientConfig",
    "HttpConfig",
    "ListenError",
    "Prefix",
    "Query",
    "ResponseHead",
    "Route",
    "SetCookie",
    "SocketClosedError",
    "Upload",
    "UploadConfig",
    "WebSocketConfig",
    "delete",
    "get",
    "guard",
    "head",
    "middleware",
    "on_error",
    "options",
    "patch",
    "post",
    "prepare",
    "put",
    "request_id",
    "route",
]

__rostra_part__ = True
"""What waits or fails is shown without this plugin's own lines above those of the user."""

_HOMES = {
    "answers": ("Answer",),
    "errors": ("ListenError", "SocketClosedError"),
    "events": ("Event",),
    "files": ("File",),
    "methods": ("head", "options", "route"),
    "surroundings": ("CallNext", "middleware", "on_error"),
    "uploads": ("Upload",),
}
__getattr__, __dir__ = on_demand(__name__, _HOMES)


@di.adapter(lifetime="stage")
def application(settings: HttpConfig) -> web.Application:
    """The application that the server serves, unless somebody added one of their own to the context."""
    return web.Application(client_max_size=settings.body_limit)


@di.adapter
def response_head(request: web.Request) -> ResponseHead:
    """What is added to the answer of the request at hand."""
    return head_of(request)


@di.adapter(lifetime="stage")
def admin(settings: HttpConfig, application: web.Application) -> Admin:
    """What is served on the address for those who look after the service."""
    if settings.admin is None:
        return Admin(application, is_apart=False)
    return Admin(web.Application(), is_apart=True)


@di.adapter(lifetime="stage")
async def session(settings: HttpClientConfig, clock: Clock) -> AsyncIterator[aiohttp.ClientSession]:
    """The session that all share: it keeps no cookies, and its timeouts are seconds, where aiohttp's are minutes.

    What may come twice is sent again if nobody could answer; see ``rostra_aiohttp.retrying``.
    """
    from rostra_aiohttp.sessions import opened

    async with opened(settings, clock) as made:
        yield made


async def prepare() -> plugin.Task:
    """Take the handlers whose trigger is a route, and serve."""
    layer = context.current_context()
    layer.add(Serving(layer))
    layer.get(Handlers).on(Route, bind)
    return plugin.task(serve, name="http", intake=True)
