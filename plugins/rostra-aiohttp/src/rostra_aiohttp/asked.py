"""A request as this server knows it: with an id, for the log, the answer, and whoever asks what became of it.

It tells that with each answer, streams and refusals included. What else is to be said in all answers is said here, too, just
before their headers are sent, whoever answers.
"""

import os
import re
from typing import Any

from aiohttp import hdrs, web
from aiohttp.http import HttpVersion11
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

COMPRESSION = web.RequestKey("rostra_compression", object)
"""Of a request whose answer may be compressed: a ``compression.Compression``, which is not imported where none is."""
_ODD_METHODS = frozenset({hdrs.METH_HEAD, hdrs.METH_CONNECT})


class Asked(web.Request):
    """A request that came over a ``Connection``."""

    async def _prepare_hook(self, response: web.StreamResponse) -> None:
        """What aiohttp calls with each answer. Its signal for that costs as much as all else that we do."""
        chosen = known_id(self)
        if chosen is not None:
            response.headers[HEADER] = chosen
        connection: Any = self.protocol
        for mark in connection.marks:
            mark(self, response)
        await super()._prepare_hook(response)


def is_plain(request: web.BaseRequest) -> bool:
    """Whether the head of an ordinary answer to this request follows from the answer and the id alone."""
    if type(request) is not Asked:
        return False
    message = request._message  # noqa: SLF001  (three properties cost more than all else here)
    if message.should_close or message.version != HttpVersion11 or message.method in _ODD_METHODS:
        return False
    connection: Any = request.protocol
    writer: Any = request.writer
    if connection.marks or writer.output_size or writer._headers_buf:  # noqa: SLF001  (of an answer that was given up)
        return False
    found = request._match_info  # noqa: SLF001  (of what is answered before anybody has looked it is None)
    if found is not None:
        for app in found._apps:  # noqa: SLF001  (no copies)
            if app.on_response_prepare:
                return False
    return True


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
