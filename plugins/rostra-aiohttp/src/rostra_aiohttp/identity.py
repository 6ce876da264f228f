"""Who is this request? An id for the log, the answer, and whoever asks what became of it."""

import os
import re

from aiohttp import web
from multidict import istr

HEADER = istr("X-Request-ID")

_ID = web.RequestKey("rostra_request_id", str)
_HARMLESS = r"[A-Za-z0-9][A-Za-z0-9._:+/=@-]{0,127}"
"""What common makers of ids write: UUIDs, ULIDs, base64, traces. Nothing that a log or a shell would stumble over."""
_DIGITS = 32
_AT_ONCE = 128

_fresh: list[str] = []
"""Ids that nobody has yet: to ask the system for each costs more than all the rest of it."""
os.register_at_fork(after_in_child=_fresh.clear)


def request_id(request: web.BaseRequest) -> str:
    """The id of this request; empty if ``[http] request_id`` is off, or if no server of ours has received it."""
    return known_id(request) or ""


def known_id(request: web.BaseRequest) -> str | None:
    """The same, or None."""
    return request._state.get(_ID)  # noqa: SLF001  (a look at a request costs an exception where there is nothing)


def identify(request: web.BaseRequest) -> None:
    """Give the request its id: the one that the client says, if that is harmless, else a new one."""
    said = request.headers.get(HEADER)
    chosen = said if said is not None and re.fullmatch(_HARMLESS, said, re.ASCII) else new_id()
    request._state[_ID] = chosen  # noqa: SLF001  (as above)


def new_id() -> str:
    """Hexadecimal digits that nobody can guess."""
    try:
        return _fresh.pop()
    except IndexError:
        digits = os.urandom(_DIGITS // 2 * _AT_ONCE).hex()
        _fresh.extend(digits[place : place + _DIGITS] for place in range(0, len(digits), _DIGITS))
        return new_id()
