"""Single values, read strictly: what is no such value is an error, never something near it.

Each reader takes what a file, a mapping or a text gave, and raises ValueError, TypeError or OverflowError when
that is not one. A string is read as text whatever it came from, so that ``port = "${PORT}"`` in a file means
what ``APP_PORT`` means.
"""

import base64
import typing
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from enum import Enum, EnumMeta
from pathlib import Path, PurePath
from typing import Any, Literal, TypeAlias
from uuid import UUID

from rostra.config import text
from rostra.config.faults import shown
from rostra.config.quantities import Bytes, Duration
from rostra.config.text import Text

Reader: TypeAlias = Callable[[Any], Any]

BASE64 = "base64:"
_MOST_SHOWN = 12


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    if isinstance(value, Text):
        value.encode()  # bytes of a variable that are no text come as lone surrogates
    return str(value)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    return text.boolean(_text(value))


def _integer(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    return text.integer(_text(value))


def _number(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return text.number(_text(value))


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    written = _text(value)
    if written.startswith(BASE64):
        return base64.b64decode(written.removeprefix(BASE64), validate=True)
    return written.encode()


def _path(of: type[PurePath]) -> Reader:
    def read(value: Any) -> PurePath:
        if isinstance(value, PurePath):
            return of(value)
        if not isinstance(value, str) or not value or "\0" in value:
            raise ValueError
        return of(str(value))

    return read


def _timedelta(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str):
        return timedelta(**text.span(value))
    return timedelta(seconds=_number(value))


def _duration(value: Any) -> Duration:
    if isinstance(value, timedelta):
        return Duration(value.total_seconds())
    return Duration(value if isinstance(value, str) else _number(value))


def _size(value: Any) -> Bytes:
    return Bytes(value if isinstance(value, str) else _integer(value))


def _date(value: Any) -> date:
    if isinstance(value, str):
        return date.fromisoformat(value)
    if not isinstance(value, date) or isinstance(value, datetime):
        raise TypeError
    return value


def _datetime(value: Any) -> datetime:
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        raise TypeError
    return value


def _time(value: Any) -> time:
    if isinstance(value, str):
        return time.fromisoformat(value)
    if not isinstance(value, time):
        raise TypeError
    return value


def _uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(_text(value))


SCALARS: Mapping[Any, tuple[str, Reader]] = {
    str: ("text", _text),
    bool: ("true or false (or yes, no, on, off, 1, 0)", _boolean),
    int: ("a whole number", _integer),
    float: ("a number", _number),
    bytes: (f"text, or {BASE64} and the bytes", _bytes),
    timedelta: ("a duration such as 1m30s", _timedelta),
    Duration: ("a duration such as 1m30s", _duration),
    Bytes: ("a size such as 10MiB", _size),
    date: ("a date such as 2025-12-31", _date),
    datetime: ("a date and time such as 2025-12-31T23:59:00Z", _datetime),
    time: ("a time such as 23:59", _time),
    UUID: ("a UUID", _uuid),
} | {kind: ("a path", _path(kind)) for kind in (Path, PurePath)}
"""What is expected, in words, and how it is read, by type."""


def options(wanted: Any) -> tuple[Any, ...]:
    """What an enum or a Literal admits; nothing for other types."""
    if isinstance(wanted, EnumMeta):
        return tuple(wanted)
    return typing.get_args(wanted) if typing.get_origin(wanted) is Literal else ()


def chosen(value: Any, wanted: Any) -> Any:
    """The option that a value stands for: by its value, by that as text, or by an enum's name, in this order.

    Raises:
        ValueError: It stands for none.
    """
    plain = [(option, _plain(option)) for option in options(wanted)]
    for option, meant in plain:
        if value is option or (type(value) is type(meant) and value == meant):
            return option
    if isinstance(value, str):
        for option, meant in plain:
            if value == written(meant):
                return option
        if isinstance(wanted, EnumMeta) and value in wanted.__members__:
            return wanted[value]
    raise ValueError


def _plain(option: Any) -> Any:
    return option.value if isinstance(option, Enum) else option


def written(value: Any) -> str:
    """A choice as a text says it."""
    if value is None:
        return ""
    return str(value) if isinstance(value, str) else shown(value)


def phrase_of_options(wanted: Any) -> str:
    """``one of red, green``."""
    admitted = options(wanted)
    words = [written(_plain(option)) or "nothing" for option in admitted[:_MOST_SHOWN]]
    more = ", …" if len(admitted) > _MOST_SHOWN else ""
    return f"one of {', '.join(words)}{more}" if len(words) > 1 else "".join(words)
