"""The document: what all handlers together answer, as OpenAPI 3.1 writes it.

Source: https://spec.openapis.org/oas/v3.1.1.html
"""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from rostra import di
from rostra.describing import docstring
from rostra.documents import Schema, Schemas, finished, unique
from rostra.errors import AnnotationError
from rostra.handlers import Bound
from rostra_aiohttp.openapi.inputs import body, has_input, parameters
from rostra_aiohttp.openapi.outputs import COMPONENTS, RESPONSES, responses
from rostra_aiohttp.openapi.paths import Path, path_of
from rostra_aiohttp.routes import Route

VERSION = "3.1.1"
LEFT_OUT = "x-left-out"
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
"""Those that OpenAPI 3.1 has a word for."""


class Info(NamedTuple):
    """What stands at the head of a document.

    Args:
        title: Of the service.
        version: Of the service, not of OpenAPI.
        description: In CommonMark.
        tags: By what operations are grouped: the module or class of the handler, or the first part of the path.
    """

    title: str = "HTTP API"
    version: str = "0"
    description: str = ""
    tags: Literal["module", "prefix"] = "module"


class Answered(NamedTuple):
    """One method on one path.

    Args:
        bound: The handler.
        method: In small letters.
        path: As OpenAPI writes it.
    """

    bound: Bound
    method: str
    path: Path


def document(handlers: Iterable[Bound], info: Info, names: Mapping[str, Any]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of handlers.

    What OpenAPI cannot tell apart, routes whose paths differ only in their expressions, stands in it once; what is left
    out is named in ``x-left-out``.

    Args:
        handlers: Those whose trigger is not a route are left out, and those that do not want to be told of.
        info: What stands at its head.
        names: Classes by name, in which string annotations are looked up last.
    """
    told, left_out = _told(handlers)
    schemas, ids = Schemas(), _ids(told)
    paths: dict[str, Schema] = {}
    names_by_shape: dict[str, Path] = {}
    for each in told:
        shown = names_by_shape.setdefault(each.path.shape, each.path)
        renamed = dict(zip(each.path.names, shown.names, strict=True))
        operation = _operation(each, renamed, info, ids[each.method, each.path.shape], schemas, names)
        paths.setdefault(shown.template, {})[each.method] = operation
    done, components = finished(paths, schemas, COMPONENTS)
    tags = _tags(told, info)
    return {
        "openapi": VERSION,
        "info": {
            "title": info.title,
            "version": info.version,
            **({"description": info.description} if info.description else {}),
        },
        **({"tags": tags} if tags else {}),
        "paths": done,
        "components": {"schemas": components, "responses": dict(RESPONSES)},
        **({LEFT_OUT: left_out} if left_out else {}),
    }


def _told(handlers: Iterable[Bound]) -> tuple[Sequence[Answered], Sequence[str]]:
    """The first handler of each method and path; and those that come after it, or answer a method that OpenAPI lacks."""
    told: dict[tuple[str, str], Answered] = {}
    left_out = []
    for bound in handlers:
        route = bound.declared.trigger
        if not isinstance(route, Route) or not route.in_openapi:
            continue
        each = Answered(bound, route.method.lower(), path_of(route.path))
        is_known = each.method in _METHODS
        if not is_known or told.setdefault((each.method, each.path.shape), each) is not each:
            left_out.append(f"{route.describe()} → {bound.declared.label}")
    return tuple(told.values()), left_out


def _operation(
    each: Answered,
    renamed: Mapping[str, str],
    info: Info,
    name: str,
    schemas: Schemas,
    names: Mapping[str, Any],
) -> Schema:
    bound = each.bound
    text = docstring(bound.declared.function.__doc__).text
    summary, _, description = text.partition("\n\n")
    takes, content = parameters(bound, each.path, renamed, schemas), body(bound, schemas)
    tag = _tag(each, info)
    route = bound.declared.trigger
    assert isinstance(route, Route), "others are left out"  # noqa: S101  (for type checkers)
    return {
        **({"tags": [tag]} if tag else {}),
        **({"summary": summary} if summary else {}),
        **({"description": description} if description else {}),
        "operationId": name,
        **({"parameters": takes} if takes else {}),
        **({"requestBody": content} if content else {}),
        "responses": responses(
            _returned(bound, names),
            route.status,
            schemas,
            has_input=has_input(bound),
            is_generator=di.signature(bound.declared.function).is_generator,
        ),
    }


def _returned(bound: Bound, names: Mapping[str, Any]) -> Any:
    try:
        return di.signature(bound.declared.function).returns(names)
    except AnnotationError:  # the handler can be called all the same
        return Any


def _ids(told: Iterable[Answered]) -> dict[tuple[str, str], str]:
    return unique({(each.method, each.path.shape): _id_candidates(each) for each in told})


def _id_candidates(each: Answered) -> tuple[str, ...]:
    """From the shortest to the one that is nobody else's."""
    declared = each.bound.declared
    module = declared.function.__module__
    route = "_".join([each.method, *re.findall(r"\w+", each.path.template)])
    return (
        declared.label,
        f"{module.rpartition('.')[2]}.{declared.label}",
        f"{module}.{declared.label}",
        f"{module}.{declared.label}.{route}",
    )


def _tag(each: Answered, info: Info) -> str:
    declared = each.bound.declared
    if info.tags == "prefix":
        return each.path.first
    if declared.owner is not None:
        return declared.owner.__name__
    return declared.function.__module__.rpartition(".")[2].strip("_")


def _tags(told: Iterable[Answered], info: Info) -> list[Schema]:
    """The groups in the order of their first operation, with what their module or class says."""
    texts: dict[str, str] = {}
    for each in told:
        if tag := _tag(each, info):
            texts.setdefault(tag, "" if info.tags == "prefix" else _text_of_group(each))
    return [{"name": tag, **({"description": text} if text else {})} for tag, text in texts.items()]


def _text_of_group(each: Answered) -> str:
    declared = each.bound.declared
    group = declared.owner or sys.modules.get(declared.function.__module__)
    return docstring(None if group is None else group.__doc__).text
