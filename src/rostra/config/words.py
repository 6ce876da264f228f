"""Booleans of attrs classes that also take words."""

from types import EllipsisType
from typing import Any

import attrs

from rostra.config.scalars import SCALARS

__all__ = ["bool_var"]


def bool_var(default: bool | EllipsisType = ..., *, kw_only: bool = False) -> bool:
    """A boolean of an attrs class that also takes words: ``debug: bool = config.bool_var(False)``.

    ``1 on true yes`` and ``0 off false no`` in any case, also where the class is made by hand. A setting needs
    this only then: ``ConfigSource.load`` reads every ``bool`` so.

    Args:
        default: Left out, the setting is required.
        kw_only: As in ``attrs.field``.
    """
    missing: Any = attrs.NOTHING
    value: bool = attrs.field(
        default=missing if isinstance(default, EllipsisType) else default, converter=_word, kw_only=kw_only
    )
    return value


def _word(value: Any) -> bool:
    from rostra.config.showing import shown

    known = SCALARS[bool]
    try:
        return bool(known.read(value))
    except (ValueError, TypeError):
        pass
    raise ValueError(f"expected {known.expected}, found {shown(value)}")
