"""What did the message say? From a parcel to what the handler takes; whatever is wrong is told without its values."""

import inspect
from collections.abc import Callable
from typing import Any, TypeAlias

import attrs

from rostra import documents
from rostra.components import name_of
from rostra.handlers import Bound, Origin, bare
from rostra_messaging.brokers import Parcel
from rostra_messaging.envelopes import Envelope
from rostra_messaging.errors import UndecodableError
from rostra_messaging.messages import Message

Convert: TypeAlias = Callable[[Any], Any]
"""From the data that an envelope read to the type of a payload. Raises UndecodableError."""

_MISSING = "it is missing"
_MOST_FAULTS = 5


def message_of(parcel: Parcel, envelope: Envelope, *, is_redelivered: bool = False) -> Message:
    """The message in a parcel.

    Raises:
        UndecodableError: Its envelope cannot read it.
    """
    decoded = envelope.decode(parcel)
    return Message(
        topic=decoded.topic or parcel.topic,
        body=decoded.data,
        id=decoded.id or parcel.id,
        attributes=parcel.attributes if decoded.attributes is None else decoded.attributes,
        key=parcel.key,
        time=decoded.time or parcel.time,
        attempt=parcel.attempt,
        is_redelivered=is_redelivered,
        first_failure=parcel.first_failure,
        content_type=parcel.content_type,
    )


@attrs.frozen
class Payload:
    """The parameter that takes the payload.

    Args:
        name: Of the parameter.
        convert: Makes what it takes.
    """

    name: str
    convert: Convert


def payload_of(bound: Bound) -> Payload | None:
    """The parameter of a handler, or of a guard, that takes the payload; None if there is none.

    Raises:
        UnreadableTypeError: There is no way to make its type from a message.
    """
    source = next((each for each in bound.from_outside if each.origin is Origin.PAYLOAD), None)
    return None if source is None else Payload(source.name, converter_of(source.annotation))


def converter_of(annotation: Any) -> Convert:
    """What makes this type of the data of a message.

    Raises:
        UnreadableTypeError: There is none.
    """
    kind = bare(annotation)
    if kind in (Any, object, inspect.Parameter.empty):
        return lambda data: data
    if isinstance(getattr(kind, "FromString", None), Callable):  # type: ignore[arg-type]  # protobuf's
        return _of_protobuf(kind)
    documents.check_readable(annotation)

    def convert(data: Any) -> Any:
        if kind is bytes and isinstance(data, bytes):
            return data
        try:
            return documents.read(data, annotation)
        except documents.UNFIT as error:
            reason = _reason(error, annotation)
        raise UndecodableError(reason)

    return convert


def _of_protobuf(kind: Any) -> Convert:
    """Messages of protobuf, which an envelope has read, or has left as the bytes that they are."""

    def convert(data: Any) -> Any:
        if isinstance(data, kind):
            return data
        if isinstance(data, bytes):
            try:
                return kind.FromString(data)
            except Exception:  # noqa: BLE001, S110  (protobuf's DecodeError; its text may have values)
                pass
        raise UndecodableError(f"it is no {name_of(kind)} of protobuf")

    return convert


def _reason(error: Exception, annotation: Any) -> str:
    """What does not fit, by its place; never by its value, since the reason is logged."""
    found = list(documents.faults(error))
    told = [_told(each) for each in found[:_MOST_FAULTS]]
    more = f" and {len(found) - len(told)} more" if len(found) > len(told) else ""
    return f"it is no {name_of(annotation)}: {', '.join(told)}{more}"


def _told(fault: documents.Fault) -> str:
    place = ".".join(map(str, fault.place)) or "all of it"
    if fault.detail == _MISSING:
        return f"{place} is missing"
    expected, comma, _ = fault.detail.partition(", found ")
    return (
        f"{place} is not what was {expected}"
        if comma and expected.startswith("expected ")
        else f"{place} does not fit"
    )
