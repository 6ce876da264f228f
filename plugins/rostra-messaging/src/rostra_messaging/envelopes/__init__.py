"""How are messages written? Envelopes: between the data of a message and the bytes that a broker moves.

Few programs need more than one of them, so each is imported when it is asked for; the types stand in the stub next to
this file.
"""

from importlib import import_module

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
    "BareJsonEnvelope": "json_envelope",
    "CloudEventsEnvelope": "cloudevents",
    "JsonEnvelope": "json_envelope",
    "MsgpackEnvelope": "plain",
    "ProtobufEnvelope": "protobuf_envelope",
    "RawEnvelope": "plain",
    "TextEnvelope": "plain",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg, name=name, obj=__import__(__name__))


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
