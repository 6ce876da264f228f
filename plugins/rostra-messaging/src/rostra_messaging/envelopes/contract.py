"""What an envelope is: how the data of a message become bytes, and bytes data again."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Protocol

import attrs

from rostra_messaging.brokers import Parcel, Value
from rostra_messaging.messages import Message


@attrs.frozen
class Encoded:
    """A message as a broker moves it.

    Args:
        body: Its bytes.
        attributes: All that travel beside them: those of the message and what the envelope adds.
        content_type: Of the bytes.
    """

    body: bytes
    attributes: Mapping[str, Value]
    content_type: str


@attrs.frozen
class Decoded:
    """What an envelope read. What it knows nothing of is None; then the parcel's word counts.

    Args:
        data: Plain values as of JSON, or bytes, or a message of protobuf.
        id: Of the message.
        time: When it was published.
        topic: Of the message, without the prefix.
        attributes: Those of the message, without what the envelope has added.
    """

    data: Any
    id: str | None = None
    time: dt.datetime | None = None
    topic: str | None = None
    attributes: Mapping[str, Value] | None = None


class Envelope(Protocol):
    """Writes messages and reads them. One object serves a whole stage, so it keeps nothing of what it has seen."""

    @property
    def content_type(self) -> str:
        """Of what it writes."""
        ...

    def encode(self, message: Message) -> Encoded:
        """The message as bytes.

        Raises:
            TypeError: Its body is nothing that can be written so.
        """
        ...

    def decode(self, parcel: Parcel) -> Decoded:
        """What the bytes say.

        Raises:
            UndecodableError: They say nothing; its reason shows no values.
        """
        ...
