"""What a handler answers, as its return annotation says it, and what the service answers in its place."""

import inspect
import typing
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import PurePath
from types import NoneType
from typing import Annotated, Any, Literal, NamedTuple

from aiohttp import web

from rostra.documents import Schema, Schemas
from rostra.handlers import bare, union_members
from rostra_aiohttp.answers import Answer
from rostra_aiohttp.events import Event
from rostra_aiohttp.files import File
from rostra_aiohttp.promises import item_of_stream, may_say_status

PROBLEM, UNFIT = "Problem", "UnfitProblem"
_PROBLEM_TYPE = "application/problem+json"
_ANY = "*/*"
_UNTOLD = (inspect.Parameter.empty, Any, object)

COMPONENTS: Mapping[str, Schema] = {
    PROBLEM: {
        "type": "object",
        "description": "What went wrong (RFC 9457).",
        "properties": {
            "status": {"type": "integer", "description": "The status of the answer."},
            "title": {"type": "string", "description": "What the status means."},
            "detail": {"type": "string", "description": "What was wrong with this very request."},
        },
        "required": ["status", "title"],
    },
    UNFIT: {
        "description": "All that does not fit in a request.",
        "allOf": [{"$ref": f"#/components/schemas/{PROBLEM}"}],
        "type": "object",
        "properties": {
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "in": {"type": "string", "description": "The part of the request."},
                        "name": {"type": "string", "description": "Of a parameter."},
                        "pointer": {
                            "type": "string",
                            "description": "Of a place in the body: a JSON pointer (RFC 6901).",
                        },
                        "detail": {"type": "string", "description": "What was expected, and what was found."},
                    },
                    "required": ["in", "detail"],
                },
            }
        },
        "required": ["errors"],
    },
}
"""The schemas of what the service itself answers."""


def _problem(name: str, description: str) -> Schema:
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {"description": description, "content": {_PROBLEM_TYPE: {"schema": schema}}}


RESPONSES: Mapping[str, Schema] = {
    "Failed": _problem(PROBLEM, "The service failed."),
    "Refused": _problem(PROBLEM, "The request cannot be answered as it is."),
    "Unfit": _problem(UNFIT, "The request does not fit."),
}
"""What the service itself answers in place of handlers."""
_RESPONSES = "#/components/responses/"


class Said(NamedTuple):
    """One thing that a handler may answer.

    Args:
        status: As the keys of responses are: ``200``, ``default``.
        media: Its type of content; empty for none.
        schema: Of the content.
    """

    status: str
    media: str
    schema: Schema


def responses(
    returned: Any, status: int | None, schemas: Schemas, *, has_input: bool, is_generator: bool = False
) -> Schema:
    """The answers of a handler by status.

    Args:
        returned: Its return annotation.
        status: What its decorator says.
        schemas: Of the document.
        has_input: Whether a request may fail to fit.
        is_generator: Whether the handler yields its answer in parts.
    """
    made: dict[str, Schema] = {}
    item = item_of_stream(returned, is_generator=is_generator)
    streamed = [] if item is None else [Said(str(status or 200), *_of_stream(item))]
    for each in streamed or _said(returned, status, schemas, may_pair=may_say_status(returned)):
        answer = made.setdefault(each.status, {"description": _description(each.status)})
        if each.media:
            content = answer.setdefault("content", {})
            content[each.media] = {"schema": _joined(content.get(each.media, {}).get("schema"), each.schema)}
    if has_input:
        made.setdefault("422", {"$ref": f"{_RESPONSES}Unfit"})
    made.setdefault("4XX", {"$ref": f"{_RESPONSES}Refused"})
    made.setdefault("5XX", {"$ref": f"{_RESPONSES}Failed"})
    return dict(sorted(made.items()))


def _said(returned: Any, status: int | None, schemas: Schemas, *, may_pair: bool) -> Iterator[Said]:
    if returned is None or returned is NoneType:
        yield Said(str(status or int(HTTPStatus.NO_CONTENT)), "", {})
        return
    members = typing.get_args(_outside(returned)) if union_members(_outside(returned)) else ()
    for each in members:
        yield from _said(each, status, schemas, may_pair=may_pair)
    if not members:
        yield from _of_one(returned, status, schemas, may_pair=may_pair)


def _of_one(returned: Any, status: int | None, schemas: Schemas, *, may_pair: bool) -> Iterator[Said]:
    said, kind = str(status or int(HTTPStatus.OK)), bare(returned)
    origin = typing.get_origin(kind) or kind
    if kind in _UNTOLD:
        yield Said("default" if status is None else said, _ANY, {})
    elif may_pair and (pair := _pair(kind)):
        statuses, inside = pair
        for each in statuses:
            for answer in _said(inside, None, schemas, may_pair=False):
                yield answer._replace(status=each)
    elif isinstance(origin, type) and issubclass(origin, web.StreamResponse):
        yield Said("default" if status is None else said, _ANY, {})
    elif isinstance(origin, type) and issubclass(origin, PurePath | File):
        yield Said(said, _ANY, {})
    elif origin is Answer:
        inside = (typing.get_args(kind) or (Any,))[0]
        yield from _said(inside, status, schemas, may_pair=False)
    elif isinstance(kind, type) and issubclass(kind, str) and not _is_enum(kind):
        yield Said(said, "text/plain", {"type": "string"})
    elif isinstance(kind, type) and issubclass(kind, bytes | bytearray | memoryview):
        yield Said(said, "application/octet-stream", {})
    else:
        yield Said(said, "application/json", schemas.of(returned, "answered"))


def _of_stream(item: Any) -> tuple[str, Schema]:
    """What comes in parts; OpenAPI 3.1 has no word for what each part is."""
    part = bare(item)
    if part in _UNTOLD:
        return _ANY, {}
    if isinstance(part, type) and issubclass(part, Event):
        return "text/event-stream", {"type": "string"}
    if isinstance(part, type) and issubclass(part, bytes | bytearray | memoryview):
        return "application/octet-stream", {}
    return ("text/plain" if part is str else "application/jsonl"), {"type": "string"}


def _pair(kind: Any) -> tuple[tuple[str, ...], Any] | None:
    """The statuses and the body of ``tuple[int, X]``; ``tuple[Literal[201], X]`` says which."""
    items = typing.get_args(kind)
    if typing.get_origin(kind) is not tuple or len(items) != 2 or items[1] is Ellipsis:  # noqa: PLR2004  (a pair)
        return None
    status = bare(items[0])
    if typing.get_origin(status) is Literal:
        return tuple(str(int(each)) for each in typing.get_args(status)), items[1]
    return ("default",), items[1]


def _outside(annotation: Any) -> Any:
    while typing.get_origin(annotation) is Annotated:
        annotation = typing.get_args(annotation)[0]
    return annotation


def _is_enum(kind: type) -> bool:
    return hasattr(kind, "__members__")


def _joined(known: Schema | None, more: Schema) -> Schema:
    if known is None or known == more:
        return more
    return {"anyOf": [*known.get("anyOf", [known]), more]}


def _description(status: str) -> str:
    try:
        return HTTPStatus(int(status)).phrase
    except ValueError:
        return "What the handler answers." if status == "default" else f"Status {status}"
