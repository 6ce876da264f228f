"""Which pages of other origins may call this service (the CORS protocol of the Fetch standard).

Preflights are answered before any handler, and answers of all kinds, refusals among them, say who may read them.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TypeAlias

from aiohttp import hdrs, web

from rostra_aiohttp.problems import problem
from rostra_aiohttp.settings import CorsConfig

Handler: TypeAlias = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Cors:
    """Answers preflights, and marks answers.

    Args:
        settings: Who may do what.
    """

    __slots__ = ("_exposed", "_is_for_all", "_origins", "_preflight", "_with_credentials")

    def __init__(self, settings: CorsConfig) -> None:
        self._origins = frozenset(settings.origins)
        self._is_for_all = "*" in self._origins
        self._with_credentials = settings.credentials
        self._exposed = ", ".join(settings.expose)
        self._preflight = {
            hdrs.ACCESS_CONTROL_ALLOW_METHODS: ", ".join(settings.methods),
            hdrs.ACCESS_CONTROL_ALLOW_HEADERS: ", ".join(settings.headers),
            hdrs.ACCESS_CONTROL_MAX_AGE: str(int(settings.max_age)),
        }

    def before(self, handler: Handler) -> Handler:
        """Answer preflights in place of ``handler``."""

        async def unless_preflight(request: web.BaseRequest) -> web.StreamResponse:
            if request.method != hdrs.METH_OPTIONS or not _is_preflight(request):
                return await handler(request)
            if not self._allows(request.headers[hdrs.ORIGIN]):
                return problem(HTTPStatus.FORBIDDEN, "this origin may not call this service")
            return web.Response(status=HTTPStatus.NO_CONTENT, headers=self._preflight)

        return unless_preflight

    def mark(self, request: web.BaseRequest, response: web.StreamResponse) -> None:
        """Say in an answer which origin may read it."""
        headers, origin = response.headers, request.headers.get(hdrs.ORIGIN)
        if not self._is_for_all:
            vary_by(response, hdrs.ORIGIN)
        if origin is None or not self._allows(origin):
            return
        headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = "*" if self._is_for_all else origin
        if self._with_credentials:
            headers[hdrs.ACCESS_CONTROL_ALLOW_CREDENTIALS] = "true"
        if self._exposed and hdrs.ACCESS_CONTROL_ALLOW_METHODS not in headers:
            headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = self._exposed

    def _allows(self, origin: str) -> bool:
        return self._is_for_all or origin in self._origins


def vary_by(response: web.StreamResponse, header: str) -> None:
    """Tell caches that the answer depends on this header of the request."""
    said = response.headers.get(hdrs.VARY)
    if said is None:
        response.headers[hdrs.VARY] = header
    elif said != "*" and header.lower() not in (each.strip().lower() for each in said.split(",")):
        response.headers[hdrs.VARY] = f"{said}, {header}"


def _is_preflight(request: web.BaseRequest) -> bool:
    return hdrs.ORIGIN in request.headers and hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers
