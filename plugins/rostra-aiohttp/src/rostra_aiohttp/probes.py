"""What those ask who look after the service: ``/livez``, ``/readyz`` and ``/startupz``, on an address of its own if need be.

Probes name the checks that fail and nothing more: what is wrong with them stands in the log, and in ``rostra probe``.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import hdrs, web

from rostra import documents
from rostra.health import Checks, Report

PATHS = frozenset({"/livez", "/readyz", "/startupz"})


class Admin:
    """Where to put what is not for everybody. A component of the stage.

    ::

        admin = await di.nject(Admin)
        admin.application.router.add_get("/metrics", metrics)

    Args:
        application: Served on ``[http.admin]``; without that section it is the application that all see.
        is_apart: Whether it is another than that.
    """

    __slots__ = ("application", "is_apart")

    def __init__(self, application: web.Application, *, is_apart: bool) -> None:
        self.application = application
        self.is_apart = is_apart


def add_probes(application: web.Application, checks: Checks) -> None:
    """Answer the probes, but for those whose path a handler has taken."""
    taken = {resource.canonical for resource in application.router.resources()}
    for path, ask in (("/livez", checks.live), ("/readyz", checks.ready), ("/startupz", checks.startup)):
        if path not in taken:
            application.router.add_get(path, _probe(ask))


def _probe(ask: Callable[[], Awaitable[Report]]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def probe(_: web.Request) -> web.Response:
        report = await ask()
        checks = {result.name: "well" if result.is_well else "failing" for result in report.results}
        body = {"status": "well" if report.is_well else "failing", "checks": checks}
        status = HTTPStatus.OK if report.is_well else HTTPStatus.SERVICE_UNAVAILABLE
        headers = {hdrs.CACHE_CONTROL: "no-store"}
        return web.Response(
            body=documents.encoded(body), status=status, content_type="application/json", headers=headers
        )

    return probe
