"""Values from bodies, read in the way that their ``Content-Type`` says. Imported when the first handler takes one."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from aiohttp import hdrs, web

from rostra import documents
from rostra.documents import either
from rostra.handlers import Source, bare
from rostra_aiohttp.forms import Shape, pairs_of, shape_of
from rostra_aiohttp.handling import Take
from rostra_aiohttp.problems import Fault, UnfitError, of_body
from rostra_aiohttp.settings import UploadConfig

JSON = "application/json"
MSGPACK = "application/msgpack"
FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data"

LIMITS = web.AppKey("rostra_upload_limits", UploadConfig)

_CONTINUE = "100-continue"
_IS_TOLD = web.RequestKey("rostra_is_told_to_continue", bool)
_MISSING = "it is missing"
_PARSERS: Mapping[str, tuple[Callable[[bytes], Any], str]] = {
    JSON: (documents.parse, "JSON"),
    MSGPACK: (documents.unpack, "msgpack"),
}
_ALIASES = {"application/x-msgpack": MSGPACK, "application/vnd.msgpack": MSGPACK}
_UTF_8 = frozenset({"", "utf-8", "utf8", "us-ascii", "ascii"})


class Body(NamedTuple):
    """The parameter that the body says.

    Args:
        parameter: Its name.
        annotation: What is made of it.
        types: Of content that are read; none if the bytes are taken as they are, of whatever type.
        shape: Of a form, if one of these is.
        is_needed: Whether there is no answer without it.
        is_optional: Whether it is None where it is missing; else it has a default then.
    """

    parameter: str
    annotation: Any
    types: tuple[str, ...]
    shape: Shape | None
    is_needed: bool
    is_optional: bool

    @property
    def has_files(self) -> bool:
        """Whether there may be uploads, which somebody has to close."""
        return PARTS in self.types and self.shape is not None and self.shape.has_files

    async def read_into(self, values: dict[str, Any], request: web.Request) -> None:
        """Add the value, or nothing where the default will do.

        Raises:
            web.HTTPException: The body is too large, cannot be read, or is of another type.
            UnfitError: It does not fit.
        """
        if not self.types:
            values[self.parameter] = await _content(request)
        elif (value := await self._value(request)) is not documents.NOTHING:
            values[self.parameter] = value
        elif self.is_needed:
            raise UnfitError([Fault("body", (), _MISSING)])
        elif self.is_optional:
            values[self.parameter] = None

    async def _value(self, request: web.Request) -> Any:
        if not request.body_exists:
            return self._of_nothing(request)
        kind = _kind(request.content_type)
        if kind not in self.types:
            _check_length(request, request.client_max_size)
            raise self._unknown_type(f"send the body as {either(self.types)}")
        if kind != MSGPACK and (request.charset or "").lower() not in _UTF_8:
            raise self._unknown_type("send the body in UTF-8")
        if kind == PARTS:
            return await self._of_parts(request)
        content = await _content(request)
        if not content:
            return self._of_nothing(request)
        if kind == FORM:
            return self._of_form(content, request)
        return self._of_document(content, *_PARSERS[kind])

    def _of_nothing(self, request: web.Request) -> Any:
        """A form of which no box is ticked is an empty body."""
        is_form = self.is_needed and FORM in self.types and _kind(request.content_type) == FORM
        return self._arranged(()) if is_form else documents.NOTHING

    def _of_document(self, content: bytes, parse: Callable[[bytes], Any], name: str) -> Any:
        try:
            value = parse(content)
        except ValueError as error:
            raise web.HTTPBadRequest(text=f"the body is no {name}: {error}") from None
        return self._structured(value)

    def _of_form(self, content: bytes, request: web.Request) -> Any:
        most = _limits(request).parts
        if content.count(b"&") >= most:
            raise web.HTTPRequestEntityTooLarge(most, most, text=f"a form has at most {most} parts")
        try:
            pairs = pairs_of(content, most)
        except ValueError as error:
            raise web.HTTPBadRequest(text=f"the body is no form: {error}") from None
        return self._arranged(pairs)

    async def _of_parts(self, request: web.Request) -> Any:
        from rostra_aiohttp import multipart

        limits = _limits(request)
        _check_length(request, limits.total)
        await _let_come(request)
        return self._arranged(await multipart.parts_of(request, limits, with_files=self.has_files))

    def _arranged(self, pairs: Iterable[tuple[str, Any]]) -> Any:
        assert self.shape is not None, "forms have one"  # noqa: S101  (for type checkers)
        values, faults = self.shape.arranged(pairs)
        return self._structured(values, faults, of_texts=True)

    def _structured(self, value: Any, known: Iterable[Fault] = (), *, of_texts: bool = False) -> Any:
        made, faults = None, list(known)
        try:
            made = documents.read(value, self.annotation, of_texts=of_texts)
        except documents.UNFIT as error:
            faults += of_body(error)
        if faults:
            raise UnfitError(faults)
        return made

    def _unknown_type(self, text: str) -> web.HTTPException:
        return web.HTTPUnsupportedMediaType(text=text, headers={hdrs.ACCEPT: ", ".join(self.types)})


def body_of(source: Source, types: tuple[str, ...], *, is_needed: bool, is_optional: bool) -> Body:
    """How a parameter is made from a body.

    Args:
        source: The parameter.
        types: Of content, as its marker names them; none are all that can be made into its type.
        is_needed: Whether there is no answer without it.
        is_optional: Whether it is None where it is missing.

    Raises:
        UnreadableTypeError: It cannot be made from them.
    """
    kind, may_be_form = source.annotation, source.marker is not None
    if bare(kind) is bytes:
        return Body(source.name, kind, (), None, is_needed, is_optional)
    shape = shape_of(kind) if may_be_form else None
    is_document_only = shape is None or not any(
        field.is_file and not field.is_text for field in shape.fields.values()
    )
    fitting: list[str] = []
    if is_document_only and not (types and set(types) <= {FORM, PARTS}):
        documents.check_readable(kind)
        fitting += [JSON, MSGPACK]
    if shape is not None:
        documents.check_readable(kind, of_texts=True)
        fitting += [FORM, PARTS] if is_document_only else [PARTS]
    chosen = tuple(each for each in fitting if not types or each in types)
    if not chosen or set(types) - {JSON, MSGPACK, FORM, PARTS}:
        asked = either(types or (FORM, PARTS))
        msg = f"a body of {asked} is not made into it: forms have texts, numbers, lists of these, and uploads"
        raise documents.UnreadableTypeError(msg)
    return Body(source.name, kind, chosen, shape, is_needed, is_optional)


def within(body: Body, take: Take, application: web.Application, limits: UploadConfig) -> Take:
    """Lets forms be as large as these limits say, and forgets the files that came with them, whatever happens.

    Args:
        body: Of the handler.
        take: Calls it.
        application: Which keeps the limits.
        limits: Of the settings.
    """
    application[LIMITS] = limits
    if not body.has_files:
        return take
    from rostra_aiohttp.multipart import closing

    return closing(take)


async def expect_later(request: web.Request) -> None:
    """Let a client that asks before it sends its body wait until somebody reads it (RFC 9110, section 10.1.1).

    What is refused by then, by a guard or for its length or type, is never sent.

    Raises:
        web.HTTPExpectationFailed: It expects something else.
    """
    if request.headers.get(hdrs.EXPECT, "").lower() != _CONTINUE:
        raise web.HTTPExpectationFailed(text="of expectations only 100-continue is known")


async def _content(request: web.Request) -> bytes:
    if not request.body_exists:
        return b""
    _check_length(request, request.client_max_size)
    await _let_come(request)
    return await request.read()


async def _let_come(request: web.Request) -> None:
    """Tell a client that waits for it to send the body, once."""
    is_awaited = request.headers.get(hdrs.EXPECT, "").lower() == _CONTINUE and request.version >= (1, 1)
    if is_awaited and not request.get(_IS_TOLD):
        request[_IS_TOLD] = True
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer has not begun


def _check_length(request: web.Request, limit: int) -> None:
    length = request.content_length or 0
    if length > limit:
        raise web.HTTPRequestEntityTooLarge(limit, length)


def _limits(request: web.Request) -> UploadConfig:
    return request.app.get(LIMITS) or UploadConfig()


def _kind(content_type: str) -> str:
    return JSON if content_type.endswith("+json") else _ALIASES.get(content_type, content_type)
