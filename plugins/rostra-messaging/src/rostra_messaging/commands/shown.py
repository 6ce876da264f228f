"""How messages look on the command line. Pure: from messages to lines."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from rostra import documents
from rostra_messaging.brokers import DeadLetter, Parcel
from rostra_messaging.envelopes import Envelope
from rostra_messaging.errors import UndecodableError

_MOST_UNREAD = 2000
_GAP = "  "


def summary(letter: DeadLetter) -> str:
    """A dead message on one line."""
    tries = "1 try" if letter.parcel.attempt == 1 else f"{letter.parcel.attempt} tries"
    return _GAP.join([letter.parcel.id, letter.parcel.topic, tries, _time(letter.time), letter.reason])


def details(letter: DeadLetter, envelope: Envelope) -> Iterator[str]:
    """All that is known of a dead message, line by line; the body comes last."""
    parcel = letter.parcel
    yield f"message    {parcel.id}"
    yield f"topic      {parcel.topic}"
    yield f"queue      {letter.queue}"
    yield f"reason     {letter.reason}"
    yield f"tries      {parcel.attempt}"
    yield f"died       {_time(letter.time)}"
    yield f"published  {_time(parcel.time)}"
    if parcel.key is not None:
        yield f"key        {parcel.key}"
    if (first := parcel.first_failure) is not None:
        yield f"failed     {_time(first.time)} for the first time: {first.reason}"
    for name, value in sorted(parcel.attributes.items()):
        yield f"attribute  {name} = {_value(value)}"
    yield f"body       {parcel.content_type}, {len(parcel.body)} bytes"
    yield _body(parcel, envelope)


def passing(parcel: Parcel, envelope: Envelope) -> str:
    """A message that passes, on one line."""
    return _GAP.join([_time(parcel.time), parcel.topic, parcel.id, _body(parcel, envelope)])


def as_json(parcel: Parcel, envelope: Envelope) -> str:
    """A message that passes, as one line of JSON; data that are not decodable are left out, and ``undecodable`` says why."""
    told = {
        "time": None if parcel.time is None else parcel.time.isoformat(),
        "topic": parcel.topic,
        "id": parcel.id,
        "key": parcel.key,
        "attempt": parcel.attempt,
        "attributes": dict(parcel.attributes),
        "content_type": parcel.content_type,
    }
    try:
        told["data"] = envelope.decode(parcel).data
    except UndecodableError as error:
        told["undecodable"] = error.reason
    return documents.encoded(told).decode()


def _body(parcel: Parcel, envelope: Envelope) -> str:
    try:
        data = envelope.decode(parcel).data
    except UndecodableError as error:
        return f"undecodable: {error.reason}: {_value(parcel.body)}"
    return data if isinstance(data, str) else _value(data)


def _value(value: Any) -> str:
    """Bytes as Python writes them, shortened, as they are mostly none to read; all else as JSON."""
    if not isinstance(value, bytes):
        return documents.encoded(value).decode()
    cut = value[:_MOST_UNREAD]
    return repr(cut) if len(cut) == len(value) else f"{cut!r}... and {len(value) - len(cut)} bytes more"


def _time(time: dt.datetime | None) -> str:
    return "unknown when" if time is None else time.isoformat(timespec="seconds")
