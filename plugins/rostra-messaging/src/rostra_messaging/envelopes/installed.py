"""Our own envelopes as settings name them: made once per stage, each imported when it is asked for first."""

from rostra_messaging.envelopes.contract import Envelope
from rostra_messaging.settings import MessagingConfig


def json(settings: MessagingConfig) -> Envelope:
    """Data in JSON with who sent them, as tomodachi writes it."""
    from rostra_messaging.envelopes.json_envelope import JsonEnvelope

    return JsonEnvelope(service=settings.service, most_bytes=settings.most_decompressed)


def bare_json(_: MessagingConfig) -> Envelope:
    """Data in JSON and nothing else."""
    from rostra_messaging.envelopes.json_envelope import BareJsonEnvelope

    return BareJsonEnvelope()


def protobuf(settings: MessagingConfig) -> Envelope:
    """Messages of protobuf with who sent them, as tomodachi writes it."""
    from rostra_messaging.envelopes.protobuf_envelope import ProtobufEnvelope

    return ProtobufEnvelope(service=settings.service, most_bytes=settings.most_decompressed)


def msgpack(_: MessagingConfig) -> Envelope:
    """Data in MessagePack and nothing else."""
    from rostra_messaging.envelopes.plain import MsgpackEnvelope

    return MsgpackEnvelope()


def text(_: MessagingConfig) -> Envelope:
    """A text and nothing else."""
    from rostra_messaging.envelopes.plain import TextEnvelope

    return TextEnvelope()


def raw(_: MessagingConfig) -> Envelope:
    """Bytes and nothing else."""
    from rostra_messaging.envelopes.plain import RawEnvelope

    return RawEnvelope()


def cloudevents(settings: MessagingConfig) -> Envelope:
    """Events of CloudEvents, in one piece."""
    from rostra_messaging.envelopes.cloudevents import CloudEventsEnvelope

    return CloudEventsEnvelope(source=settings.service or "rostra")


def cloudevents_binary(settings: MessagingConfig) -> Envelope:
    """Events of CloudEvents, with their attributes beside their data."""
    from rostra_messaging.envelopes.cloudevents import CloudEventsEnvelope

    return CloudEventsEnvelope(mode="binary", source=settings.service or "rostra")
