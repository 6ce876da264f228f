"""Numbers whose type says the unit: ``Duration`` in seconds, ``Bytes`` in bytes."""

import math
from typing import Self

from rostra.config import text

_SPANS = ((86400, "d"), (3600, "h"), (60, "m"))
_SIZES = tuple((1024**power, f"{letter}iB") for power, letter in ((4, "T"), (3, "G"), (2, "M"), (1, "K")))


class Duration(float):
    """A span of time in seconds: a float that also understands ``1m30s``.

    Units are ``w d h m s ms us``, the largest first; a bare number is seconds. It is finite and not negative.

    Args:
        value: Seconds, or a text with units.

    Raises:
        ValueError: The text says no span of time, or the number cannot be one.
    """

    __slots__ = ()

    def __new__(cls, value: float | str) -> Self:
        """See the class."""
        try:
            seconds = text.seconds(value) if isinstance(value, str) else float(value)
        except (ValueError, OverflowError):
            seconds = math.nan
        if not math.isfinite(seconds) or seconds < 0:
            raise ValueError("expected seconds, finite and not negative, or a text such as 1m30s")
        return super().__new__(cls, seconds)

    def __str__(self) -> str:
        """With units: ``1m30s``; it reads back as the same number."""
        written, rest = "", float(self)
        for length, unit in _SPANS:
            count, rest = divmod(rest, length)
            written += f"{count:.0f}{unit}" if count else ""
        written += f"{_decimal(rest)}s" if rest or not written else ""
        return written if text.seconds(written) == self else f"{_decimal(float(self))}s"

    def __repr__(self) -> str:
        return f'Duration("{self}")'


class Bytes(int):
    """A size in bytes: an int that also understands ``10MiB``.

    Units are ``B``, ``kB MB GB TB PB EB`` (powers of 1000) and ``KiB MiB GiB TiB PiB EiB`` (powers of 1024), in
    any case; a bare number is bytes. It is whole and not negative.

    Args:
        value: Bytes, or a text with a unit.

    Raises:
        ValueError: The text says no size, or the number is negative.
    """

    __slots__ = ()

    def __new__(cls, value: int | str) -> Self:
        """See the class."""
        try:
            size = text.size(value) if isinstance(value, str) else value
        except ValueError:
            size = -1
        if size < 0:
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


def _decimal(value: float) -> str:
    """The shortest digits that read back as this number, never with an exponent."""
    written = repr(value)
    if "e" in written:
        from decimal import Decimal

        written = f"{Decimal(written):f}"
    return written.removesuffix(".0")
