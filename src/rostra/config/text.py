"""What texts mean: words for booleans, durations, sizes, lists, tables. Pure.

What comes from the environment, a secret's file or ``--set`` has no type of its own and is a ``Text``; so are the
parts that such a text is split into. Every reader here raises ValueError, whose text never holds the value.
"""

import math
import re
from typing import Any

DEEPEST = 64
"""Tables within tables and lists within lists; anything deeper is an accident or an attack."""

_TRUE = frozenset({"1", "on", "true", "yes"})
_FALSE = frozenset({"0", "off", "false", "no"})
# Patterns are compiled on first use: most programs that import this never read a span of time.
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
_LETTERS = "kmgtpe"
_UNITS: dict[str, int] = (
    {"": 1, "b": 1}
    | {f"{letter}b": 1000 ** (power + 1) for power, letter in enumerate(_LETTERS)}
    | {f"{letter}ib": 1024 ** (power + 1) for power, letter in enumerate(_LETTERS)}
)


class Text(str):
    """A string without a type of its own: what it means is for the setting's type to say."""

    __slots__ = ()


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


def size(text: str) -> int:
    """A size in bytes: ``512``, ``64kB`` (1000 each), ``10MiB`` (1024 each), ``1.5GiB``; whole bytes only."""
    text = text.strip()
    rest = text.lstrip(
        "0123456789."
    )  # no pattern: every start reads sizes, and compiling one takes longer than that
    whole, point, digits = text.removesuffix(rest).partition(".")
    unit = _UNITS.get(rest.lstrip(" \t\r\n\f\v").lower()) if rest.isascii() else None
    if unit is None or not whole or bool(point) is not bool(digits) or "." in digits:
        raise ValueError
    scale: int = 10 ** len(digits)
    count, left = divmod(int(whole + digits) * unit, scale)
    if left:
        raise ValueError
    return count


def object_in(text: str) -> dict[str, Any] | None:
    """The JSON object that a text holds, or None if it holds anything else."""
    try:
        found = json_in(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def json_in(text: str) -> Any:
    """What a JSON text says. A key that stands twice is as wrong as a missing bracket."""
    import json

    try:
        return _bounded(json.loads(text, object_pairs_hook=_once), DEEPEST)
    except (ValueError, RecursionError):
        raise ValueError from None  # json's own error holds the whole text


def _bounded(value: Any, levels: int) -> Any:
    if levels < 0:
        raise ValueError
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _bounded(part, levels - 1)
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def items(text: str) -> list[Any]:
    """The items of ``a, b`` or of a JSON list in brackets. An empty text has none."""
    text = text.strip()
    if text.startswith("[") and text.endswith("]"):
        found = json_in(text)
        if isinstance(found, list):
            return found
        raise ValueError
    return [Text(item.strip()) for item in text.split(",")] if text else []
