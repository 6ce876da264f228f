"""What a handler takes from a request: its parameters and its body."""

import inspect
from collections.abc import Mapping

from rostra.describing import docstring
from rostra.documents import Schema, Schemas, hides
from rostra.handlers import Bound, Origin, Source, bare
from rostra_aiohttp.openapi.paths import Path
from rostra_aiohttp.routes import FromBody

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
    schema = schemas.of_text(annotation)
    is_shown = source.parameter.has_default and source.parameter.default is not None and not hides(schema)
    return {**schema, **(schemas.default(source.parameter.default) if is_shown else {})}


def _written(source: Source, place: str) -> str:
    marked = getattr(source.marker, "name", None)
    return marked or (source.name.replace("_", "-") if place == "header" else source.name)


def _content(source: Source, schemas: Schemas) -> Schema:
    from rostra_aiohttp.bodies import FORM, PARTS, body_of

    wanted = source.marker.types if isinstance(source.marker, FromBody) else ()
    types = body_of(source, wanted, is_needed=_is_needed(source), is_optional=source.is_optional).types
    if not types:
        return {"application/octet-stream": {}}
    return {
        each: {
            "schema": schemas.of_form(source.annotation) if each in (FORM, PARTS) else _sent(source, schemas)
        }
        for each in types
    }


def _sent(source: Source, schemas: Schemas) -> Schema:
    schema = schemas.of(source.annotation, "sent")
    has_default = source.parameter.has_default and not hides(schema)
    return {**schema, **(schemas.default(source.parameter.default) if has_default else {})}


def _is_needed(source: Source) -> bool:
    return not source.parameter.has_default and not source.is_optional
