"""How are messages written? Envelopes: between the data of a message and the bytes that a broker moves.

Few programs need more than one of them, so each is imported when it is asked for; the types stand in the stub next to
this file.
"""

from rostra.doors import on_demand
from rostra_messaging.envelopes.contract import Decoded, Encoded, Envelope
from rostra_messaging.envelopes.named import GROUP, Envelopes, MakeEnvelope

# They come from __getattr__; the stub tells what they are.
# pyright: reportUnsupportedDunderAll=false
__all__ = [
    "GROUP",
    "BareJsonEnvelope",
    "CloudEventsEnvelope",
    "Decoded",
    "Encoded",
    "Envelope",
    "Envelopes",
    "JsonEnvelope",
    "MakeEnvelope",
    "MsgpackEnvelope",
    "ProtobufEnvelope",
    "RawEnvelope",
    "TextEnvelope",
]

_HOMES = {
    "cloudevents": ("CloudEventsEnvelope",),
    "json_envelope": ("BareJsonEnvelope", "JsonEnvelope"),
    "plain": ("MsgpackEnvelope", "RawEnvelope", "TextEnvelope"),
    "protobuf_envelope": ("ProtobufEnvelope",),
}
__getattr__, __dir__ = on_demand(__name__, _HOMES)
