"""What a handler returns becomes an answer."""

import errno
import inspect
import typing
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal

from aiohttp import hdrs, web
from aiohttp.helpers import ETAG_ANY
from multidict import CIMultiDict

from rostra.documents import UnsayableError, encoded, packed
from rostra.handlers import bare, union_members
from rostra_aiohttp.files import File
from rostra_aiohttp.heads import Answer, ResponseHead, known_head, known_headers, unsendable
from rostra_aiohttp.stamps import JSON, TEXT, stamp

MSGPACK = "application/msgpack"
_OF_CONTENT = frozenset({"content-type", "content-length", "content-encoding", "content-language"})
"""Headers that an answer without content does without (RFC 9110, section 15.4.5)."""
_STREAMS = frozenset({AsyncIterator, AsyncGenerator, AsyncIterable, Iterator, Generator})


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
    if has_status and type(result) is tuple and len(result) == 2 and _is_whole(result[0]):  # noqa: PLR2004  (a pair)
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
            head.add_to(response)
    headers = known_headers(response)
    if headers is None or response.prepared:
        return response
    if (name := unsendable(headers)) is not None:
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


def may_say_status(annotation: Any) -> bool:
    """Whether a pair that begins with a whole number is ``(status, body)`` for a handler that returns this.

    So it is without an annotation, and where a ``tuple[int, X]`` is, or is a member of the union: then two numbers,
    too, are a status and a body.
    """
    return any(map(_is_pair_with_status, union_members(bare(annotation)) or (bare(annotation),)))


def _with_head(result: Answer[Any], status: int | None, *, packs: bool) -> web.StreamResponse:
    status = status if result.status is None else _checked(result.status)
    response = answer(result.body, status, has_status=False, packs=packs)
    head = result.head()
    check_head(head)
    head.put_on(response.headers, is_stronger=True)
    return response


def check_head(head: ResponseHead) -> None:
    """Do nothing if its headers can be sent.

    Raises:
        UnsayableError: One cannot.
    """
    name = head.wrong_header()
    if name is not None:
        raise _wrong(name)


def _wrong(name: str) -> UnsayableError:
    return UnsayableError(
        f"the header {name!r}",
        "the name of a header is a token, and its value a text of one line without control characters",
        "leave out what may not stand there; what comes from a client may not go there as it is",
    )


def _conditional(request: web.BaseRequest, response: web.StreamResponse) -> web.StreamResponse:
    """The answer, or 304 if its tag is among those that the client has (RFC 9110, section 13.1.2)."""
    if request.method not in (hdrs.METH_GET, hdrs.METH_HEAD) or response.status != HTTPStatus.OK:
        return response
    known, tag = request.if_none_match or (), response.etag
    if tag is None or not any(each.value in (tag.value, ETAG_ANY) for each in known):
        return response
    headers = [(name, value) for name, value in response.headers.items() if name.lower() not in _OF_CONTENT]
    return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=CIMultiDict(headers))


def item_of_stream(annotation: Any, *, is_generator: bool) -> Any:
    """What a handler yields that returns this, or is a generator; None if it answers at once."""
    kind = bare(annotation)
    if is_generator or (typing.get_origin(kind) or kind) in _STREAMS:
        return (typing.get_args(kind) or (Any,))[0]
    return None


def _is_pair_with_status(annotation: Any) -> bool:
    if annotation in (inspect.Parameter.empty, Any, object, tuple):
        return True
    items = typing.get_args(annotation)
    if typing.get_origin(annotation) is not tuple or len(items) != 2 or items[1] is Ellipsis:  # noqa: PLR2004  (a pair)
        return False
    return all(map(_is_whole_kind, union_members(bare(items[0])) or (bare(items[0]),)))


def _is_whole_kind(kind: Any) -> bool:
    if typing.get_origin(kind) is Literal:
        return all(map(_is_whole, typing.get_args(kind)))
    return isinstance(kind, type) and issubclass(kind, int) and kind is not bool


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _checked(status: int) -> int:
    if 200 <= status <= 599:  # noqa: PLR2004  (RFC 9110, section 15: others are no last answers)
        return status
    raise UnsayableError(
        f"the status {int(status)}",
        "the status of an answer is a number from 200 to 599, and (number, body) is read as a status and a body",
        "if the pair is data, say so by the return annotation: -> list[int]",
    )
