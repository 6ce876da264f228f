from rostra_messaging.envelopes.cloudevents import CloudEventsEnvelope as CloudEventsEnvelope
from rostra_messaging.envelopes.contract import Decoded as Decoded
from rostra_messaging.envelopes.contract import Encoded as Encoded
from rostra_messaging.envelopes.contract import Envelope as Envelope
from rostra_messaging.envelopes.json_envelope import BareJsonEnvelope as BareJsonEnvelope
from rostra_messaging.envelopes.json_envelope import JsonEnvelope as JsonEnvelope
from rostra_messaging.envelopes.named import GROUP as GROUP
from rostra_messaging.envelopes.named import Envelopes as Envelopes
from rostra_messaging.envelopes.named import MakeEnvelope as MakeEnvelope
from rostra_messaging.envelopes.plain import MsgpackEnvelope as MsgpackEnvelope
from rostra_messaging.envelopes.plain import RawEnvelope as RawEnvelope
from rostra_messaging.envelopes.plain import TextEnvelope as TextEnvelope
from rostra_messaging.envelopes.protobuf_envelope import ProtobufEnvelope as ProtobufEnvelope

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
