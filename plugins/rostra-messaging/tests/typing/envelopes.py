"""What type checkers know of envelopes: ours are some, and so is an object of somebody's own."""

from typing import assert_type

from rostra_messaging import Decoded, Encoded, Envelope, Message, Parcel, subscribe
from rostra_messaging.envelopes import (
    BareJsonEnvelope,
    CloudEventsEnvelope,
    JsonEnvelope,
    MsgpackEnvelope,
    ProtobufEnvelope,
    RawEnvelope,
    TextEnvelope,
)


class Shouting:
    """One of somebody's own."""

    content_type = "text/plain"

    def encode(self, message: Message) -> Encoded:
        """In capitals."""
        return Encoded(str(message.body).upper().encode(), message.attributes, self.content_type)

    def decode(self, parcel: Parcel) -> Decoded:
        """As it is."""
        return Decoded(parcel.body.decode(errors="replace"))


ENVELOPES: tuple[Envelope, ...] = (
    JsonEnvelope(service="shop"),
    BareJsonEnvelope(),
    CloudEventsEnvelope(mode="binary"),
    MsgpackEnvelope(),
    ProtobufEnvelope(),
    RawEnvelope(),
    TextEnvelope(),
    Shouting(),
)


@subscribe("notes", envelope=Shouting())
async def note(text: str) -> None:
    """Take one."""


for envelope in ENVELOPES:
    assert_type(envelope.content_type, str)
    body = b"tea" if isinstance(envelope, RawEnvelope | ProtobufEnvelope) else "tea"
    encoded = envelope.encode(Message(topic="t", body=body))
    assert_type(encoded, Encoded)
    parcel = Parcel(
        id="1", topic="t", body=encoded.body, attributes=encoded.attributes, content_type=encoded.content_type
    )
    assert_type(envelope.decode(parcel), Decoded)
