"""What a handler returns becomes an answer, with what its head says besides.

A service of texts alone does without this, so it is imported when the first handler is bound that promises something else.
"""

import errno
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Generic, TypeVar

from aiohttp import hdrs, web
from aiohttp.helpers import ETAG_ANY
from multidict import CIMultiDict

from rostra.documents import UnsayableError, encoded, packed
from rostra.values import Values
from rostra_aiohttp.files import File
from rostra_aiohttp.heads import NAME, ResponseHead, SetCookie, known_head
from rostra_aiohttp.promises import is_whole
from rostra_aiohttp.stamps import JSON, TEXT, stamp

T_co = TypeVar("T_co", covariant=True)

MSGPACK = "application/msgpack"
_OF_CONTENT = frozenset({"content-type", "content-length", "content-encoding", "content-language"})
"""Headers that an answer without content does without (RFC 9110, section 15.4.5)."""
_CONTROL = "[\0-\x08\n-\x1f\x7f]"
"""What ends a line, and what else may stand in none of them (RFC 9110, section 5.5)."""


class Answer(Generic[T_co]):
    """A result with more than a body.

    ::

        @post("/orders")
        async def place(order: Order) -> Answer[Order]:
            return Answer(order, status=201, headers={"Location": f"/orders/{order.number}"})

    Args:
        body: What could be returned by itself.
        status: By default the decorator's.
        headers: By name; a mapping of several values per name keeps them all. ``Content-Type`` replaces the one that
            follows from the body. To one with an ``ETag``, a client that has it already gets 304.
        cookies: For the client to keep.
    """

    __slots__ = ("body", "cookies", "headers", "status")

    def __init__(
        self,
        body: T_co,
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        cookies: Iterable[SetCookie] = (),
    ) -> None:
        self.body = body
        self.status = status
        self.headers = headers
        self.cookies = cookies

    def __repr__(self) -> str:
        return f"Answer({self.body!r}, status={self.status})"

    def head(self) -> ResponseHead:
        """The same without the body."""
        head = ResponseHead()
        head.status = self.status
        head.headers.extend(self.headers or {})
        for cookie in self.cookies:
            head.set_cookie(cookie)
        return head


def answer(
    result: Any, status: int | None = None, *, has_status: bool = True, packs: bool = False
) -> web.StreamResponse:
    """The answer that ``result`` stands for.

    Args:
        result: An answer of aiohttp's is sent as it is. ``(status, body)`` says the status, too. Of bodies, a text is
            sent as text/plain, bytes as application/octet-stream, None as nothing, a path as that file, and everything
            else as JSON.
        status: Where the result says none; by default 200, and 204 for None.
        has_status: Whether a pair that begins with a whole number is ``(status, body)``; else it is data.
        packs: Data is sent as msgpack instead of JSON.

    Raises:
        UnsayableError: The result is nothing that JSON can say, or its status is none.
    """
    if isinstance(result, web.StreamResponse):
        return result
    if has_status and type(result) is tuple and len(result) == 2 and is_whole(result[0]):  # noqa: PLR2004  (a pair)
        status, result = _checked(result[0]), result[1]
    if result is None:
        return web.Response(status=status or HTTPStatus.NO_CONTENT)
    if isinstance(result, Answer):
        return _with_head(result, status, packs=packs)
    status = status or 200
    if isinstance(result, str):
        return stamp(int(status), TEXT).answer(result.encode())
    if isinstance(result, bytes | bytearray | memoryview):
        return web.Response(body=bytes(result), status=status, content_type="application/octet-stream")
    if isinstance(result, Path | File):
        return _of_file(result if isinstance(result, File) else File(result), status)
    if packs:
        return stamp(int(status), MSGPACK).answer(packed(result))
    return stamp(int(status), JSON).answer(encoded(result))


def answer_to(
    request: web.BaseRequest,
    result: Any,
    status: int | None = None,
    *,
    has_status: bool = True,
    packs: bool = False,
) -> web.StreamResponse:
    """The same with what the ``ResponseHead`` of its request says; 304 if the client has it already.

    Raises:
        UnsayableError: As ``answer``; or a header is none.
    """
    head = known_head(request)
    if head is None:
        response = answer(result, status, has_status=has_status, packs=packs)
    else:
        check_head(head)
        said = status if head.status is None else _checked(head.status)
        response = answer(result, said, has_status=has_status, packs=packs)
        if not response.prepared:
            add_head(head, response)
    headers: CIMultiDict[str] | None = vars(response).get("_headers")
    if headers is None or response.prepared:  # a stamp's has none before somebody asks for them
        return response
    for name, value in headers.items():
        if not _is_line(value):
            raise _wrong(name)
    return _conditional(request, response) if hdrs.ETAG in headers else response


def _of_file(file: File, status: int | None) -> web.StreamResponse:
    from rostra_aiohttp.media_types import media_type
    from rostra_aiohttp.sending import FileAnswer

    path = _there(file.path)
    if path is None:
        raise web.HTTPNotFound
    headers = {} if file.disposition is None else {hdrs.CONTENT_DISPOSITION: file.disposition}
    kind = file.content_type or media_type(file.path.name)
    return FileAnswer(path, kind, headers=headers, status=int(status or HTTPStatus.OK))


def _there(path: Path) -> Path | None:
    """The file, if there is one; what no file can be called is none."""
    try:
        found = path.resolve()
        return found if found.is_file() else None
    except ValueError:
        return None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return None
        raise


def _with_head(result: Answer[Any], status: int | None, *, packs: bool) -> web.StreamResponse:
    status = status if result.status is None else _checked(result.status)
    response = answer(result.body, status, has_status=False, packs=packs)
    head = result.head()
    check_head(head)
    _put_on(response.headers, head, is_stronger=True)
    return response


def check_head(head: ResponseHead) -> None:
    """Do nothing if its headers can be sent.

    Raises:
        UnsayableError: One cannot, since it is no token or there is a line break in it.
    """
    for name, value in head.headers.items():
        if re.fullmatch(NAME, name) is None or not _is_line(value):
            raise _wrong(name)


def _is_line(value: object) -> bool:
    return isinstance(value, str) and re.search(_CONTROL, value) is None


def _wrong(name: str) -> UnsayableError:
    return UnsayableError(
        f"the header {name!r}",
        "the name of a header is a token, and its value a text of one line without control characters",
        "leave out what may not stand there; what comes from a client may not go there as it is",
    )


class _Added(Values):
    """What was put on an answer."""

    answer: web.StreamResponse
    headers: "CIMultiDict[str]"
    cookies: Mapping[tuple[str, str, str | None], SetCookie]


def add_head(head: ResponseHead, answer: web.StreamResponse) -> None:
    """Put it on an answer; on one that has it already only what was said since, whatever was done to the answer."""
    before: _Added | None = head.added
    if before is None or before.answer is not answer:
        _put_on(answer.headers, head)
    else:
        _put_on(answer.headers, _since(before, head), is_stronger=True)
    head.added = _Added(answer, head.headers.copy(), dict(head.cookies))


def _since(before: _Added, head: ResponseHead) -> ResponseHead:
    news = ResponseHead()
    for name, value in head.headers.items():
        if head.headers.getall(name) != before.headers.getall(name, None):
            news.headers.add(name, value)
    news.cookies = {key: each for key, each in head.cookies.items() if before.cookies.get(key) is not each}
    return news


def _put_on(headers: "CIMultiDict[str]", head: ResponseHead, *, is_stronger: bool = False) -> None:
    """Add what a head says to the headers of an answer.

    Args:
        headers: Of the answer.
        head: The status is not looked at.
        is_stronger: Replace what stands there already; else that is left, except for the type of the content.
    """
    there = set() if is_stronger else {name.lower() for name in headers} - {"content-type"}
    mine = {name.lower() for name in head.headers} - there
    for name in mine:
        headers.popall(name, None)
    for name, value in head.headers.items():
        if name.lower() in mine:
            headers.add(name, value)
    for cookie in head.cookies.values():
        headers.add(hdrs.SET_COOKIE, cookie.line())


def _conditional(request: web.BaseRequest, response: web.StreamResponse) -> web.StreamResponse:
    """The answer, or 304 if its tag is among those that the client has (RFC 9110, section 13.1.2)."""
    if request.method not in (hdrs.METH_GET, hdrs.METH_HEAD) or response.status != HTTPStatus.OK:
        return response
    known, tag = request.if_none_match or (), response.etag
    if tag is None or not any(each.value in (tag.value, ETAG_ANY) for each in known):
        return response
    headers = [(name, value) for name, value in response.headers.items() if name.lower() not in _OF_CONTENT]
    return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=CIMultiDict(headers))


def _checked(status: int) -> int:
    if 200 <= status <= 599:  # noqa: PLR2004  (RFC 9110, section 15: others are no last answers)
        return status
    raise UnsayableError(
        f"the status {int(status)}",
        "the status of an answer is a number from 200 to 599, and (number, body) is read as a status and a body",
        "if the pair is data, say so by the return annotation: -> list[int]",
    )
