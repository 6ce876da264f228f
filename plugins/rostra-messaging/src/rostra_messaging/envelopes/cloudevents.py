"""CloudEvents 1.0 in JSON: structured, where the body is the whole event, and binary, where it is the data alone.

Both are read, whichever is written. An event's ``type`` is the topic, unless an envelope is told otherwise; ``source`` is
the service. What travels beside a message, the trace say, is an extension attribute, if its name may be one.

Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md, with its JSON format and AMQP binding.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import attrs

from rostra import documents
from rostra_messaging.brokers import Parcel, Value
from rostra_messaging.envelopes.contract import Decoded, Encoded
from rostra_messaging.envelopes.inflating import unbase64
from rostra_messaging.envelopes.json_envelope import json_of
from rostra_messaging.envelopes.noted import text_of, time_of
from rostra_messaging.errors import UndecodableError
from rostra_messaging.messages import Message

_JSON = "application/json"
_STRUCTURED = "application/cloudevents+json"
_BYTES = "application/octet-stream"
_WRITTEN = "cloudEvents_"
_PREFIXES = ("cloudEvents_", "cloudEvents:", "ce_", "ce-")
"""Of attributes in binary mode: of AMQP, which we write, and of Kafka and HTTP, which gateways leave as they are."""
_NAME = re.compile(r"[a-z0-9]{1,20}")
_OWN = frozenset(
    {
        "data",
        "data_base64",
        "datacontenttype",
        "dataschema",
        "id",
        "source",
        "specversion",
        "subject",
        "time",
        "type",
    }
)
_MOST_INTEGER = 2**31


@attrs.frozen(kw_only=True)
class CloudEventsEnvelope:
    """An event as CloudEvents 1.0 has it, with data in JSON; bytes are sent as such.

    Args:
        mode: How it is written. Read are both.
        source: Where events come from: a URI or a part of one.
        type: What happened; None is the topic.
    """

    mode: Literal["structured", "binary"] = "structured"
    source: str = attrs.field(default="rostra", validator=attrs.validators.min_len(1))
    type: str | None = None

    @property
    def content_type(self) -> str:
        """Of what it writes; in binary mode that of data that are not bytes."""
        return _STRUCTURED if self.mode == "structured" else _JSON

    def encode(self, message: Message) -> Encoded:
        """The message as an event.

        Raises:
            UnsayableError: There is something in its body that JSON cannot say.
        """
        context = self._context(message)
        is_bytes = isinstance(message.body, bytes | bytearray | memoryview)
        kind = _BYTES if is_bytes else _JSON
        if self.mode == "binary":
            body = bytes(message.body) if is_bytes else documents.encoded(message.body)
            return Encoded(body, {**message.attributes, **_prefixed(context)}, kind)
        extensions = {name: value for name, value in message.attributes.items() if _is_extension(name, value)}
        data = {"data_base64": _base64(message.body)} if is_bytes else {"data": message.body}
        event: dict[str, Any] = {**context, "datacontenttype": kind, **extensions, **data}
        return Encoded(documents.encoded(event), message.attributes, _STRUCTURED)

    def decode(self, parcel: Parcel) -> Decoded:
        """What the event says: by its content type it is structured; else its attributes, or the body, tell.

        Raises:
            UndecodableError: It is no event.
        """
        context = dict(_unprefixed(parcel.attributes))
        if "specversion" in context and not parcel.content_type.startswith(_STRUCTURED):
            return _of_binary(context, parcel)
        event = json_of(parcel.body, "the body")
        if not isinstance(event, dict):
            raise UndecodableError("the body is no event, which is an object")
        return _read(event, _data_of(event), parcel.attributes)

    def _context(self, message: Message) -> dict[str, Value]:
        time = {} if message.time is None else {"time": message.time.isoformat()}
        return {
            "specversion": "1.0",
            "id": message.id,
            "source": self.source,
            "type": self.type or message.topic,
            **time,
        }


def _of_binary(context: Mapping[str, Any], parcel: Parcel) -> Decoded:
    data = json_of(parcel.body, "the body") if _is_json(parcel.content_type) else parcel.body
    if parcel.content_type.startswith("text/"):
        data = _text(parcel.body)
    return _read(context, data, parcel.attributes)


def _read(event: Mapping[str, Any], data: Any, beside: Mapping[str, Value]) -> Decoded:
    """What an event says.

    Args:
        event: Its attributes.
        data: Its data.
        beside: What travels beside it.

    Raises:
        UndecodableError: It has not all that an event has.
    """
    missing = [name for name in ("id", "source", "specversion", "type") if text_of(event.get(name)) is None]
    if missing:
        raise UndecodableError(f"it is no event of CloudEvents: {', '.join(missing)} should be a text")
    if not event["specversion"].startswith("1."):
        raise UndecodableError("it is an event of CloudEvents, but not of version 1")
    own = {name: value for name, value in beside.items() if _bare(name) is None}
    extensions = {name: value for name, value in event.items() if _is_extension(name, value)}
    return Decoded(data, event["id"], time_of(event.get("time")), None, {**extensions, **own})


def _data_of(event: Mapping[str, Any]) -> Any:
    if "data_base64" not in event:
        return event.get("data")
    if "data" in event:
        raise UndecodableError("an event has data or data_base64, this one has both")
    if not isinstance(event["data_base64"], str):
        raise UndecodableError("data_base64 should be a text")
    data = unbase64(event["data_base64"])
    kind = event.get("datacontenttype", _BYTES)
    return json_of(data, "data_base64") if isinstance(kind, str) and _is_json(kind) else data


def _is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind in ("", _JSON) or kind.endswith("+json")


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        pass
    raise UndecodableError("the body is no text in UTF-8")


def _is_extension(name: str, value: Any) -> bool:
    """Whether it may stand in an event beside what CloudEvents defines: by its name and its type."""
    if name in _OWN or not _NAME.fullmatch(name):
        return False
    if type(value) is int:
        return -_MOST_INTEGER <= value < _MOST_INTEGER
    return type(value) in (str, bool)


def _prefixed(context: Mapping[str, Value]) -> dict[str, Value]:
    return {f"{_WRITTEN}{name}": value for name, value in context.items()}


def _unprefixed(attributes: Mapping[str, Value]) -> Iterator[tuple[str, Value]]:
    return ((bare, value) for name, value in attributes.items() if (bare := _bare(name)) is not None)


def _bare(name: str) -> str | None:
    """What an attribute of an event is called, without its prefix; None if it is none."""
    found = next((prefix for prefix in _PREFIXES if name.startswith(prefix)), None)
    return None if found is None else name[len(found) :]


def _base64(body: bytes | bytearray | memoryview) -> str:
    return base64.b64encode(body).decode()
