"""What a handler takes from a request: its parameters and its body."""

import inspect
import typing
from collections.abc import Mapping
from typing import Any

from rostra.describing import docstring
from rostra.handlers import Bound, Origin, Source, bare
from rostra_aiohttp.openapi.paths import Path
from rostra_aiohttp.openapi.scalars import Schema
from rostra_aiohttp.openapi.schemas import Schemas, hides

_PLACES = ("path", "query", "header", "cookie")


def parameters(bound: Bound, path: Path, names: Mapping[str, str], schemas: Schemas) -> list[Schema]:
    """What comes as text, in the order in which the handler takes it.

    Args:
        bound: The handler.
        path: Of its route.
        names: What those in the path are called in the document.
        schemas: Of the document.
    """
    texts = docstring(bound.declared.function.__doc__).attributes
    return [
        _parameter(source, place, path, names, texts, schemas)
        for source in bound.from_outside
        if (place := bound.giver(source)) in _PLACES
    ]


def body(bound: Bound, schemas: Schemas) -> Schema | None:
    """What comes as the body; None if the handler takes none."""
    source = next((each for each in bound.from_outside if each.origin is Origin.PAYLOAD), None)
    if source is None:
        return None
    text = docstring(bound.declared.function.__doc__).attributes.get(source.name, "")
    return {
        **({"description": text} if text else {}),
        "content": _content(source, schemas),
        "required": _is_needed(source),
    }


def has_input(bound: Bound) -> bool:
    """Whether a request may fail to fit: a text in the path always fits."""
    return any(
        source.origin is not Origin.PATH or bare(source.annotation) not in (str, inspect.Parameter.empty)
        for source in bound.from_outside
    )


def _parameter(
    source: Source,
    place: str,
    path: Path,
    names: Mapping[str, str],
    texts: Mapping[str, str],
    schemas: Schemas,
) -> Schema:
    schema = _of_text(source, schemas)
    text = texts.get(source.name) or schema.pop("description", "")
    if place == "path" and (pattern := path.patterns.get(source.name)) and schema.get("type") == "string":
        schema = {"pattern": f"^(?:{pattern})$", **schema}
    return {
        "name": names[source.name] if place == "path" else _written(source, place),
        "in": place,
        **({"description": text} if text else {}),
        **({"required": True} if place == "path" or _is_needed(source) else {}),
        "schema": schema,
    }


def _of_text(source: Source, schemas: Schemas) -> Schema:
    annotation = str if source.annotation is inspect.Parameter.empty else source.annotation
    item = _item(annotation)
    schema = schemas.of(annotation, "text") if item is None else _listed(item, schemas)
    is_shown = source.parameter.has_default and source.parameter.default is not None and not hides(schema)
    return {**schema, **(schemas.default(source.parameter.default) if is_shown else {})}


def _listed(item: Any, schemas: Schemas) -> Schema:
    return {"type": "array", "items": schemas.of(item, "text")}


def _item(annotation: Any) -> Any | None:
    """The type of the items, if several texts may come."""
    inside = bare(annotation)
    origin = typing.get_origin(inside) or inside
    if not isinstance(origin, type) or not issubclass(origin, (list, tuple, set, frozenset)):
        return None
    return (typing.get_args(inside) or (str,))[0]


def _written(source: Source, place: str) -> str:
    marked = getattr(source.marker, "name", None)
    return marked or (source.name.replace("_", "-") if place == "header" else source.name)


def _content(source: Source, schemas: Schemas) -> Schema:
    if bare(source.annotation) is bytes:
        return {"application/octet-stream": {}}
    schema = schemas.of(source.annotation, "sent")
    has_default = source.parameter.has_default and not hides(schema)
    default = schemas.default(source.parameter.default) if has_default else {}
    return {"application/json": {"schema": {**schema, **default}}}


def _is_needed(source: Source) -> bool:
    return not source.parameter.has_default and not source.is_optional
