"""Forms in parts (RFC 7578), read as they arrive: texts into memory, files to disk, and never more than is allowed."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from rostra_aiohttp.forms import Pair
from rostra_aiohttp.problems import Fault, UnfitError, is_text
from rostra_aiohttp.settings import UploadConfig
from rostra_aiohttp.uploads import Upload

Take: TypeAlias = Callable[[web.Request], Awaitable[Any]]

_CHUNK_BYTES = 65536
_UPLOADS = web.RequestKey("rostra_uploads", list)

_MALFORMED = (
    ValueError,
    AssertionError,
    LookupError,
    TypeError,
    RuntimeError,
    EOFError,
    HttpProcessingError,
    RuntimeWarning,  # where warnings are errors
)
"""What aiohttp raises for what is no form in parts."""


class Room:
    """How much may still come.

    Args:
        limits: At the beginning.
        text_bytes: For all texts together.
    """

    __slots__ = ("_limits", "_parts", "_text_bytes", "_total_bytes")

    def __init__(self, limits: UploadConfig, text_bytes: int) -> None:
        self._limits = limits
        self._parts, self._total_bytes, self._text_bytes = limits.parts, int(limits.total), text_bytes

    def take_part(self) -> None:
        """One more part.

        Raises:
            web.HTTPRequestEntityTooLarge: It is one too many.
        """
        self._parts -= 1
        if self._parts < 0:
            raise _too_large(f"a form has at most {self._limits.parts} parts")

    def take(self, size_bytes: int, part_bytes: int, *, is_text: bool) -> None:
        """So many more bytes of a part, which has ``part_bytes`` with them.

        Raises:
            web.HTTPRequestEntityTooLarge: They are too many.
        """
        self._total_bytes -= size_bytes
        self._text_bytes -= size_bytes if is_text else 0
        if part_bytes > self._limits.part:
            raise _too_large(f"a part has at most {int(self._limits.part)} bytes")
        if self._total_bytes < 0:
            raise _too_large(f"a form has at most {int(self._limits.total)} bytes")
        if self._text_bytes < 0:
            raise _too_large("the texts of the form are too long")


async def parts_of(request: web.Request, limits: UploadConfig, *, with_files: bool) -> list[Pair]:
    """All parts: texts, and uploads that ``closing`` closes.

    Raises:
        web.HTTPException: 413 for what is too large, 400 for what is no form in parts.
        UnfitError: Texts that are none.
    """
    room = Room(limits, request.client_max_size)
    try:
        return await _read(request, room, int(limits.memory), with_files=with_files)
    except (web.HTTPException, UnfitError, web.RequestPayloadError):
        raise
    except _MALFORMED:
        pass
    raise web.HTTPBadRequest(text="the body is no form in parts, or it ends too early")


def closing(take: Take) -> Take:
    """The same, and whatever happens, the uploads of the request are closed afterwards."""

    async def taken(request: web.Request) -> Any:
        uploads: list[Upload] = []
        request[_UPLOADS] = uploads
        try:
            return await take(request)
        finally:
            for upload in uploads:
                upload.close()

    return taken


async def _read(request: web.Request, room: Room, memory: int, *, with_files: bool) -> list[Pair]:
    pairs: list[Pair] = []
    faults: list[Fault] = []
    reader = await request.multipart()
    while (part := await reader.next()) is not None:
        room.take_part()
        if not isinstance(part, BodyPartReader):
            raise web.HTTPBadRequest(text="a part of a form has no parts itself")
        if part.name is None:
            continue  # RFC 7578, section 4.2, asks for one
        if not is_text(part.name + (part.filename or "")):
            raise web.HTTPBadRequest(text="the name of a part of the form, or of its file, is not in UTF-8")
        if part.filename is None:
            try:
                pairs.append((part.name, (await _content(part, room)).decode()))
            except UnicodeDecodeError:
                faults.append(Fault("body", (part.name,), "expected a text in UTF-8"))
        elif with_files:
            await _spool(request, part, room, memory, pairs)
        else:
            pairs.append((part.name, Upload(part.filename, "")))
            await _content(part, room)
    if faults:
        raise UnfitError(faults)
    return pairs


async def _content(part: BodyPartReader, room: Room) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk(_CHUNK_BYTES):
        room.take(len(chunk), len(content) + len(chunk), is_text=True)
        content += chunk
    return bytes(content)


async def _spool(
    request: web.Request, part: BodyPartReader, room: Room, memory: int, pairs: list[Pair]
) -> None:
    kind = part.headers.get("Content-Type", "application/octet-stream")
    upload = Upload(part.filename or "", kind, memory)
    request[_UPLOADS].append(upload)
    while chunk := await part.read_chunk(_CHUNK_BYTES):
        room.take(len(chunk), upload.size_bytes + len(chunk), is_text=False)
        await upload.add(bytes(chunk))
    if upload.name or upload.size_bytes:  # a field in which nobody chose a file has neither
        pairs.append((part.name or "", upload))


def _too_large(text: str) -> web.HTTPException:
    return web.HTTPRequestEntityTooLarge(0, 0, text=text)
