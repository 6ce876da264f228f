"""Answers that say what went wrong, as problem details (RFC 9457), for whatever was raised.

What is wrong with what a client sent is told with every fault and its place, in words that the client understands. Nothing
of the inside of the service stands in them. What nobody caught is logged, once.
"""

import asyncio
import json
import socket
import struct
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any, Literal, TypeAlias

from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong

from rostra import documents, log
from rostra.documents import UnsayableError, encoded
from rostra.values import Values
from rostra_aiohttp.heads import request_id

Part: TypeAlias = Literal["path", "query", "header", "cookie", "body"]


class Fault(Values):
    """One thing that is wrong.

    Args:
        part: Of the request.
        place: The name of a parameter; for the body its keys and indices from the outside in.
        detail: What was expected, and what was found.
    """

    part: Part
    place: tuple[str | int, ...]
    detail: str

    def as_json(self) -> dict[str, str]:
        """As problem details show it (RFC 9457, section 3): ``pointer`` is a JSON pointer (RFC 6901)."""
        if self.part == "body":
            pointer = documents.Fault(self.place, self.detail).pointer
            return {"in": "body", "pointer": f"#{pointer}", "detail": self.detail}
        return {"in": self.part, "name": str(self.place[0]), "detail": self.detail}


class UnfitError(Exception):
    """What was sent does not fit the handler: all faults. It becomes the answer 422."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(f"{len(self.faults)} faults")


def is_text(sent: str) -> bool:
    """Whether a client sent UTF-8: in headers, other bytes come through as they are."""
    try:
        sent.encode()
    except UnicodeEncodeError:
        return False
    return True


def of_body(error: Exception) -> Iterator[Fault]:
    """All that is wrong with a document, as faults of the body.

    Raises:
        Exception: One of those that are no fault of the client, but of a validator, say.
    """
    return (Fault("body", *each) for each in documents.faults(error))


CONTENT_TYPE = "application/problem+json"

_PHRASES = {
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}
"""Of RFC 9110, where Python before 3.13 has those of older ones."""

_TOO_LONG = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE

_log = log.get("rostra.http")


def problem(status: int, detail: str = "", **more: Any) -> web.Response:
    """An answer with problem details.

    Args:
        status: Its title is the standard's phrase for it.
        detail: What was wrong with this very request.
        more: Further members.
    """
    members: dict[str, Any] = {
        "status": int(status),
        "title": _phrase(status),
        **({"detail": detail} if detail else {}),
        **more,
    }
    return web.Response(status=status, body=_said(members), content_type=CONTENT_TYPE)


def _said(members: dict[str, Any]) -> bytes:
    try:
        return encoded(members)
    except (UnsayableError, ImportError, OSError):
        # What a client sent is no text, and so it is spelt; or what writes all else cannot be imported, with no file left to open.
        return json.dumps(members).encode()


def unfit(faults: Iterable[Fault]) -> web.Response:
    """The answer to what does not fit the handler: all faults."""
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, errors=[fault.as_json() for fault in faults])


def unread(request: web.BaseRequest, error: HttpProcessingError, status: int) -> web.Response:
    """The answer to what could not even be read, and the last of its connection.

    A line tells of it, which shows nothing of what was sent.

    Args:
        request: That stands for it.
        error: Why not.
        status: Of the answer, unless there is a better one for this error.
    """
    answered = _TOO_LONG if isinstance(error, LineTooLong) else status
    _log.info("http.refused", status=answered, reason=type(error).__name__, client=request.remote)
    response = problem(answered, _why(error))
    response.force_close()
    return response


def _why(error: HttpProcessingError) -> str:
    if isinstance(error, LineTooLong):
        return "the first line or a header is too long"
    return "this is no HTTP/1.1 request"


def instead(request: web.Request, error: BaseException) -> web.StreamResponse:
    """The answer to a request whose handler raised ``error``; to be called where that is handled.

    Raises:
        BaseException: The same, where nothing can be answered, or where it is an answer itself.
    """
    if isinstance(error, Exception) and has_begun(request):
        return _broken_off(request, error)
    if isinstance(error, UnfitError):
        return unfit(error.faults)
    if isinstance(error, web.RequestPayloadError):
        return _undecodable(error)
    if isinstance(error, web.HTTPException):
        if error.status < HTTPStatus.BAD_REQUEST:
            raise error
        return _worded(error)
    if isinstance(error, asyncio.CancelledError):
        if _is_cancelled() or has_begun(request):
            raise error
        return _failed(request)  # the handler raised it by itself: nobody wants this request to end
    if not isinstance(error, Exception):
        raise error
    if isinstance(error, ConnectionError) and _is_gone(request):
        return _abandoned(request)
    return _failed(request)


def _abandoned(request: web.Request) -> web.StreamResponse:
    _log.debug("http.abandoned", method=request.method, path=request.path)
    return web.Response()  # nobody gets it


def _broken_off(request: web.Request, error: Exception) -> web.StreamResponse:
    """End the connection in the middle of an answer, which tells the client that there was more."""
    if isinstance(error, ConnectionError) and _is_gone(request):
        return _abandoned(request)
    _log.exception(
        "http.failed", method=request.method, path=request.path, sent_bytes=request.writer.output_size
    )
    if request.transport is not None and request.version >= (1, 1):
        request.transport.close()  # what was sent arrives, and its last chunk is missing
    elif request.transport is not None:
        _reset(request.transport)
    return web.Response(status=HTTPStatus.INTERNAL_SERVER_ERROR)  # nobody gets it


def _reset(transport: asyncio.Transport) -> None:
    """End a connection of HTTP/1.0, where a kind end would mean that this was all."""
    if (connection := transport.get_extra_info("socket")) is not None and connection.family != socket.AF_UNIX:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def _failed(request: web.Request) -> web.StreamResponse:
    _log.exception("http.failed", method=request.method, path=request.path)
    known = request_id(request)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, **({"request": known} if known else {}))


def _undecodable(error: web.RequestPayloadError) -> web.StreamResponse:
    """The body is not what ``Content-Encoding`` or ``Transfer-Encoding`` says."""
    reason = getattr(error.__cause__, "message", "") or "it is not encoded as its headers say"
    return problem(HTTPStatus.BAD_REQUEST, f"the body cannot be read: {reason.strip()}")


def _is_cancelled() -> bool:
    """Whether somebody asked the task of this request to end."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _worded(error: web.HTTPException) -> web.StreamResponse:
    """The same answer with problem details, and with what its headers say: ``Allow``, ``Retry-After``.

    A text that somebody chose is the detail. What is no plain text is left as it is.
    """
    if error.content_type != "text/plain":
        raise error
    is_default = error.text == f"{error.status}: {error.reason}"
    answer = problem(error.status, "" if is_default else error.text or "")
    for name, value in error.headers.items():
        if name not in {hdrs.CONTENT_TYPE, hdrs.CONTENT_LENGTH}:
            answer.headers[name] = value
    return answer


def _phrase(status: int) -> str:
    try:
        return _PHRASES.get(status) or HTTPStatus(status).phrase
    except ValueError:
        return "Unknown status"


def _is_gone(request: web.Request) -> bool:
    """Whether the client went away."""
    return request.transport is None or request.transport.is_closing()


def has_begun(request: web.Request) -> bool:
    """Whether a part of another answer was sent already, so that none can be sent any more."""
    return request.writer.output_size > 0


def begin_anew(request: web.BaseRequest) -> None:
    """Let nothing be left of an answer that was prepared and given up, if nothing of it was sent."""
    writer: Any = request.writer
    if writer.output_size == 0:
        writer.chunked, writer.length = False, None
        writer._compress = writer._headers_buf = None  # noqa: SLF001  (there is no other way to take it back)
