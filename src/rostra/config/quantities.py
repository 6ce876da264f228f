"""Numbers whose type says the unit: ``Duration`` in seconds, ``Bytes`` in bytes."""

import math
from typing import Any, Self

_SIZES = tuple((1024**power, f"{letter}iB") for power, letter in reversed([*enumerate("KMGTPE", 1)]))
_LETTERS = "kmgtpe"
_UNITS: dict[str, int] = (
    {"": 1, "b": 1}
    | {f"{letter}b": 1000 ** (power + 1) for power, letter in enumerate(_LETTERS)}
    | {f"{letter}ib": 1024 ** (power + 1) for power, letter in enumerate(_LETTERS)}
)


class Duration(float):
    """A span of time in seconds: a float that also understands ``1m30s``.

    Units are ``w d h m s ms us``, the largest first; a bare number is seconds. It is finite and not negative. As
    text it has its units, ``str(Duration(90))`` is ``1m30s``. Sums and differences are plain floats, in seconds,
    and may be negative: ``Duration(one + other)`` is a duration again.

    Args:
        value: Seconds, or a text with units.

    Raises:
        ValueError: The text says no span of time, or the number is negative, infinite or NaN.
    """

    __slots__ = ()

    def __new__(cls, value: float | str) -> Self:
        """See the class."""
        try:
            seconds = _seconds(value) if isinstance(value, str) else float(value)
        except (ValueError, OverflowError):
            seconds = math.nan
        if not math.isfinite(seconds) or seconds < 0:
            raise ValueError("expected seconds, finite and not negative, or a text such as 1m30s")
        return super().__new__(cls, seconds + 0.0)  # -0.0 is none

    def __str__(self) -> str:
        """With units: ``1m30s``; it reads back as the same number."""
        from rostra.config.text import written_span

        return written_span(self)

    def __repr__(self) -> str:
        return f'Duration("{self}")'


class Bytes(int):
    """A size in bytes: an int that also understands ``10MiB``.

    Units are ``B``, ``kB MB GB TB PB EB`` (powers of 1000) and ``KiB MiB GiB TiB PiB EiB`` (powers of 1024), in
    any case; a bare number is bytes. It is whole and not negative. As text it has its unit,
    ``str(Bytes(10485760))`` is ``10MiB``. Sums and products are plain ints, in bytes, and may be negative.

    Args:
        value: Bytes, or a text with a unit.

    Raises:
        ValueError: The text says no size, or the number is negative or not whole.
    """

    __slots__ = ()

    def __new__(cls, value: int | str) -> Self:
        """See the class."""
        try:
            size: Any = _size(value) if isinstance(value, str) else value
        except ValueError:
            size = -1
        if not isinstance(size, int) or size < 0:
            raise ValueError("expected whole bytes, not negative, or a text such as 10MiB")
        return super().__new__(cls, size)

    def __str__(self) -> str:
        """With the largest unit that leaves no rest: ``10MiB``; it reads back as the same number."""
        for length, unit in _SIZES:
            if self and self % length == 0:
                return f"{self // length}{unit}"
        return f"{int(self)}B"

    def __repr__(self) -> str:
        return f'Bytes("{self}")'


def _seconds(text: str) -> float:
    from rostra.config.text import seconds

    return seconds(text)


def _size(text: str) -> int:
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
