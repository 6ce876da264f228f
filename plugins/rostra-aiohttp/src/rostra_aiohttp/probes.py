"""``/livez``, ``/readyz`` and ``/startupz`` for Kubernetes and balancers.

They name the checks that fail and nothing more: what is wrong with them stands in the log, and in ``rostra probe``.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import hdrs, web

from rostra.documents import encoded
from rostra.health import Checks, Report

PATHS = frozenset({"/livez", "/readyz", "/startupz"})


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
            body=encoded(body), status=status, content_type="application/json", headers=headers
        )

    return probe
