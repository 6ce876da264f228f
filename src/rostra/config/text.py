"""What texts mean: words for booleans, numbers, durations, lists; and how durations are written. Pure.

Every reader here raises ValueError or TypeError, whose text never holds the value.
"""

import math
import re
from typing import Any

from rostra.config.tree import Text, json_in

_TRUE = frozenset({"1", "on", "true", "yes"})
_FALSE = frozenset({"0", "off", "false", "no"})
_INTEGER = r"[+-]?\d+(_\d+)*"
_NUMBER = r"[+-]?((\d+(_\d+)*\.?\d*|\.\d+)(e[+-]?\d+)?|inf|infinity|nan)"
_SPAN = "".join(
    rf"(?:(?P<{name}>\d+(?:\.\d+)?)\s*{unit}\s*)?"
    for name, unit in (
        ("weeks", "w"),
        ("days", "d"),
        ("hours", "h"),
        ("minutes", "m(?!s)"),
        ("seconds", "s"),
        ("milliseconds", "ms"),
        ("microseconds", "(?:us|µs)"),
    )
)


def plain(value: Any) -> str:
    """The string itself.

    Raises:
        TypeError: It is none.
        ValueError: It came from a variable whose bytes are no text.
    """
    if not isinstance(value, str):
        raise TypeError
    if isinstance(value, Text):
        value.encode()  # bytes of a variable that are no text come as lone surrogates
    return str(value)


def boolean(text: str) -> bool:
    """``1 on true yes`` or ``0 off false no`` in any case; nothing else."""
    word = text.strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise ValueError


def integer(text: str) -> int:
    """Decimal digits, with a sign and with ``_`` between digits if you like."""
    text = text.strip()
    if not re.fullmatch(_INTEGER, text, re.ASCII):
        raise ValueError
    return int(text)


def number(text: str) -> float:
    """A number as Python and TOML write it, with ``inf`` and ``nan``."""
    text = text.strip()
    if not re.fullmatch(_NUMBER, text, re.ASCII | re.IGNORECASE):
        raise ValueError
    return float(text)


def span(text: str) -> dict[str, float]:
    """A span of time by unit, largest unit first: ``1m30s``, ``1.5h``, ``250ms``; without a unit seconds.

    Returns:
        What ``datetime.timedelta`` takes.
    """
    text = text.strip()
    sign = -1 if text.startswith("-") else 1
    text = text.removeprefix("-")
    if re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII):
        text += "s"
    match = re.fullmatch(_SPAN, text, re.ASCII)
    if not match or not any(match.groupdict().values()):
        raise ValueError
    return {
        unit: sign * (float(amount) if "." in amount else int(amount))
        for unit, amount in match.groupdict().items()
        if amount
    }


_SECONDS = {
    "weeks": 604800,
    "days": 86400,
    "hours": 3600,
    "minutes": 60,
    "seconds": 1,
    "milliseconds": 1e-3,
    "microseconds": 1e-6,
}


def seconds(text: str) -> float:
    """A span of time in seconds; see ``span``."""
    total = math.fsum(amount * _SECONDS[unit] for unit, amount in span(text).items())
    if not math.isfinite(total):
        raise ValueError
    return total


def items(text: str) -> list[Any]:
    """The items of ``a, b`` or of a JSON list in brackets. An empty text has none."""
    text = text.strip()
    if text.startswith("[") and text.endswith("]"):
        found = json_in(text)
        if isinstance(found, list):
            return found
        raise ValueError
    return [Text(item.strip()) for item in text.split(",")] if text else []


_SPANS = ((86400, "d"), (3600, "h"), (60, "m"))


def written_span(span: float) -> str:
    """Seconds with units: ``1m30s``; it reads back as the same number."""
    written, rest = "", float(span)
    for length, unit in _SPANS:
        count, rest = divmod(rest, length)
        written += f"{count:.0f}{unit}" if count else ""
    written += f"{_decimal(rest)}s" if rest or not written else ""
    return written if seconds(written) == span else f"{_decimal(float(span))}s"


def _decimal(value: float) -> str:
    """The shortest digits that read back as this number, never with an exponent."""
    written = repr(value)
    if "e" in written:
        from decimal import Decimal

        written = f"{Decimal(written):f}"
    return written.removesuffix(".0")
