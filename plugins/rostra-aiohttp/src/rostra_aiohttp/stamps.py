"""Answers that differ in their body and headers only: what aiohttp finds out about each is found out once for all of them.

A stamp is a class of answers, made after one that aiohttp made. Each has a body of its own, and headers once somebody asks
for them; as long as nobody has given it more, a cookie or another status say, it knows how its head is to be written. Else,
where the request is an odd one, and where another aiohttp keeps these things elsewhere, aiohttp finds that out as it always
does.
"""

import functools
from collections.abc import Mapping
from typing import Any, cast

from aiohttp import hdrs, http_writer, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.helpers import must_be_empty_body, rfc822_formatted_time
from aiohttp.http import SERVER_SOFTWARE
from multidict import CIMultiDict

from rostra_aiohttp.heads import HEADER, is_plain, known_id

TEXT = "text/plain; charset=utf-8"
JSON = "application/json"

_OWN = frozenset({"_state", "_body"})
_LATE = "_headers"
_SHARED = frozenset({"_status", "_reason", "_compressed_body"})
_MUTABLE = (dict, list, set, CIMultiDict)
_UNKNOWN_TYPE = "application/octet-stream"
_LENGTH = "Content-Length: "
_SAID_OF_ALL = (hdrs.CONTENT_LENGTH, hdrs.DATE, hdrs.SERVER, HEADER)
_MOST_TOGETHER = 16_384
"""Bytes of a body that are copied to go out with the head: more of them go beside it, where aiohttp can do that."""

_written: Any = getattr(http_writer, "_serialize_headers", None)
"""Writes a head, and refuses what must not stand there; None where aiohttp has it elsewhere."""


class _Late:
    """The headers of an answer, which begin to be when somebody asks: of most answers nobody does."""

    def __get__(self, answer: "Stamped", stamped: type["Stamped"]) -> "CIMultiDict[str]":
        sent = answer._sent  # noqa: SLF001  (its other half)
        headers = answer.__dict__[_LATE] = _read(sent) if sent else CIMultiDict(stamped._known)  # noqa: SLF001  (likewise)
        return headers


class Stamped(web.Response):
    """An answer of a stamp."""

    _known: "CIMultiDict[str]"
    """The headers that all have."""
    _line = ""
    """The first of the head; empty where there is no body."""
    _begin = ""
    """The head up to the length."""
    _end = ""
    """The head after the time, without the id."""
    _is_known = False
    """Whether it has written its head itself."""
    _sent = b""
    """The head that it has written; what its headers are is read from that."""
    _waiting = b""
    """What of that is still to be sent."""
    _shared: "Mapping[str, Any]"
    """What aiohttp keeps in each answer, and is the same in all of them."""

    def __reduce__(self) -> Any:
        """Anywhere else it is an answer of aiohttp's."""
        return _unstamped, ({**self._shared, _LATE: self._headers, **vars(self)},)

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Write the head, which is sent with the body."""
        own, body = self.__dict__, self._body
        is_asked = _LATE in own
        has_more = len(own) != len(_OWN) + is_asked or body.__class__ is not bytes
        if has_more or not self._line or not is_plain(request):
            return await super().prepare(request)
        size, known = len(cast("bytes", body)), known_id(request)
        begin = _begun(self._line, own[_LATE]) if is_asked else self._begin
        self._req = request
        self._payload_writer = writer = request.writer
        self._is_known = self._keep_alive = True
        if begin and size <= _MOST_TOGETHER:
            named = "" if known is None else f"{HEADER}: {known}\r\n"
            head = f"{begin}{size}\r\nDate: {rfc822_formatted_time()}\r\n{self._end}{named}\r\n"
            self._sent = self._waiting = head.encode()
            if is_asked:
                del own[_LATE]
        else:
            await writer.write_headers(self._line, _completed(self._headers, size, known))
        return writer

    async def write(self, data: Any) -> None:
        """Send a part; the head goes before, and what is longer than it says is cut off."""
        writer = self._payload_writer
        if self._waiting and writer is not None:
            head, self._waiting = self._waiting, b""
            await writer.write(head)
            writer.length = len(cast("bytes", self._body))
        await super().write(data)

    async def write_eof(self, data: bytes = b"") -> None:
        """Send what is still to be sent."""
        writer = self._payload_writer
        if writer is None or not self._is_known:
            await super().write_eof(data)
            return
        await writer.write_eof(self._waiting + cast("bytes", self._body or b""))
        self._waiting = b""
        self._eof_sent = True
        self._req = None
        self._body_length = writer.output_size
        self._payload_writer = None


def _unstamped(state: Mapping[str, Any]) -> web.Response:
    answer = web.Response.__new__(web.Response)
    vars(answer).update(state)
    return answer


def _begun(line: str, headers: "CIMultiDict[str]") -> str:
    """A head up to the length; empty if these headers say themselves what is said of every answer.

    Raises:
        ValueError: One of them cannot be sent.
    """
    for name in _SAID_OF_ALL:
        if name in headers:
            return ""
    if hdrs.CONTENT_TYPE not in headers:
        return ""
    head: bytes = _written(line, headers)
    return head[:-2].decode() + _LENGTH


def _completed(headers: "CIMultiDict[str]", size: int, known: str | None) -> "CIMultiDict[str]":
    """With what belongs to every answer."""
    if hdrs.CONTENT_LENGTH not in headers:
        headers[hdrs.CONTENT_LENGTH] = str(size)
    if size:
        headers.setdefault(hdrs.CONTENT_TYPE, _UNKNOWN_TYPE)
    headers.setdefault(hdrs.DATE, rfc822_formatted_time())
    headers.setdefault(hdrs.SERVER, SERVER_SOFTWARE)
    if known is not None:
        headers[HEADER] = known
    return headers


def _read(head: bytes) -> "CIMultiDict[str]":
    """The headers in a head."""
    _, *lines, _, _ = head.decode().split("\r\n")
    return CIMultiDict((name, value) for name, _, value in (line.partition(": ") for line in lines))


class Stamp:
    """Makes answers of one status and type.

    Args:
        status: Of all of them.
        content_type: The header.
    """

    __slots__ = ("_class", "content_type", "status")

    def __init__(self, status: int, content_type: str) -> None:
        self.status = status
        self.content_type = content_type
        made = self._made(b"")
        self._class = _class_of(made) if _is_as_known(made) else None

    def answer(self, body: bytes) -> web.Response:
        """An answer with this body."""
        cls = self._class
        if cls is None:
            return self._made(body)
        made = cls.__new__(cls)
        made._state = {}  # noqa: SLF001  (its makers are one)
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
    shared |= {
        "_shared": {**shared},
        _LATE: _Late(),
        "_known": CIMultiDict(made.headers),
        "__module__": __name__,
    }
    if not must_be_empty_body(hdrs.METH_GET, made.status):
        line = f"HTTP/1.1 {made.status} {made.reason}"
        shared |= {
            "_line": line,
            "_begin": _begun(line, made.headers),
            "_end": f"Server: {SERVER_SOFTWARE}\r\n",
        }
    made_for: type[Stamped] = type("Stamped", (Stamped,), shared)
    return made_for


def _is_as_known(made: web.Response) -> bool:
    """Whether nothing that changes is kept elsewhere than in what each answer has of its own."""
    if _written is None:
        return False
    attributes = vars(made)
    others: list[Any] = [value for name, value in attributes.items() if name not in {*_OWN, _LATE}]
    return attributes.keys() >= {*_OWN, *_SHARED, _LATE} and not any(
        isinstance(value, _MUTABLE) for value in others
    )
