"""The envelope in JSON that services of tomodachi write and read, too; the default.

An object with ``service``, ``metadata`` and ``data``. Data whose JSON has 60,000 characters or more are compressed:
base64 of a stream of zlib, which the format calls ``base64_gzip_json``.

Source: what tomodachi 0.29 sends and takes.
"""

import base64
import uuid
import zlib
from typing import Any

import attrs
import msgspec

from rostra import documents
from rostra_messaging.brokers import Parcel
from rostra_messaging.envelopes.contract import Decoded, Encoded
from rostra_messaging.envelopes.inflating import MOST_BYTES, inflated, unbase64
from rostra_messaging.envelopes.noted import text_of, time_of
from rostra_messaging.errors import UndecodableError
from rostra_messaging.messages import Message

COMPRESSED_FROM = 60_000
"""Characters of JSON."""

_VERSION = "tomodachi-json-base--1.0.0"
_COMPATIBLE = ("json_base-wip",)
_RAW, _COMPRESSED = "raw", "base64_gzip_json"
_encode = msgspec.json.Encoder().encode


def new_uuid() -> str:
    """Of a service that runs."""
    return str(uuid.uuid4())


@attrs.frozen(kw_only=True)
class JsonEnvelope:
    """Data in JSON, with who sent them, when and where; as tomodachi writes it.

    Args:
        service: What the sender is called; empty for nothing.
        service_id: Which of its processes it is.
        most_bytes: How large data may become that were sent compressed.
    """

    service: str = ""
    service_id: str = attrs.field(factory=new_uuid)
    most_bytes: int = MOST_BYTES
    _sender: bytes = attrs.field(
        init=False,
        repr=False,
        eq=False,
        default=attrs.Factory(
            lambda self: _encode({"name": self.service or None, "uuid": self.service_id}), takes_self=True
        ),
    )

    content_type = "application/json"

    def encode(self, message: Message) -> Encoded:
        """The message as bytes.

        Raises:
            UnsayableError: There is something in its body that JSON cannot say.
        """
        data, encoding = _packed(documents.encoded(message.body))
        metadata = {
            "message_uuid": message.id,
            "protocol_version": _VERSION,
            "compatible_protocol_versions": _COMPATIBLE,
            "timestamp": None if message.time is None else message.time.timestamp(),
            "topic": message.topic,
            "data_encoding": encoding,
        }
        body = b'{"service":%b,"metadata":%b,"data":%b}' % (self._sender, _encode(metadata), data)
        return Encoded(body, message.attributes, self.content_type)

    def decode(self, parcel: Parcel) -> Decoded:
        """What the bytes say: needed are ``data`` and ``metadata.data_encoding``.

        Raises:
            UndecodableError: They are no such envelope.
        """
        sent = json_of(parcel.body, "the body")
        metadata = sent.get("metadata") if isinstance(sent, dict) else None
        if not isinstance(metadata, dict) or "data" not in sent or "data_encoding" not in metadata:
            raise UndecodableError("it is no envelope: an object with data and metadata.data_encoding")
        return Decoded(
            self._data(sent["data"], metadata["data_encoding"]),
            text_of(metadata.get("message_uuid")),
            time_of(metadata.get("timestamp")),
            text_of(metadata.get("topic")),
        )

    def _data(self, data: Any, encoding: Any) -> Any:
        if encoding == _RAW:
            return data
        if encoding != _COMPRESSED:
            raise UndecodableError(f"its data_encoding is neither {_RAW} nor {_COMPRESSED}")
        if not isinstance(data, str):
            raise UndecodableError(f"data that are {_COMPRESSED} should be a text")
        return json_of(inflated(unbase64(data), self.most_bytes), "what was compressed")


@attrs.frozen(kw_only=True)
class BareJsonEnvelope:
    """Data in JSON and nothing else: the body is the payload. All that is known besides is what the broker says."""

    content_type = "application/json"

    def encode(self, message: Message) -> Encoded:
        """The message as bytes.

        Raises:
            UnsayableError: There is something in its body that JSON cannot say.
        """
        return Encoded(documents.encoded(message.body), message.attributes, self.content_type)

    def decode(self, parcel: Parcel) -> Decoded:
        """What the bytes say.

        Raises:
            UndecodableError: They are no JSON.
        """
        return Decoded(json_of(parcel.body, "the body"))


def json_of(content: bytes, what: str) -> Any:
    """The value that JSON says.

    Raises:
        UndecodableError: It is none.
    """
    try:
        return documents.parse(content)
    except ValueError:
        pass
    raise UndecodableError(f"{what} is no JSON")


def _packed(data: bytes) -> tuple[bytes, str]:
    """JSON as it stands in the envelope, and how that is called."""
    if len(data) < COMPRESSED_FROM or len(data.decode()) < COMPRESSED_FROM:
        return data, _RAW
    return b'"%b"' % base64.b64encode(zlib.compress(data)), _COMPRESSED
