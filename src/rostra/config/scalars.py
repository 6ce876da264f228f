"""Single values, read strictly: what is no such value is an error, never something near it.

Each reader takes what a file, a mapping or a text gave, and raises ValueError, TypeError or OverflowError when
that is not one. A string is read as text whatever it came from, so that ``port = "${PORT}"`` in a file means
what ``APP_PORT`` means.
"""

import base64
import typing
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path, PurePath
from types import NoneType
from typing import Any, TypeAlias

from rostra.config import text
from rostra.config.quantities import Bytes, Duration
from rostra.config.tree import Text
from rostra.values import Values

Reader: TypeAlias = Callable[[Any], Any]

BASE64 = "base64:"


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    return text.boolean(text.plain(value))


def _integer(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    return text.integer(text.plain(value))


def _number(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return text.number(text.plain(value))


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    written = text.plain(value)
    if written.startswith(BASE64):
        return base64.b64decode(written.removeprefix(BASE64), validate=True)
    return written.encode()


def _nothing(value: Any) -> None:
    if value is not None and not (isinstance(value, Text) and not value):
        raise ValueError


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


class RefusedError(ValueError):
    """What a class of a user says against a value. It never leaves this room."""


class Scalar(Values):
    """A type of single values.

    Args:
        expected: What is expected, in words.
        read: Makes one of what a file, a mapping or a text gave; any exception means that it is none.
    """

    expected: str
    read: Reader


SCALARS: Mapping[Any, Scalar] = {
    str: Scalar("text", text.plain),
    bool: Scalar("true or false (or yes, no, on, off, 1, 0)", _boolean),
    int: Scalar("a whole number", _integer),
    float: Scalar("a number", _number),
    bytes: Scalar(f"text, or {BASE64} and the bytes", _bytes),
    timedelta: Scalar("a duration such as 1m30s", _timedelta),
    Duration: Scalar("a duration such as 1m30s", _duration),
    Bytes: Scalar("a size such as 10MiB", _size),
    date: Scalar("a date such as 2025-12-31", _date),
    datetime: Scalar("a date and time such as 2025-12-31T23:59:00Z", _datetime),
    time: Scalar("a time such as 23:59", _time),
    NoneType: Scalar("nothing", _nothing),
} | {kind: Scalar("a path", _path(kind)) for kind in (Path, PurePath)}
"""The types that most settings have."""

_UUID = "uuid.UUID"
_MODULES = frozenset({"decimal", "fractions", "ipaddress", "re", "uuid", "zoneinfo"})
"""Where the types of ``standard`` are."""


def scalar(wanted: Any) -> Scalar | None:
    """How single values of this type are read, or None if it is another sort of type.

    A subclass of one that is known is called with its value, unless that is an instance already.
    """
    cls = typing.get_origin(wanted) or wanted
    for base in cls.__mro__ if isinstance(cls, type) else ():
        known = SCALARS.get(base) or _standard(base, wanted)
        if known is not None:
            return known if base is cls else known._replace(read=_further(known.read, cls))
    return None


def is_fixed(wanted: Any) -> bool:
    """Whether values of this type are read in one way by everybody, which no program may change."""
    return wanted in SCALARS or (isinstance(wanted, type) and _named(wanted) == _UUID)


def _named(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def _standard(cls: type, wanted: Any) -> Scalar | None:
    if cls.__module__ not in _MODULES:
        return None
    from rostra.config.standard import STANDARD

    known = STANDARD.get(_named(cls))
    if known is None:
        return None
    expected, read = known
    return Scalar(expected, lambda value: value if isinstance(value, cls) else read(value, wanted))


def _further(read: Reader, cls: type) -> Reader:
    def read_further(value: Any) -> Any:
        if isinstance(value, cls):
            return value
        plain = read(value)
        try:
            return cls(plain)
        except Exception as error:  # noqa: BLE001  (whatever a user's class raises, the value is wrong)
            from rostra.config.discretion import words_of

            said = words_of(error)
        raise RefusedError(said)

    return read_further
