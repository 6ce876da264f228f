"""Requests that are sent again when nobody could answer: those only that may be sent twice, and not for ever.

What a client may repeat is what asks for something or sets it to a value (RFC 9110, section 9.2.2). It waits a little
longer each time and never as long as anybody else, so that those who wait do not come back together. And there is a
budget: while most requests fail, what is sent again is a small part of what is sent, and no flood on top.
"""

import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
from aiohttp import hdrs, payload

from rostra import log
from rostra.clock import Clock

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
_UNANSWERED = frozenset({429, 502, 503, 504})
"""Nobody did what was asked for, or so they say."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
"""Seconds; the longest holds for what a server asks for, too."""
_DEPOSIT, _MOST_SAVED = 0.1, 10.0
"""A retry costs one; each request pays in a tenth of it."""

_log = log.get("rostra.http_client")


class Retrying:
    """Sends requests of a session again: a middleware of aiohttp's client.

    Args:
        most: How often a request is sent again.
        timeout: Seconds for a whole request; 0 is without end. Nothing is waited for that would come later.
        clock: To wait with.
        jitter: A number from 0 to 1, another one each time.
    """

    __slots__ = ("_clock", "_jitter", "_most", "_saved", "_timeout")

    def __init__(
        self, most: int, timeout: float, clock: Clock, jitter: Callable[[], float] = random.random
    ) -> None:
        self._most, self._timeout, self._clock, self._jitter = most, timeout, clock, jitter
        self._saved = _MOST_SAVED

    async def __call__(
        self,
        request: aiohttp.ClientRequest,
        send: Callable[[aiohttp.ClientRequest], Awaitable[aiohttp.ClientResponse]],
    ) -> aiohttp.ClientResponse:
        """Send, and send again."""
        if not may_be_repeated(request):
            return await send(request)
        self._saved = min(self._saved + _DEPOSIT, _MOST_SAVED)
        end = self._clock.monotonic() + (self._timeout or float("inf"))
        for count in range(self._most):
            try:
                response = await send(request)
            except (aiohttp.ClientConnectionError, ConnectionError) as error:
                seconds = self._pause(count, end, None)
                if seconds is None or isinstance(error, aiohttp.ClientSSLError):
                    raise
                reason = type(error).__name__
            else:
                if response.status not in _UNANSWERED:
                    return response
                seconds = self._pause(count, end, response.headers.get(hdrs.RETRY_AFTER))
                if seconds is None:
                    return response
                reason = str(response.status)
                response.release()
            self._saved -= 1
            _log.info("http_client.retried", method=request.method, host=request.url.host, reason=reason)
            await self._clock.sleep(seconds)
        return await send(request)

    def _pause(self, count: int, end: float, asked: str | None) -> float | None:
        """Seconds until the next time; None if there is none."""
        if self._saved < 1:
            return None
        seconds = pause(count, self._jitter(), seconds_in(asked, self._clock.now()))
        is_in_time = seconds is not None and self._clock.monotonic() + seconds < end
        return seconds if is_in_time else None


def may_be_repeated(request: aiohttp.ClientRequest) -> bool:
    """Whether nothing else happens if a request comes twice, and it can be sent twice."""
    body = request.body
    is_at_hand = isinstance(body, bytes | payload.BytesPayload)
    return request.method in _IDEMPOTENT and is_at_hand


def pause(count: int, jitter: float, asked: float | None) -> float | None:
    """How long to wait.

    Args:
        count: How often it was sent again already.
        jitter: A number from 0 to 1.
        asked: Seconds for which the server asked, in which case it is a little more than that.

    Returns:
        Seconds; None if the server asks for more than anybody should wait for.
    """
    backed_off = min(_FIRST_PAUSE * 2.0**count, _LONGEST_PAUSE) * (0.5 + jitter / 2)
    if asked is None:
        return backed_off
    return None if asked > _LONGEST_PAUSE else asked + _FIRST_PAUSE * jitter


def seconds_in(said: str | None, now: datetime) -> float | None:
    """The seconds that ``Retry-After`` says, as a number or as a date; None if it says nothing that can be read."""
    if said is None:
        return None
    if said.isascii() and said.isdigit():
        return float(said[:10])
    try:
        moment = parsedate_to_datetime(said)
    except ValueError:
        return None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
