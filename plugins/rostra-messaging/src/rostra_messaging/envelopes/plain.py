"""Envelopes that add nothing: the body is the payload, and all else is what the broker says."""

import attrs

from rostra import documents
from rostra_messaging.brokers import Parcel
from rostra_messaging.envelopes.contract import Decoded, Encoded
from rostra_messaging.errors import UndecodableError
from rostra_messaging.messages import Message


@attrs.frozen(kw_only=True)
class MsgpackEnvelope:
    """Data in MessagePack, which is shorter than JSON and has bytes and moments of its own."""

    content_type = "application/msgpack"

    def encode(self, message: Message) -> Encoded:
        """The message as bytes.

        Raises:
            UnsayableError: There is something in its body that MessagePack cannot say.
        """
        return Encoded(documents.packed(message.body), message.attributes, self.content_type)

    def decode(self, parcel: Parcel) -> Decoded:
        """What the bytes say.

        Raises:
            UndecodableError: They are no MessagePack.
        """
        try:
            return Decoded(documents.unpack(parcel.body))
        except ValueError:
            pass
        raise UndecodableError("the body is no MessagePack")


@attrs.frozen(kw_only=True)
class TextEnvelope:
    """A text, in UTF-8."""

    content_type = "text/plain; charset=utf-8"

    def encode(self, message: Message) -> Encoded:
        """The message as bytes.

        Raises:
            UnsayableError: Its body is no text.
        """
        if not isinstance(message.body, str):
            raise _other("text", message.body, "a text")
        return Encoded(_utf_8(message.body), message.attributes, self.content_type)

    def decode(self, parcel: Parcel) -> Decoded:
        """The text.

        Raises:
            UndecodableError: It is no UTF-8.
        """
        try:
            return Decoded(parcel.body.decode())
        except UnicodeDecodeError:
            pass
        raise UndecodableError("the body is no text in UTF-8")


@attrs.frozen(kw_only=True)
class RawEnvelope:
    """Bytes as they are."""

    content_type = "application/octet-stream"

    def encode(self, message: Message) -> Encoded:
        """The bytes.

        Raises:
            UnsayableError: Its body is something else.
        """
        if not isinstance(message.body, bytes | bytearray | memoryview):
            raise _other("raw", message.body, "bytes")
        return Encoded(bytes(message.body), message.attributes, self.content_type)

    def decode(self, parcel: Parcel) -> Decoded:
        """The bytes."""
        return Decoded(parcel.body)


def _utf_8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        pass
    raise documents.UnsayableError(
        "a text with half a character in it, which UTF-8 cannot say",
        "a surrogate stands there alone, as of a file name that was no UTF-8",
        "publish it as bytes, with envelope='raw'",
    )


def _other(envelope: str, body: object, wanted: str) -> documents.UnsayableError:
    return documents.UnsayableError(
        f"a body of type {type(body).__qualname__} in the envelope {envelope}",
        f"that takes {wanted} and nothing else",
        f"publish {wanted}, or say envelope='json'",
    )
