"""A parcel as AMQP carries it: its properties and headers, and back. Pure.

What rostra says itself stands in headers that begin with ``rostra-``; all of them may be missing, as they are in
messages of others. Attributes are the other headers, one by one.
"""

import datetime as dt
import itertools
import json
import math
import struct
from collections.abc import Mapping
from typing import Any

import attrs
from aiormq.abc import DeliveredMessage
from pamqp.commands import Basic

from rostra_messaging.brokers import DeadLetter, Failure, Parcel, Value

_OURS = "rostra-"
_TOPIC = "rostra-topic"
_KEY = "rostra-key"
_ATTEMPT = "rostra-attempt"
_FIRST_REASON = "rostra-first-failure"
_FIRST_TIME = "rostra-first-failure-time"
_REASON = "rostra-reason"
_TIME = "rostra-time"
_QUEUE = "rostra-queue"
_OFFSET = "x-stream-offset"
_RETURNS = "x-delivery-count"
_EXACT = "rostra-exact"
_LONGEST_NAME_BYTES = 128
MOST_BYTES = 100_000
"""Headers have to fit into one frame, of 131,072 bytes; a longer one would end the connection for everybody."""
_BROKERS_OWN = (
    "x-death",
    "x-first-death-",
    "x-last-death-",
    _RETURNS,
    _OFFSET,
    "x-acquired-count",
)
_PRIORITY = "priority"
_PERSISTENT = 2
_LONGEST_REASON = 1000
_REASONS = {
    "delivery_limit": "it came back unsettled too often: its handlers died, or were cut off from RabbitMQ",
    "maxlen": "its queue was full",
    "expired": "it was not handled in time",
    "rejected": "a consumer rejected it",
}


def properties(parcel: Parcel, client: str, more: Mapping[str, Any] | None = None) -> Basic.Properties:
    """How a parcel is written.

    Args:
        parcel: To be written.
        client: What this process calls itself.
        more: Further headers, of a parcel that was delivered once. Then long names of attributes, which foreign senders may
            have written, are cut, and the longest attributes left out if all are too long: that it goes on counts more.

    Raises:
        ValueError: AMQP cannot carry it; the text says why, without any value.
    """
    attributes = parcel.attributes if more is None else _as_far_as_they_fit(parcel.attributes)
    headers: dict[str, Any] = {**_headers(attributes), **(more or {})}
    if parcel.key is not None:
        headers[_KEY] = parcel.key
    if parcel.attempt > 1:
        headers[_ATTEMPT] = parcel.attempt
    if parcel.first_failure is not None:
        headers[_FIRST_REASON] = parcel.first_failure.reason[:_LONGEST_REASON]
        headers[_FIRST_TIME] = parcel.first_failure.time.isoformat()
    priority = headers.get(_PRIORITY)
    return Basic.Properties(
        content_type=parcel.content_type,
        headers=headers,
        delivery_mode=_PERSISTENT,
        message_id=parcel.id,
        timestamp=parcel.time,
        app_id=client,
        priority=priority if isinstance(priority, int) and 0 <= priority <= 255 else None,  # noqa: PLR2004  (an octet)
    )


def on_its_way_back(parcel: Parcel) -> dict[str, Any]:
    """Headers for a parcel that goes to a queue by the queue's name, which takes the place of its topic."""
    return {_TOPIC: parcel.topic}


def buried(parcel: Parcel, failure: Failure, queue: str) -> dict[str, Any]:
    """Headers for a parcel that goes to the dead queue of ``queue``, a name on the wire."""
    return {
        _TOPIC: parcel.topic,
        _ATTEMPT: parcel.attempt,
        _REASON: failure.reason[:_LONGEST_REASON],
        _TIME: failure.time.isoformat(),
        _QUEUE: queue,
    }


def parcel(message: DeliveredMessage, prefix: str) -> Parcel:
    """What was delivered, whoever wrote it."""
    found = message.header.properties
    headers: Mapping[str, Any] = found.headers or {}
    topic = headers.get(_TOPIC) if headers else None
    attributes = attributes_of(headers) if headers else {}
    if found.correlation_id and "correlation_id" not in attributes:
        attributes["correlation_id"] = found.correlation_id
    return Parcel(
        id=found.message_id or "",
        topic=topic if isinstance(topic, str) else (message.routing_key or "").removeprefix(prefix),
        body=message.body,
        attributes=attributes,
        content_type=found.content_type or "",
        key=_text(headers.get(_KEY)),
        time=found.timestamp,
        attempt=_number(headers.get(_ATTEMPT)),
        first_failure=_failure(headers.get(_FIRST_REASON), headers.get(_FIRST_TIME)),
    )


def dead_letter(message: DeliveredMessage, prefix: str, queue: str) -> DeadLetter:
    """What lies in a dead queue: put there by rostra, or by RabbitMQ itself."""
    found = parcel(message, prefix)
    headers: Mapping[str, Any] = message.header.properties.headers or {}
    if (failure := _failure(headers.get(_REASON), headers.get(_TIME))) is not None:
        return DeadLetter(parcel=found, reason=failure.reason, time=failure.time, queue=queue)
    death = _death(headers)
    keys = death.get("routing-keys")
    if _TOPIC not in headers and isinstance(keys, list) and keys:
        found = attrs.evolve(found, topic=_topic(keys[0]).removeprefix(prefix))
    time = death.get("time")
    return DeadLetter(
        parcel=found,
        reason=_REASONS.get(str(death.get("reason")), "somebody else put it here"),
        time=time if isinstance(time, dt.datetime) else None,
        queue=queue,
    )


def offset(message: DeliveredMessage) -> int | None:
    """Where in its stream it stands; None if it came from a queue."""
    found = (message.header.properties.headers or {}).get(_OFFSET)
    return found if isinstance(found, int) else None


def returns(message: DeliveredMessage) -> int:
    """How often it came back unsettled, as far as RabbitMQ counts that: for quorum queues."""
    found = (message.header.properties.headers or {}).get(_RETURNS) if message.redelivered else None
    return found if isinstance(found, int) else 0


def home(message: DeliveredMessage) -> str | None:
    """The queue, by its name on the wire, in which a dead letter was handled; None if it does not say."""
    return _text((message.header.properties.headers or {}).get(_QUEUE))


def attributes_of(headers: Mapping[str, Any]) -> dict[str, Value]:
    """What a sender wrote beside the body, without what rostra and RabbitMQ add."""
    attributes = {
        name: _plain(value)
        for name, value in headers.items()
        if not name.startswith(_OURS) and not name.startswith(_BROKERS_OWN)
    }
    exact = headers.get(_EXACT)
    if isinstance(exact, dict):
        attributes |= {
            name: float(text) for name, text in exact.items() if name in attributes and _is_float(text)
        }
    return attributes


def _headers(attributes: Mapping[str, Value]) -> dict[str, Any]:
    """Attributes as pamqp takes them.

    It writes floats with 32 bits, so the others stand beside them as text. RabbitMQ ends a connection over which a header
    comes that is no finite number.
    """
    headers: dict[str, Any] = {}
    exact: dict[str, str] = {}
    for name, value in attributes.items():
        if len(name.encode()) > _LONGEST_NAME_BYTES:
            raise ValueError(f"the name of an attribute is longer than {_LONGEST_NAME_BYTES} bytes")
        if isinstance(value, bytes):
            headers[name] = bytearray(value)
        elif isinstance(value, float) and ((short := _short(value)) != value or not math.isfinite(value)):
            headers[name], exact[name] = (short if math.isfinite(short) else repr(value)), repr(value)
        else:
            headers[name] = value
    return headers | ({_EXACT: exact} if exact else {})


def size_bytes(name: str, value: Any) -> int:
    """Roughly, and rather too much, what a header takes.

    Raises:
        ValueError: It has half a character in it.
    """
    return len(name.encode()) + len(value.encode() if isinstance(value, str) else str(value)) + 8


def _as_far_as_they_fit(attributes: Mapping[str, Value]) -> Mapping[str, Value]:
    sizes = {name: size_bytes(name, value) for name, value in attributes.items()}
    fit = {
        name
        for name, so_far in zip(
            sorted(sizes, key=sizes.__getitem__), itertools.accumulate(sorted(sizes.values())), strict=True
        )
        if so_far < MOST_BYTES
    }
    return {
        name.encode()[:_LONGEST_NAME_BYTES].decode(errors="ignore"): value
        for name, value in attributes.items()
        if name in fit
    }


def _short(value: float) -> float:
    """The nearest number of 32 bits."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


def _is_float(text: Any) -> bool:
    try:
        float(text)
    except (TypeError, ValueError):
        return False
    return True


def _plain(value: Any) -> Value:
    """AMQP knows tables, lists, times and decimals, too; as attributes they are JSON text, or their own."""
    if value is None or isinstance(value, (str, bytes, int, float)):
        return value
    if isinstance(value, bytearray):
        return bytes(value)
    return json.dumps(value, default=str) if isinstance(value, (dict, list)) else str(value)


def _death(headers: Mapping[str, Any]) -> Mapping[str, Any]:
    """What RabbitMQ noted when it moved a message by itself (its header x-death), if it did."""
    deaths = headers.get("x-death")
    return deaths[0] if isinstance(deaths, list) and deaths and isinstance(deaths[0], dict) else {}


def _topic(key: Any) -> str:
    """What is no UTF-8 comes as bytes."""
    return key.decode("ascii", "replace").replace("\ufffd", "?") if isinstance(key, bytes) else str(key)


def _failure(reason: Any, time: Any) -> Failure | None:
    if not isinstance(reason, str):
        return None
    try:
        return Failure(reason, dt.datetime.fromisoformat(time))
    except (TypeError, ValueError):
        return None


def _number(value: Any) -> int:
    """A foreign sender may write anything."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 1


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
