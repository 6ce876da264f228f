"""Values for a handler's parameters, read from a request; what does not fit is reported together.

How each is read is decided once, when the handler is bound.
"""

import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from aiohttp import web

from rostra.components import name_of
from rostra.documents import (
    BoundsError,
    MismatchError,
    UnreadableTypeError,
    either,
    from_text,
)
from rostra.errors import HandlerError
from rostra.handlers import (
    Bound,
    Origin,
    Source,
    bare,
    is_list_of_scalars,
    is_scalar,
    union_members,
    where_of,
)
from rostra.values import Values
from rostra_aiohttp.problems import Fault, Part, UnfitError, is_text
from rostra_aiohttp.routes import FromBody, FromCookie, FromHeader, FromQuery

Check: TypeAlias = Callable[[Any], None]
"""What ``documents.bounds_check`` gives."""
_MISSING = "it is missing"
_RAW = frozenset({"header", "cookie"})
"""Where bytes that are no UTF-8 come through as they are."""


class Piece(Values):
    """What one text says.

    Args:
        kinds: The types that it may say, in the order in which they are tried, each with what asks for its bounds.
        check: Asks for those of the whole.
    """

    kinds: tuple[tuple[Any, Check | None], ...]
    check: Check | None

    def read(self, text: str) -> Any:
        """The value.

        Raises:
            MismatchError: It is not as expected, or not within its bounds.
        """
        value = self._first(text)
        if self.check is not None:
            self.check(value)
        return value

    def _first(self, text: str) -> Any:
        expected, near = [], []
        for kind, check in self.kinds:
            try:
                value = from_text(text, kind)
                if check is not None:
                    check(value)
            except BoundsError as error:
                near.append(error)
            except MismatchError as error:
                expected.append(error.expected)
            else:
                return value
        raise near[0] if near else MismatchError(either(expected), text)


class Text(Values):
    """A parameter that texts say: of the path, the query, a header or a cookie.

    Args:
        parameter: Its name.
        part: Of the request.
        name: As the client writes it.
        piece: What one text says.
        container: For several texts: list, tuple or set.
        check: Asks for the bounds of these together.
        is_needed: Whether there is no answer without it.
        is_optional: Whether it is None where it is missing; else it has a default then.
    """

    parameter: str
    part: Part
    name: str
    piece: Piece
    container: type | None
    check: Check | None
    is_needed: bool
    is_optional: bool

    def read_into(self, values: dict[str, Any], request: web.Request) -> None:
        """Add the value, or nothing where the default will do.

        Raises:
            MismatchError: It is not as expected.
            UnfitError: Several are not.
        """
        texts = self._texts(request)
        if self.part in _RAW:
            for text in texts:
                if not is_text(text):
                    raise MismatchError("a text in UTF-8", text)
        if texts:
            values[self.parameter] = self._value(texts)
        elif self.is_needed:
            raise ValueError(_MISSING)
        elif self.is_optional:
            values[self.parameter] = None

    def _texts(self, request: web.Request) -> Sequence[str]:
        if self.part == "path":
            return (request.match_info[self.name],)
        if self.part == "query":
            return request.query.getall(self.name, ())
        if self.part == "cookie":
            return (request.cookies[self.name],) if self.name in request.cookies else ()
        lines = request.headers.getall(self.name, ())
        if self.container is None:
            return (", ".join(lines),) if lines else ()
        words = (word.strip() for line in lines for word in line.split(","))
        return [word for word in words if word]  # RFC 9110, section 5.6.1.2

    def _value(self, texts: Sequence[str]) -> Any:
        if self.container is not None:
            return self._several(self.container, texts)
        if len(texts) > 1:
            msg = f"expected one value, found {len(texts)}"
            raise ValueError(msg)
        return self.piece.read(texts[0])

    def _several(self, container: type, texts: Sequence[str]) -> Any:
        read: list[Any] = []
        faults: list[Fault] = []
        for text in texts:
            try:
                read.append(self.piece.read(text))
            except ValueError as error:
                faults.append(Fault(self.part, (self.name,), str(error)))
        if faults:
            raise UnfitError(faults)
        several = container(read)
        if self.check is not None:
            self.check(several)
        return several


class Reader(Values):
    """Reads all parameters of one handler that come from a request.

    Args:
        texts: Those of the path, the query, headers and cookies.
        body: That of the body, if there is one; a ``bodies.Body``, which a service without any does not import.
    """

    texts: tuple[Text, ...]
    body: Any

    async def read(self, request: web.Request) -> Mapping[str, Any]:
        """The values by parameter; those that take their default are left out.

        Raises:
            web.HTTPException: The body cannot be read at all.
            UnfitError: Something does not fit; with all faults of the whole request.
        """
        values: dict[str, Any] = {}
        faults: list[Fault] = []
        for text in self.texts:
            try:
                text.read_into(values, request)
            except UnfitError as error:
                faults += error.faults
            except ValueError as error:
                faults.append(Fault(text.part, (text.name,), str(error)))
        if self.body is not None:
            try:
                await self.body.read_into(values, request)
            except UnfitError as error:
                faults += error.faults
        if faults:
            raise UnfitError(faults)
        return values


def reader_of(bound: Bound) -> Reader:
    """How the parameters of a handler are read.

    Raises:
        HandlerError: One of them is of a type that nobody can read from where it comes from.
    """
    texts, body = [], None
    for source in bound.from_outside:
        if source.origin is Origin.PAYLOAD:
            body = _body(bound, source)
        else:
            texts.append(_text(bound, source))
    return Reader(tuple(texts), body)


def _text(bound: Bound, source: Source) -> Text:
    part, name = _place(source)
    said: Any = str if source.annotation is inspect.Parameter.empty else source.annotation
    annotation = bare(said)
    is_many = part in ("query", "header") and is_list_of_scalars(annotation)
    item = (typing.get_args(annotation) or (str,))[0] if is_many else said
    if not is_many and not is_scalar(annotation):
        raise _unreadable(bound, source, f"a {name_of(annotation)} does not come from one piece of text")
    container = _container(typing.get_origin(annotation) or annotation) if is_many else None
    try:
        piece, check = _piece(item), _check_of(said) if is_many else None
    except UnreadableTypeError as error:
        raise _unreadable(bound, source, str(error)) from None
    return Text(source.name, part, name, piece, container, check, *_if_missing(source))


def _piece(annotation: Any) -> Piece:
    members = union_members(bare(annotation))
    kinds = [(bare(member), _check_of(member)) for member in members] or [(bare(annotation), None)]
    kinds.sort(key=lambda kind: kind[0] is str)  # any text is a text, so that comes last
    return Piece(tuple(kinds), _check_of(annotation))


def _check_of(annotation: Any) -> Check | None:
    """What asks for the bounds that stand beside a type; nothing is imported where there can be none."""
    if isinstance(annotation, type):
        return None
    from rostra.documents import bounds_check

    return bounds_check(annotation)


def _body(bound: Bound, source: Source) -> Any:
    from rostra import documents
    from rostra_aiohttp import bodies  # cattrs, which a service without bodies does without

    is_needed, is_optional = _if_missing(source)
    types = source.marker.types if isinstance(source.marker, FromBody) else ()
    try:
        return bodies.body_of(source, types, is_needed=is_needed, is_optional=is_optional)
    except documents.UnreadableTypeError as error:
        raise _unreadable(bound, source, str(error)) from None


def _place(source: Source) -> tuple[Part, str]:
    if source.origin is Origin.PATH:
        return "path", source.name
    if isinstance(source.marker, FromHeader):
        return "header", source.marker.name or source.name.replace("_", "-")
    if isinstance(source.marker, FromCookie):
        return "cookie", source.marker.name or source.name
    marked = source.marker.name if isinstance(source.marker, FromQuery) else None
    return "query", marked or source.name


def _if_missing(source: Source) -> tuple[bool, bool]:
    has_default = source.parameter.has_default
    return not has_default and not source.is_optional, source.is_optional and not has_default


def _container(kind: type) -> type:
    return next((made for made in (list, tuple, set, frozenset) if issubclass(kind, made)), list)


def _unreadable(bound: Bound, source: Source, why: str) -> HandlerError:
    return HandlerError(
        f"{bound.declared.label} cannot get its parameter {source.parameter} from the {source.origin}",
        where_of(bound.declared),
        (why,),
        ("take a text, a number, an enum, a date or a list of these, or a class of such attributes",),
    )
