"""JSON Schema (draft 2020-12) of the types of handlers, with classes described once, in the components.

A class may be another thing in a request than in an answer: what has a default may be left out of the one and always
stands in the other. Where that makes a difference, the first is a component of its own, ``OrderInput``.

Source: https://json-schema.org/draft/2020-12/json-schema-validation
"""

import enum
import json
import typing
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from types import NoneType
from typing import Annotated, Any, NewType, TypeAlias

from rostra.components import name_of
from rostra.config import Secret
from rostra.describing import documented, metadata_constraints
from rostra.documents.bounds import metadata_of
from rostra.documents.fields import NOTHING, Field, fields, is_closed, is_tuple, tag
from rostra.documents.naming import unique
from rostra.documents.opaqueness import opaque_of
from rostra.documents.schema_scalars import Direction, Schema, choice, scalar
from rostra.documents.writing import encoded
from rostra.handlers import bare, union_members

REF = "$ref"
_BASE = "#/components/schemas/"

Key: TypeAlias = tuple[Any, Direction]


class Reference:
    """Stands for the name of a component as long as that is not known.

    Args:
        kind: What is described there.
        direction: How its values travel.
    """

    __slots__ = ("direction", "kind")

    def __init__(self, kind: Any, direction: Direction) -> None:
        self.kind = kind
        self.direction: Direction = direction

    @property
    def key(self) -> Key:
        """By which it is known; types that are equal are one."""
        return self.kind, self.direction


class Schemas:
    """The schemas of one document."""

    def __init__(self) -> None:
        self.made: dict[Key, Schema] = {}

    def of(self, annotation: Any, direction: Direction) -> Schema:
        """The schema of the values of a type; an empty one, which takes anything, where nothing is known of them."""
        if typing.get_origin(annotation) is Annotated:
            inside, *metadata = typing.get_args(annotation)
            schema = _within(self.of(inside, direction), _of_metadata(metadata, bare(inside)))
            return _unshown(schema) if hides(schema) else schema
        if isinstance(annotation, NewType):
            return self.of(annotation.__supertype__, direction)
        if _is_secret(annotation):
            return self._of_secret(annotation, direction)
        if union := _members(annotation):
            return self._of_union(union, direction)
        if _is_named(annotation):
            return self._reference(annotation, direction)
        return self._plain(annotation, direction)

    def of_text(self, annotation: Any) -> Schema:
        """The schema of what one name stands for in a query, a header or a form: a text, or several in a row."""
        inside = bare(annotation)
        origin = typing.get_origin(inside) or inside
        if isinstance(origin, type) and issubclass(origin, (list, tuple, set, frozenset)):
            item = (typing.get_args(inside) or (str,))[0]
            bounds = _of_metadata(metadata_of(annotation), origin)
            return {"type": "array", "items": self.of(item, "text"), **bounds}
        return self.of(annotation, "text")

    def of_form(self, annotation: Any) -> Schema:
        """The schema of a form: no component, as its members are texts, and files."""
        kind = bare(annotation)
        members = [each for each in fields(kind) or () if each.is_sent]
        if not members:
            return {"type": "object"}
        needed = [each.name for each in members if each.is_needed]
        return {
            "type": "object",
            "properties": {each.name: self._of_form_field(each) for each in members},
            **({"required": needed} if needed else {}),
        }

    def _of_form_field(self, field: Field) -> Schema:
        schema = {**self.of_text(field.annotation), **field.bounds}
        is_shown = field.default is not None and not hides(schema)
        about = {"description": field.text} if field.text else {}
        return {**schema, **about, **(self.default(field.default) if is_shown else {})}

    def default(self, value: Any) -> Schema:
        """A default as JSON says it; nothing if JSON cannot, or if there is something secret in it."""
        if value is NOTHING or value is None:
            return {} if value is NOTHING else {"default": None}
        try:
            return {"default": json.loads(encoded(value))}
        except (TypeError, ValueError):
            return {}

    def _plain(self, kind: Any, direction: Direction) -> Schema:
        if (ready := opaque_of(kind)) is not None:
            return dict(ready.schema)
        if (chosen := choice(kind)) is not None:
            return chosen
        if (found := scalar(kind, direction)) is not None:
            return found
        origin = typing.get_origin(kind) or kind
        if not isinstance(origin, type):
            return {}
        if issubclass(origin, Mapping):
            return self._of_mapping(kind, direction)
        if issubclass(origin, Collection):
            return self._of_sequence(kind, origin, direction)
        return {}

    def _of_union(self, members: tuple[Any, ...], direction: Direction) -> Schema:
        kept = [each for each in members if each is not NoneType or direction != "text"]
        schemas = []
        for each in kept:
            schema = self.of(each, direction)
            if schema not in schemas:
                schemas.append(schema)
        if len(schemas) == 1:
            return schemas[0]
        if {} in schemas:
            return {}
        nullable = [each for each in schemas if each != {"type": "null"}]
        if len(nullable) == 1 and len(schemas) > 1 and isinstance(nullable[0].get("type"), str):
            return _or_null(nullable[0])
        return {"anyOf": schemas}

    def _of_mapping(self, kind: Any, direction: Direction) -> Schema:
        of_key, of_value = typing.get_args(kind) or (Any, Any)
        names = self.of(of_key, "text")
        values = self.of(of_value, direction)
        return {
            "type": "object",
            **({"propertyNames": names} if _says_more_than_text(names) else {}),
            **({"additionalProperties": values} if values else {}),
        }

    def _of_sequence(self, kind: Any, origin: type, direction: Direction) -> Schema:
        parts = typing.get_args(kind)
        if issubclass(origin, tuple) and parts and parts[-1] is not Ellipsis:
            return _of_items([self.of(each, direction) for each in parts], len(parts))
        items = self.of(parts[0], direction) if parts else {}
        is_unique = issubclass(origin, AbstractSet) and direction == "answered"
        return {
            "type": "array",
            **({"items": items} if items else {}),
            **({"uniqueItems": True} if is_unique else {}),
        }

    def _of_secret(self, annotation: Any, direction: Direction) -> Schema:
        inside = (typing.get_args(annotation) or (str,))[0]
        kept = _unshown(self.of(inside, direction))
        return {**kept, **({"format": "password"} if kept.get("type") == "string" else {}), "writeOnly": True}

    def _reference(self, kind: Any, direction: Direction) -> Schema:
        reference = Reference(kind, direction)
        if reference.key not in self.made:
            self.made[reference.key] = {}  # known, also while it is being made
            self.made[reference.key] = self._definition(kind, direction)
        return {REF: reference}

    def _definition(self, kind: Any, direction: Direction) -> Schema:
        if hasattr(kind, "__value__"):
            return self.of(kind.__value__, direction)
        text = documented(typing.get_origin(kind) or kind)
        said = {"description": text.text} if text.text else {}
        if (chosen := choice(kind)) is not None:
            listed = [f"- `{each.value}`: {text.attributes.get(each.name, '')}" for each in kind]
            explained = "\n".join(each for each in listed if not each.endswith(": "))
            parts = "\n\n".join(filter(None, [text.text, explained]))
            return {**chosen, **({"description": parts} if parts else {})}
        members = [each for each in fields(kind) or () if _travels(each, direction)]
        if is_tuple(kind):
            least = sum(each.is_needed for each in members) if direction != "answered" else len(members)
            return {**_of_items([self._of_field(each, direction) for each in members], least), **said}
        return {**self._of_object(kind, members, direction), **said}

    def _of_object(self, kind: Any, members: list[Field], direction: Direction) -> Schema:
        properties = {each.name: self._of_field(each, direction) for each in members}
        needed = [
            each.name for each in members if (each.is_answered if direction == "answered" else each.is_needed)
        ]
        if (tagged := tag(kind)) is not None:
            properties = {tagged[0]: {"const": tagged[1]}, **properties}
            needed.insert(0, tagged[0])
        return {
            "type": "object",
            "properties": properties,
            **({"required": needed} if needed else {}),
            **({"additionalProperties": False} if is_closed(kind) and direction != "answered" else {}),
        }

    def _of_field(self, field: Field, direction: Direction) -> Schema:
        schema = _within(self.of(field.annotation, direction), field.bounds)
        values = field.bounds.get("enum", [None])
        if NoneType in _members(field.annotation) and None not in values:
            schema["enum"] = [*values, None]
        if field.text:
            schema["description"] = field.text
        if direction != "answered" and not hides(schema):
            schema |= self.default(field.default)
        return schema


def finished(
    document: Any, schemas: Schemas, reserved: Mapping[str, Schema]
) -> tuple[Any, dict[str, Schema]]:
    """The same with names in place of references, and the components that they name.

    Args:
        document: Anything with the schemas in it.
        schemas: Where they come from.
        reserved: Components of ours, whose names nobody else gets.
    """
    apart = _apart(schemas.made)
    kinds = dict.fromkeys(kind for kind, _ in schemas.made)
    taken = list(reserved)
    names = unique({kind: _candidates(kind) for kind in kinds}, taken)
    inputs = unique({kind: (f"{names[kind]}Input",) for kind in apart}, [*taken, *names.values()])

    def name(key: Key) -> str:
        kind, direction = key
        return inputs[kind] if kind in apart and direction != "answered" else names[kind]

    def named(part: Any) -> Any:
        if isinstance(part, Reference):
            return f"{_BASE}{name(part.key)}"
        if isinstance(part, dict):
            return {key: named(value) for key, value in part.items()}
        return [named(each) for each in part] if isinstance(part, list) else part

    made = {name(key): named(schema) for key, schema in schemas.made.items()}
    return named(document), {**dict(sorted(made.items())), **reserved}


def hides(schema: Any) -> bool:
    """Whether there is a secret in what a schema describes; of components it does not know."""
    if isinstance(schema, dict):
        return bool(schema.get("writeOnly")) or any(map(hides, schema.values()))
    return isinstance(schema, list) and any(map(hides, schema))


def _unshown(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key not in ("default", "enum", "examples")}


def _says_more_than_text(schema: Schema) -> bool:
    return REF in schema or (schema.get("type") == "string" and len(schema) > 1)


def _apart(made: Mapping[Key, Schema]) -> set[Any]:
    """The types that are one thing in a request and another in an answer, or have such a thing in them."""
    both = {kind for kind, direction in made if direction == "answered" and (kind, "sent") in made}
    apart: set[Any] = set()

    def neutral(part: Any) -> Any:
        if isinstance(part, Reference):
            return (part.kind, part.direction if part.kind in apart else "")
        if isinstance(part, dict):
            return {key: neutral(value) for key, value in part.items()}
        return [neutral(each) for each in part] if isinstance(part, list) else part

    while True:
        more = {
            kind for kind in both - apart if neutral(made[kind, "sent"]) != neutral(made[kind, "answered"])
        }
        if not more:
            return apart
        apart |= more


def _candidates(kind: Any) -> tuple[str, str, str]:
    cls = typing.get_origin(kind) or kind
    module = str(getattr(cls, "__module__", ""))
    name = name_of(kind)
    return name, f"{module.rpartition('.')[2]}.{name}", f"{module}.{name}"


def _within(schema: Schema, bounds: Mapping[str, Any]) -> Schema:
    """The values of a schema, within bounds. Lengths are those of bytes, where it counts the characters that say them."""
    if schema.get("contentEncoding") != "base64":
        return {**schema, **bounds}
    lengths: Schema = {
        name: 4 * -(-bounds[name] // 3) for name in ("minLength", "maxLength") if name in bounds
    }
    return {**schema, **bounds, **lengths}


def _of_metadata(metadata: list[Any], kind: Any) -> Schema:
    """What stands beside a type in ``Annotated``: bounds, and what msgspec's and typing's own words say of it."""
    made: Schema = {}
    for each in union_members(kind) or (kind,):
        made |= metadata_constraints(metadata, typing.get_origin(inside := bare(each)) or inside)
    for each in metadata:
        for name, keyword in (
            ("title", "title"),
            ("description", "description"),
            ("documentation", "description"),
        ):
            if isinstance(said := getattr(each, name, None), str) and not isinstance(each, str):
                made[keyword] = said
        if isinstance(examples := getattr(each, "examples", None), list):
            made["examples"] = examples
        made |= getattr(each, "extra_json_schema", None) or {}
    return made


def _of_items(items: list[Schema], least: int) -> Schema:
    return {"type": "array", "prefixItems": items, "minItems": least, "maxItems": len(items)}


def _or_null(schema: Schema) -> Schema:
    made = {**schema, "type": [schema["type"], "null"]}
    if "enum" in made:
        made["enum"] = [*made["enum"], None]
    if "const" in made:
        made["enum"] = [made.pop("const"), None]
    return made


def _travels(field: Field, direction: Direction) -> bool:
    return field.is_answered is not None if direction == "answered" else field.is_sent


def _members(annotation: Any) -> tuple[Any, ...]:
    """All members of a union, None included; nothing for other types."""
    return typing.get_args(annotation) if union_members(annotation) else ()


def _is_secret(annotation: Any) -> bool:
    return (typing.get_origin(annotation) or annotation) is Secret


def _is_named(annotation: Any) -> bool:
    """Whether it gets a component of its own: classes with members, enums, and aliases of the ``type`` statement."""
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return True
    return hasattr(annotation, "__value__") or fields(annotation) is not None
