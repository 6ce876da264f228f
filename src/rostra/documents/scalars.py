"""Single values, read strictly: from the text of a path, query or header, and from JSON.

Numbers and truth values are text in the one and themselves in the other; all else is text in both.
"""

import base64
import enum
import math
import re
import sys
import typing
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from ipaddress import IPv4Address, IPv6Address
from pathlib import PurePath
from typing import Any, Literal, NamedTuple
from uuid import UUID

from rostra.config import Bytes, Duration
from rostra.documents.fault import MismatchError, either, shown

_WORDS = {
    "true": True, "1": True, "yes": True, "on": True,
    "false": False, "0": False, "no": False, "off": False,
}  # fmt: skip
_WHOLE = re.compile(r"[+-]?[0-9]{1,4000}")
_DECIMAL = re.compile(r"[+-]?([0-9]{1,4000}(\.[0-9]*)?|\.[0-9]{1,4000})([eE][+-]?[0-9]{1,4})?")


def _boolean(text: str) -> bool:
    return _WORDS[text.lower()]


def _whole(text: str) -> int:
    return int(_matching(_WHOLE, text))


def _number(text: str) -> float:
    number = float(_matching(_DECIMAL, text))
    if not math.isfinite(number):
        raise ValueError
    return number


def _decimal(text: str) -> Any:
    from decimal import Decimal

    return Decimal(_matching(_DECIMAL, text))


def _span(text: str) -> timedelta:
    return timedelta(seconds=Duration(text))


def _matching(pattern: re.Pattern[str], text: str) -> str:
    if pattern.fullmatch(text) is None:
        raise ValueError
    return text


class Reader(NamedTuple):
    """How values of one type are read.

    Args:
        kind: The type, and those that descend from it.
        read: Makes one of a text.
        expected: What it is, in words.
        natural: What says one in JSON without being text.
    """

    kind: type
    read: Callable[[str], Any]
    expected: str
    natural: tuple[type, ...] = ()


_READERS = (
    Reader(bool, _boolean, "true or false", (bool,)),
    Reader(Bytes, Bytes, "a size such as 10MiB", (int,)),
    Reader(Duration, Duration, "a duration such as 1m30s", (int, float)),
    Reader(int, _whole, "a whole number", (int,)),
    Reader(float, _number, "a number", (int, float)),
    Reader(str, str, "a text"),
    Reader(bytes, str.encode, "a text"),
    Reader(datetime, datetime.fromisoformat, "a date and time such as 2026-01-31T12:00:00Z"),
    Reader(date, date.fromisoformat, "a date such as 2026-01-31"),
    Reader(time, time.fromisoformat, "a time such as 12:30:00"),
    Reader(timedelta, _span, "a duration such as 1m30s"),
    Reader(UUID, UUID, "a UUID"),
    Reader(PurePath, str, "a path"),
    Reader(IPv4Address, IPv4Address, "an IPv4 address"),
    Reader(IPv6Address, IPv6Address, "an IPv6 address"),
)
"""A subclass stands before what it descends from."""


def _readers() -> tuple[Reader, ...]:
    """All; that of decimals once somebody has imported them, for before that no annotation can name them."""
    decimal: Any = sys.modules.get("decimal")
    if decimal is None:
        return _READERS
    return (*_READERS, Reader(decimal.Decimal, _decimal, "a number", (int, float)))


_OF_MSGPACK = frozenset({bytes, datetime})
"""What msgpack says as it is, while JSON has texts for it."""


_OF_JSON = frozenset({str, int, float, bool})
"""What JSON says as it is."""


def is_scalar_class(kind: Any) -> bool:
    """Whether this room reads values of this type."""
    if not isinstance(kind, type):
        return typing.get_origin(kind) is Literal
    return issubclass(kind, enum.Enum) or any(issubclass(kind, reader.kind) for reader in _readers())


def from_text(text: str, kind: Any) -> Any:
    """The value of type ``kind`` that ``text`` says.

    Raises:
        MismatchError: It says none.
    """
    if (choices := _choices(kind)) is not None:
        said = {str(written): value for written, value in choices}
        if text not in said:
            raise MismatchError(either([shown(word) for word in said]), text)
        return said[text]
    reader = _reader(kind)
    try:
        value = reader.read(text)
        return value if kind is reader.kind else kind(value)
    except (ValueError, KeyError, ArithmeticError):
        raise MismatchError(reader.expected, text) from None


def from_json(value: Any, kind: Any) -> Any:
    """The value of type ``kind`` that a JSON value says: numbers are numbers here and nothing else.

    Raises:
        MismatchError: It says none.
    """
    if kind is type(value) and kind in _OF_JSON:
        return value
    if (choices := _choices(kind)) is not None:
        for written, meant in choices:
            if type(written) is type(value) and written == value:
                return meant
        raise MismatchError(either([shown(written) for written, _ in choices]), value)
    reader = _reader(kind)
    if type(value) in _OF_MSGPACK and reader.kind is type(value):
        return value if kind is reader.kind else _as(kind, value, reader.expected)
    if type(value) in reader.natural:
        return _from_number(value, kind, reader)
    if reader.kind in (bool, int, float) or type(value) is not str:
        raise MismatchError(reader.expected, value)
    return _from_base64(value, kind) if reader.kind is bytes else from_text(value, kind)


def _from_number(value: Any, kind: Any, reader: Reader) -> Any:
    try:
        return kind(str(value)) if reader.read is _decimal else kind(value)
    except OverflowError:
        raise MismatchError(f"{reader.expected} that is not so large", value) from None
    except ValueError:
        raise MismatchError(reader.expected, value) from None


def _as(kind: Any, value: Any, expected: str) -> Any:
    try:
        return kind(value)
    except (ValueError, TypeError):
        raise MismatchError(expected, value) from None


def _from_base64(text: str, kind: type) -> Any:
    try:
        return kind(base64.b64decode(text, validate=True))
    except ValueError:
        raise MismatchError("a text in base64", text) from None


def _choices(kind: Any) -> list[tuple[Any, Any]] | None:
    """What is written for each possible value of an enum or Literal."""
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return [(member.value, member) for member in kind]
    if typing.get_origin(kind) is Literal:
        return [
            (value.value if isinstance(value, enum.Enum) else value, value) for value in typing.get_args(kind)
        ]
    return None


def _reader(kind: type) -> Reader:
    return next(reader for reader in _readers() if issubclass(kind, reader.kind))
