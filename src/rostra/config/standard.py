"""Single values of what else Python brings: decimal numbers, addresses, patterns. Read as strictly as ``scalars``."""

import typing
from collections.abc import Callable, Mapping
from typing import Any

from rostra.config import text

__all__ = ["STANDARD"]


def _made(value: Any, wanted: Any) -> Any:
    return wanted(text.plain(value))


def _decimal(value: Any, wanted: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return wanted(repr(value))  # 1.1 in a file means 1.1, not the nearest binary fraction
    written = text.plain(value).strip()
    text.number(written)
    return wanted(written)


def _fraction(value: Any, wanted: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return wanted(repr(value))
    written = text.plain(value)
    if "e" in written.lower():  # a few letters could make a number that fills the memory
        raise ValueError
    return wanted(written)


def _pattern(value: Any, wanted: Any) -> Any:
    import re

    written = text.plain(value)
    return re.compile(written.encode() if typing.get_args(wanted) == (bytes,) else written)


STANDARD: Mapping[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "decimal.Decimal": ("a number", _decimal),
    "fractions.Fraction": ("a number such as 0.5 or 1/3", _fraction),
    "ipaddress.IPv4Address": ("an IPv4 address such as 192.0.2.1", _made),
    "ipaddress.IPv6Address": ("an IPv6 address such as 2001:db8::1", _made),
    "ipaddress.IPv4Network": ("an IPv4 network such as 192.0.2.0/24", _made),
    "ipaddress.IPv6Network": ("an IPv6 network such as 2001:db8::/32", _made),
    "ipaddress.IPv4Interface": ("an IPv4 interface such as 192.0.2.1/24", _made),
    "ipaddress.IPv6Interface": ("an IPv6 interface such as 2001:db8::1/32", _made),
    "uuid.UUID": ("a UUID", _made),
    "re.Pattern": ("a regular expression", _pattern),
    "zoneinfo.ZoneInfo": ("a time zone such as Europe/Berlin", _made),
}
"""What is expected, in words, and what makes one: by name, so that nobody imports what nobody wants."""
