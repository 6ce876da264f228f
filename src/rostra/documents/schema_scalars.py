"""What JSON Schema says of single values: as a client sends them in JSON, as a text, and as the service answers.

The three differ: a duration may be sent as ``1m30s``, in a header it is nothing else, and it is answered in seconds.
"""

import datetime as dt
import enum
import typing
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from pathlib import PurePath
from types import NoneType
from typing import Any, Literal, TypeAlias
from uuid import UUID

from rostra.config import Bytes, Duration

Schema: TypeAlias = dict[str, Any]
Direction: TypeAlias = Literal["sent", "text", "answered"]
"""How a value travels: in the JSON of a request, in its path, query or headers, in an answer."""

_NUMBER = r"[0-9]+(\.[0-9]+)?"
_TEXT: Schema = {"type": "string"}
_SPAN: Schema = {
    "type": "string",
    "pattern": rf"^({_NUMBER}|(?=[0-9])({_NUMBER}w)?({_NUMBER}d)?({_NUMBER}h)?({_NUMBER}m)?({_NUMBER}s)?)$",
    "examples": ["1m30s"],
}
_SIZE: Schema = {
    "type": "string",
    "pattern": rf"^{_NUMBER}([bB]|[kKmMgG][iI]?[bB])?$",
    "examples": ["10MiB"],
}
_SECONDS: Schema = {"type": "number", "minimum": 0}
_COUNT: Schema = {"type": "integer", "minimum": 0}


def _either(*schemas: Schema) -> Schema:
    return {"anyOf": list(schemas)}


def _same(schema: Schema) -> tuple[Schema, Schema, Schema]:
    return schema, schema, schema


_DECIMAL: Schema = {"type": "string", "format": "decimal"}
_BASE64: Schema = {"type": "string", "contentEncoding": "base64"}

_SCALARS: tuple[tuple[type, tuple[Schema, Schema, Schema]], ...] = (
    (bool, _same({"type": "boolean"})),
    (Bytes, (_either(_COUNT, _SIZE), _SIZE, _COUNT)),
    (Duration, (_either(_SECONDS, _SPAN), _SPAN, _SECONDS)),
    (int, _same({"type": "integer"})),
    (float, _same({"type": "number"})),
    (str, _same(_TEXT)),
    (bytes, (_BASE64, _TEXT, _BASE64)),
    (Decimal, (_either({"type": "number"}, _DECIMAL), {"type": "number"}, _DECIMAL)),
    (dt.datetime, _same({"type": "string", "format": "date-time"})),
    (dt.date, _same({"type": "string", "format": "date"})),
    (dt.time, _same({"type": "string", "format": "time"})),
    (dt.timedelta, (_SPAN, _SPAN, {"type": "string", "format": "duration"})),
    (UUID, _same({"type": "string", "format": "uuid"})),
    (PurePath, _same(_TEXT)),
    (IPv4Address, _same({"type": "string", "format": "ipv4"})),
    (IPv6Address, _same({"type": "string", "format": "ipv6"})),
    (NoneType, _same({"type": "null"})),
)
"""As they are sent, written as a text, and answered. A subclass stands before what it descends from."""
_PLACES: dict[Direction, int] = {"sent": 0, "text": 1, "answered": 2}


def scalar(kind: Any, direction: Direction) -> Schema | None:
    """The schema of a class of single values; None if it is none."""
    if not isinstance(kind, type):
        return None
    found = next((schemas for known, schemas in _SCALARS if issubclass(kind, known)), None)
    return None if found is None else dict(found[_PLACES[direction]])


def choice(kind: Any) -> Schema | None:
    """The schema of an enum or of ``Literal``; None if it is neither."""
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return _of_values([member.value for member in kind])
    if typing.get_origin(kind) is Literal:
        options = typing.get_args(kind)
        return _of_values([option.value if isinstance(option, enum.Enum) else option for option in options])
    return None


def _of_values(values: list[Any]) -> Schema:
    kinds = {type(value) for value in values}
    plain = scalar(kinds.pop(), "answered") if len(kinds) == 1 else None
    named = {"type": plain["type"]} if plain else {}
    return {**named, "const": values[0]} if len(values) == 1 else {**named, "enum": values}
