"""The access log: one event for each answer, ``http.answered``.

It says who asked for what, and what became of it; never a query, a body, a header besides ``User-Agent``, or what such a
header holds beyond its first part.
"""

import asyncio
import functools
import logging
import random

from aiohttp import hdrs, web
from aiohttp.abc import AbstractAccessLogger

from rostra import log
from rostra_aiohttp.handling import keys_of
from rostra_aiohttp.heads import known_id
from rostra_aiohttp.probes import PATHS
from rostra_aiohttp.settings import AccessLogConfig

_LONGEST_AGENT = 200
_TOGETHER = 0.01
"""Seconds that a line waits for others at most: each write costs as much as several lines do."""
_KEYS = ("method", "path", "route", "status", "seconds", "bytes", "client", "agent", "request")

LOGGER = logging.getLogger("rostra.http.access")
_log = log.get(LOGGER.name)


def logger_of(settings: AccessLogConfig, *, has_ids: bool) -> type[AbstractAccessLogger]:
    """The class of which aiohttp makes one object per connection. Called in the loop that serves.

    Args:
        settings: What is logged.
        has_ids: Whether requests have ids.
    """
    shares = tuple(settings.sample.get(status_class, 1.0) for status_class in range(6))
    left_out = frozenset() if settings.probes else PATHS
    is_sampled = min(shares) < 1
    keys = _KEYS if has_ids else _KEYS[:-1]
    later = functools.partial(asyncio.get_running_loop().call_later, _TOGETHER)
    tell = _log.teller("http.answered", *keys, later=later, covered=keys_of)

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
            status, path, known = response.status, request.path, known_id(request)
            if path in left_out or (is_sampled and _is_left_out(shares[min(status // 100, 5)])):
                return
            tell(
                request.method,
                path,
                _route(request),
                status,
                round(time, 6),
                response.body_length,
                request.remote,
                request.headers.get(hdrs.USER_AGENT, "")[:_LONGEST_AGENT],
                *((known,) if has_ids else ()),
            )

    return AccessLogger


def _is_left_out(share: float) -> bool:
    return share < 1 and random.random() >= share  # noqa: S311  (a sample)


def _route(request: web.BaseRequest) -> str | None:
    """The pattern of the route, which groups what belongs together; None where there is none, as for a 404."""
    try:
        resource = request.match_info.route.resource  # type: ignore[attr-defined]  # a request that could not be read has none
    except (AttributeError, AssertionError):
        return None
    return None if resource is None else str(resource.canonical)
