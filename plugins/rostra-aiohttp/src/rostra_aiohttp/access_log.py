"""The access log: one event for each answer, ``http.answered``.

It says who asked for what, and what became of it; never a query, a body, a header besides ``User-Agent``, or what such a
header holds beyond its first part. An answer that is not to be logged costs the look at its status.
"""

import logging
import random

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

from rostra import log
from rostra_aiohttp.identity import request_id
from rostra_aiohttp.probes import PATHS
from rostra_aiohttp.settings import AccessLogConfig

_LONGEST_AGENT = 200

LOGGER = logging.getLogger("rostra.http.access")
_log = log.get(LOGGER.name)


def logger_of(settings: AccessLogConfig) -> type[AbstractAccessLogger]:
    """The class of which aiohttp makes one object per connection."""
    shares = tuple(settings.sample.get(status_class, 1.0) for status_class in range(6))
    left_out = frozenset() if settings.probes else PATHS

    class AccessLogger(AbstractAccessLogger):
        """Writes the events of one connection."""

        __slots__ = ()

        @property
        def enabled(self) -> bool:
            """Whether any line would be written."""
            return _log.is_enabled_for(logging.INFO)

        def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
            """Write the event of one answer.

            Args:
                request: As it came.
                response: As it was sent.
                time: Seconds from the end of the request's headers to the end of the answer.
            """
            share = shares[min(response.status // 100, 5)]
            if share < 1 and random.random() >= share:  # noqa: S311  (a sample)
                return
            path = request.path
            if path not in left_out:
                _write(request, response, time, path)

    return AccessLogger


def _write(request: web.BaseRequest, response: web.StreamResponse, seconds: float, path: str) -> None:
    known = request_id(request)
    _log.tell(
        "http.answered",
        method=request.method,
        path=path,
        route=_route(request),
        status=response.status,
        seconds=round(seconds, 6),
        bytes=response.body_length,
        client=request.remote,
        agent=request.headers.get("User-Agent", "")[:_LONGEST_AGENT],
        **({"request": known} if known else {}),
    )


def _route(request: web.BaseRequest) -> str | None:
    """The pattern of the route, which groups what belongs together; None where there is none, as for a 404."""
    try:
        resource = request.match_info.route.resource  # type: ignore[attr-defined]  # a request that could not be read has none
    except (AttributeError, AssertionError):
        return None
    return None if resource is None else str(resource.canonical)
