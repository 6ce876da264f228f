"""A message as AsyncAPI describes it: what its payload is, and what its envelope makes of that."""

import inspect
from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

from rostra.components import name_of
from rostra.documents import Direction, Schema, Schemas
from rostra.handlers import bare
from rostra_messaging.envelopes import (
    BareJsonEnvelope,
    CloudEventsEnvelope,
    Envelope,
    JsonEnvelope,
    MsgpackEnvelope,
    TextEnvelope,
)
from rostra_messaging.payloads import is_protobuf

METADATA = "EnvelopeMetadata"
COMPONENTS: Mapping[str, Schema] = {
    METADATA: {
        "type": "object",
        "description": "What the envelope tells of a message.",
        "properties": {
            "message_uuid": {"type": "string", "description": "Unique."},
            "timestamp": {"type": "number", "description": "When it was sent, in seconds since 1970."},
            "topic": {"type": "string", "description": "Where it was sent to."},
            "data_encoding": {
                "enum": ["raw", "base64_gzip_json"],
                "description": "The latter where data are compressed; then they are a text.",
            },
        },
        "required": ["data_encoding"],
    }
}
"""Schemas of ours."""
_UNTOLD = (Any, object, inspect.Parameter.empty, None, type(None))


def is_told_nothing(annotation: Any) -> bool:
    """Whether a type says nothing of its values, or that there are none."""
    return any(annotation is each for each in _UNTOLD)


class Told(NamedTuple):
    """A message.

    Args:
        key: Equal for messages that are the same.
        names: What it may be called, the shortest first.
        content: As it stands in the document, with references to schemas.
    """

    key: Hashable
    names: tuple[str, ...]
    content: Schema


def told(annotation: Any, direction: Direction, envelope: Envelope, schemas: Schemas, topic: str) -> Told:
    """The message that has this payload.

    Args:
        annotation: Of the payload.
        direction: Whether the service takes it or sends it.
        envelope: How it is written.
        schemas: Of the document.
        topic: Where; a payload of which nothing is known is called by it.
    """
    is_untold = is_told_nothing(annotation)
    name = topic.replace("*", "any").replace("#", "all") if is_untold else name_of(annotation)
    kind = type(envelope).__name__
    payload = _payload(annotation, direction, envelope, schemas)
    content = {
        "name": name,
        "contentType": envelope.content_type,
        **({} if payload is None else {"payload": payload}),
    }
    key = (topic if is_untold else annotation, direction, envelope.content_type, kind)
    return Told(key, (name, f"{name}.{direction}", f"{name}.{direction}.{kind}"), content)


def _payload(annotation: Any, direction: Direction, envelope: Envelope, schemas: Schemas) -> Schema | None:
    """What stands in the bytes; None where JSON Schema has no words for it."""
    if isinstance(envelope, TextEnvelope):
        return {"type": "string"}
    if is_protobuf(bare(annotation)):
        return None
    data = {} if is_told_nothing(annotation) else schemas.of(annotation, direction)
    if isinstance(envelope, JsonEnvelope):
        return _in_envelope(data)
    if isinstance(envelope, CloudEventsEnvelope) and envelope.mode == "structured":
        return _in_event(data)
    if isinstance(envelope, BareJsonEnvelope | CloudEventsEnvelope | MsgpackEnvelope):
        return data
    return None


def _in_envelope(data: Schema) -> Schema:
    """Of the envelope what a sender needs; it may say more."""
    return {
        "type": "object",
        "properties": {"metadata": {"$ref": f"#/components/schemas/{METADATA}"}, "data": data},
        "required": ["metadata", "data"],
    }


def _in_event(data: Schema) -> Schema:
    text = {"type": "string", "minLength": 1}
    return {
        "type": "object",
        "properties": {
            "specversion": {"const": "1.0"},
            "id": text,
            "source": text,
            "type": text,
            "time": {"type": "string", "format": "date-time"},
            "data": data,
        },
        "required": ["specversion", "id", "source", "type"],
    }
