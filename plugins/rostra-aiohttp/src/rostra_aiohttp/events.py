"""Server-sent events: one message of a stream that browsers read by ``EventSource``."""

import re
from typing import Any

from rostra.documents import UnsayableError, encoded

_BREAK = "\r\n|\r|\n"
_NOT_IN_A_LINE = "[\r\n\0]"

SILENCE = b":\n\n"
"""A comment, which keeps proxies from closing a connection that says nothing."""


class Event:
    """What an async generator yields to send it to an ``EventSource``.

    ::

        @get("/prices")
        async def prices(last_event_id: Header[int] = 0) -> AsyncIterator[Event]:
            async for price in feed(after=last_event_id):
                yield Event(price, event="price", id=str(price.number))

    Args:
        data: A text as it is, over several lines if need be; all else as JSON. None sends none, so that clients only
            take note of the other three.
        event: For which listeners it is; None is ``message``.
        id: What the client says in ``Last-Event-ID`` when it connects again.
        retry: Seconds after which it does so.

    Raises:
        ValueError: There is a line break in ``event`` or ``id``, or ``retry`` is negative.
    """

    __slots__ = ("data", "event", "id", "retry")

    def __init__(
        self,
        data: Any = None,
        *,
        event: str | None = None,
        id: str | None = None,  # noqa: A002  (so it is called on the line)
        retry: float | None = None,
    ) -> None:
        for text in (event, id):
            if text is not None and re.search(_NOT_IN_A_LINE, text):
                raise ValueError("the name and the id of an event are one line each")
        if retry is not None and retry < 0:
            raise ValueError("clients wait some seconds before they connect again, or none")
        self.data, self.event, self.id, self.retry = data, event, id, retry

    def __repr__(self) -> str:
        return f"Event({self.data!r}, event={self.event!r}, id={self.id!r}, retry={self.retry!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Event) and self.lines() == other.lines()

    def __hash__(self) -> int:
        return hash(self.lines())

    def lines(self) -> bytes:
        """As it goes over the line (HTML Standard, section 9.2).

        Raises:
            UnsayableError: The data is nothing that JSON can say.
        """
        said = [
            f"{name}: {text}" for name, text in (("event", self.event), ("id", self.id)) if text is not None
        ]
        if self.retry is not None:
            said.append(f"retry: {round(self.retry * 1000)}")
        if self.data is not None:
            text = self.data if isinstance(self.data, str) else encoded(self.data).decode()
            said += [f"data: {line}" for line in re.split(_BREAK, text)]
        return "\n".join([*said, "", ""]).encode()


def event_lines(item: Any) -> bytes:
    """An event, or what is the data of one."""
    return (item if isinstance(item, Event) else Event(item)).lines()


def refused(item: Any) -> UnsayableError:
    """An event among items of another kind."""
    return UnsayableError(
        f"a {type(item).__qualname__} in a stream of other items",
        "the first item, or the return annotation, says what a stream is made of",
        "annotate what is yielded: -> AsyncIterator[Event]",
    )
