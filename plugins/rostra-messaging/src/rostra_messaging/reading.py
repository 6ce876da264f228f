"""What did the message say? From a parcel to a message, and which parameter takes its payload."""

import attrs

from rostra.handlers import Bound, Origin
from rostra_messaging.brokers import Parcel
from rostra_messaging.envelopes import Envelope
from rostra_messaging.messages import Message
from rostra_messaging.payloads import ReadPayload, reader_of


def message_of(parcel: Parcel, envelope: Envelope, *, is_redelivered: bool = False) -> Message:
    """The message in a parcel; what a handler does to its attributes is seen by nobody else.

    Raises:
        UndecodableError: Its envelope cannot read it.
    """
    decoded = envelope.decode(parcel)
    return Message(
        topic=decoded.topic or parcel.topic,
        body=decoded.data,
        id=decoded.id or parcel.id,
        attributes={**parcel.attributes} if decoded.attributes is None else decoded.attributes,
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
    convert: ReadPayload


def payload_of(bound: Bound) -> Payload | None:
    """The parameter of a handler, or of a guard, that takes the payload; None if there is none.

    Raises:
        UnreadableTypeError: There is no way to make its type from a message.
    """
    source = next((each for each in bound.from_outside if each.origin is Origin.PAYLOAD), None)
    return None if source is None else Payload(source.name, reader_of(source.annotation))
