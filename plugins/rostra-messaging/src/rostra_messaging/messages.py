"""A message: what a handler may know of what set it off, and what a publisher sends."""

import datetime as dt
import os
from collections.abc import Mapping
from typing import Any

import attrs

from rostra_messaging.brokers import Failure, Value

__all__ = ["CORRELATION", "REPLY_TO", "REQUEST", "TRACE_PARENT", "TRACE_STATE", "Message", "new_id"]

TRACE_PARENT = "traceparent"
TRACE_STATE = "tracestate"
"""Attributes of the trace that a message belongs to (W3C Trace Context, level 1)."""
REQUEST = "request_id"
"""The attribute with the id of the request, of HTTP say, that began it all."""
REPLY_TO = "reply_to"
"""The attribute with the topic on which whoever asks waits for the reply."""
CORRELATION = "correlation_id"
"""The attribute by which a reply is known to belong to its request."""

_ID_BYTES = 16


def new_id() -> str:
    """An id that no other message has."""
    return os.urandom(_ID_BYTES).hex()


@attrs.frozen(kw_only=True)
class Message:
    """What travels from a publisher to a handler; a handler may take it beside the payload, or instead of it.

    Args:
        topic: Without the broker's prefix; words between dots.
        body: To a handler: the plain data that the envelope read, before it was made the payload's type. From a
            publisher: whatever the envelope can write.
        id: Unique for each publish; or whatever a foreign sender wrote.
        attributes: What travels beside the body.
        key: Messages with the same key keep their order, where the subscription is ordered.
        time: When it was published, as far as the sender said.
        attempt: Which try this is, from 1 on; each failed try counts, each redelivery does not.
        is_redelivered: Whether it was delivered before to somebody who settled nothing: a process that died, say.
        first_failure: When and of what it failed for the first time, if it did.
        content_type: Of the bytes, as the sender said.
    """

    topic: str
    body: Any = attrs.field(default=None, repr=False)
    id: str = attrs.field(factory=new_id)
    attributes: Mapping[str, Value] = attrs.field(factory=dict, repr=lambda found: f"<{', '.join(found)}>")
    key: str | None = None
    time: dt.datetime | None = None
    attempt: int = 1
    is_redelivered: bool = False
    first_failure: Failure | None = None
    content_type: str = ""

    @property
    def trace(self) -> str | None:
        """The trace that it belongs to, as ``traceparent`` has it (W3C Trace Context); None if there is none."""
        return self._text(TRACE_PARENT)

    @property
    def reply_to(self) -> str | None:
        """The topic on which somebody waits for the reply; None if nobody does."""
        return self._text(REPLY_TO)

    def _text(self, name: str) -> str | None:
        found = self.attributes.get(name)
        return found if isinstance(found, str) and found else None
