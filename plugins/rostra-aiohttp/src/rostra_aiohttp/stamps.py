"""Answers that differ in their body and headers only: what aiohttp finds out about each is found out once for all of them.

A stamp is a class of answers, made after one that aiohttp made. Each has headers, keys and a body of its own; as long as
nobody has given it more, a cookie or another status say, it knows how its head is to be written. Else, where the request
is an odd one, and where another aiohttp keeps these things elsewhere, aiohttp finds that out as it always does.
"""

import functools
from typing import Any, cast

from aiohttp import hdrs, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.helpers import must_be_empty_body, rfc822_formatted_time
from aiohttp.http import SERVER_SOFTWARE
from multidict import CIMultiDict

from rostra_aiohttp.asked import is_plain
from rostra_aiohttp.identity import HEADER, known_id

TEXT = "text/plain; charset=utf-8"
JSON = "application/json"

_OWN = frozenset({"_headers", "_state", "_body"})
_SHARED = frozenset({"_status", "_reason", "_compressed_body"})
_MUTABLE = (dict, list, set, CIMultiDict)
_UNKNOWN_TYPE = "application/octet-stream"


class Stamped(web.Response):
    """An answer of a stamp."""

    _line = ""
    """The first of its head; empty where there is no body."""
    _is_known = False
    """Whether it has written its head itself."""

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Write the head, which is sent with the body."""
        body = self._body
        has_more = len(self.__dict__) != len(_OWN) or body.__class__ is not bytes
        if has_more or not self._line or not is_plain(request):
            return await super().prepare(request)
        headers, known = self._headers, known_id(request)
        if hdrs.CONTENT_LENGTH not in headers:
            headers[hdrs.CONTENT_LENGTH] = str(len(cast("bytes", body)))
        headers.setdefault(hdrs.CONTENT_TYPE, _UNKNOWN_TYPE)
        headers.setdefault(hdrs.DATE, rfc822_formatted_time())
        headers.setdefault(hdrs.SERVER, SERVER_SOFTWARE)
        if known is not None:
            headers[HEADER] = known
        self._payload_writer = writer = request.writer
        await writer.write_headers(self._line, headers)
        self._is_known = self._keep_alive = True
        return writer

    async def write_eof(self, data: bytes = b"") -> None:
        """Send what is still to be sent."""
        writer = self._payload_writer
        if writer is None or not self._is_known:
            await super().write_eof(data)
            return
        await writer.write_eof(cast("bytes", self._body))
        self._eof_sent = True
        self._body_length = writer.output_size
        self._payload_writer = None


class Stamp:
    """Makes answers of one status and type.

    Args:
        status: Of all of them.
        content_type: The header.
    """

    __slots__ = ("_class", "_headers", "content_type", "status")

    def __init__(self, status: int, content_type: str) -> None:
        self.status = status
        self.content_type = content_type
        made = self._made(b"")
        self._headers = CIMultiDict(made.headers)
        self._class = _class_of(made) if _is_as_known(made) else None

    def answer(self, body: bytes) -> web.Response:
        """An answer with this body."""
        cls = self._class
        if cls is None:
            return self._made(body)
        made = cls.__new__(cls)
        made._headers = CIMultiDict(self._headers)  # noqa: SLF001  (its makers are one)
        made._state = {}  # noqa: SLF001
        made._body = body  # noqa: SLF001
        return made

    def _made(self, body: bytes) -> web.Response:
        return web.Response(body=body, status=self.status, headers={hdrs.CONTENT_TYPE: self.content_type})


@functools.cache
def stamp(status: int, content_type: str) -> Stamp:
    """The one for answers of this status and type."""
    return Stamp(status, content_type)


def _class_of(made: web.Response) -> type[Stamped]:
    """The class of answers that are like this one."""
    shared = {name: value for name, value in vars(made).items() if name not in _OWN}
    if not must_be_empty_body(hdrs.METH_GET, made.status):
        shared["_line"] = f"HTTP/1.1 {made.status} {made.reason}"
    made_for: type[Stamped] = type("Stamped", (Stamped,), shared)
    return made_for


def _is_as_known(made: web.Response) -> bool:
    """Whether nothing that changes is kept elsewhere than in what each answer has of its own."""
    attributes = vars(made)
    others: list[Any] = [value for name, value in attributes.items() if name not in _OWN]
    return attributes.keys() >= _OWN | _SHARED and not any(isinstance(value, _MUTABLE) for value in others)
