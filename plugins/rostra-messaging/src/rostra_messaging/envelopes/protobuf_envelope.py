"""The envelope in protobuf that services of tomodachi write and read, too: base64 of a message around the payload.

Source: what tomodachi 0.29 sends and takes.
"""

import base64
import zlib
from typing import Any

import attrs

from rostra import documents
from rostra_messaging.brokers import Parcel
from rostra_messaging.envelopes.contract import Decoded, Encoded
from rostra_messaging.envelopes.inflating import MOST_BYTES, inflated, unbase64
from rostra_messaging.envelopes.json_envelope import new_uuid
from rostra_messaging.envelopes.noted import text_of, time_of
from rostra_messaging.envelopes.wire import wire_class
from rostra_messaging.errors import UndecodableError
from rostra_messaging.messages import Message

COMPRESSED_ABOVE = 60_000
"""Bytes of the payload."""

_VERSION = "tomodachi-protobuf-base--1.0.0"
_PLAIN, _COMPRESSED = "proto", "gzip_proto"


@attrs.frozen(kw_only=True)
class ProtobufEnvelope:
    """A message of protobuf in a message of protobuf, with who sent it, when and where; as tomodachi writes it.

    What it reads are the bytes of the payload; the annotation of the handler's parameter says of which class.

    Args:
        service: What the sender is called; empty for nothing.
        service_id: Which of its processes it is.
        most_bytes: How large a payload may become that was sent compressed.
    """

    service: str = ""
    service_id: str = attrs.field(factory=new_uuid)
    most_bytes: int = MOST_BYTES

    content_type = "application/x-protobuf"

    def __attrs_post_init__(self) -> None:
        """Notice now that something is missing.

        Raises:
            ImportError: protobuf is not installed.
        """
        wire_class()

    def encode(self, message: Message) -> Encoded:
        """The message as bytes.

        Raises:
            UnsayableError: Its body is neither a message of protobuf nor bytes of one.
        """
        data = _serialized(message.body)
        is_large = len(data) > COMPRESSED_ABOVE
        wire = wire_class()(data=zlib.compress(data) if is_large else data)
        wire.service.name, wire.service.uuid = self.service, self.service_id
        wire.metadata.message_uuid = message.id
        wire.metadata.protocol_version = _VERSION
        wire.metadata.timestamp = 0.0 if message.time is None else message.time.timestamp()
        wire.metadata.topic = message.topic
        wire.metadata.data_encoding = _COMPRESSED if is_large else _PLAIN
        return Encoded(base64.b64encode(wire.SerializeToString()), message.attributes, self.content_type)

    def decode(self, parcel: Parcel) -> Decoded:
        """The bytes of the payload.

        Raises:
            UndecodableError: It is no such envelope.
        """
        metadata, data = _read(unbase64(parcel.body))
        return Decoded(
            self._data(data, metadata.data_encoding),
            text_of(metadata.message_uuid),
            time_of(metadata.timestamp or None),
            text_of(metadata.topic),
        )

    def _data(self, data: bytes, encoding: str) -> bytes:
        if encoding in (_PLAIN, "raw"):
            return data
        if encoding not in (_COMPRESSED, "base64", "base64_gzip_proto"):
            raise UndecodableError("its data_encoding is none that is known")
        found = unbase64(data) if encoding.startswith("base64") else data
        return found if encoding == "base64" else inflated(found, self.most_bytes)


def _read(content: bytes) -> tuple[Any, bytes]:
    from google.protobuf.message import DecodeError

    try:
        wire = wire_class().FromString(content)
    except DecodeError:
        pass
    else:
        return wire.metadata, wire.data
    raise UndecodableError("what is in base64 is no envelope in protobuf")


def _serialized(body: Any) -> bytes:
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body)
    if hasattr(body, "SerializeToString"):
        return bytes(body.SerializeToString())
    raise documents.UnsayableError(
        f"a body of type {type(body).__qualname__} in the envelope protobuf",
        "that takes messages of protobuf, or their bytes, and nothing else",
        "publish such a message, or say envelope='json'",
    )
