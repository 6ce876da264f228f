"""What is answered to those who look after the service: ``/livez``, ``/readyz`` and ``/startupz``.

Probes name the checks that fail and nothing more: what is wrong with them stands in the log, and in ``rostra probe``.
"""

import json
from http import HTTPStatus

from aiohttp import hdrs, web

from rostra.health import Report

PATHS = frozenset({"/livez", "/readyz", "/startupz"})


def answered(report: Report) -> web.Response:
    """A report, as a probe shows it."""
    checks = {result.name: "well" if result.is_well else "failing" for result in report.results}
    body = {"status": "well" if report.is_well else "failing", "checks": checks}
    text = json.dumps(body, separators=(",", ":"))  # by what is there already: nothing is to be imported now
    return web.Response(
        body=text.encode(),
        status=HTTPStatus.OK if report.is_well else HTTPStatus.SERVICE_UNAVAILABLE,
        content_type="application/json",
        headers={hdrs.CACHE_CONTROL: "no-store"},
    )
