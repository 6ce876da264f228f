"""Copies of what mappings may hold besides tables, lists and single values, and of what has types of its own."""

from collections.abc import Mapping
from types import NoneType
from typing import Any

from rostra.config.tree import Text

__all__ = ["inner", "plain", "without_texts"]

_ATOMS = frozenset({int, float, bool, NoneType, str})
_CHANGING = frozenset({bytearray, set})


def inner(copy: Any, value: Any, levels: int) -> Any:
    """What is no table, or stands in a list.

    Args:
        copy: Of which it is a part.
        value: What is copied.
        levels: So many may be nested in it.

    Raises:
        TooDeepError: There are more.
    """
    if isinstance(value, str):
        copy.refers = copy.refers or "${" in value
        copy.is_odd = copy.is_odd or isinstance(value, Text)
    elif type(value) is list:
        return copy.listed(value, levels)
    elif type(value) is tuple:
        return tuple(copy.listed(value, levels))
    elif isinstance(value, Mapping):
        return dict(zip(value, copy.listed(value.values(), levels), strict=True))
    return _apart(value)


def without_texts(value: Any) -> Any:
    """What has a type of its own only: a ``Text`` is shown as the string that it is."""
    if isinstance(value, Text):
        return str(value)
    if type(value) is list or type(value) is tuple:
        return value if _ATOMS.issuperset(map(type, value)) else type(value)(map(without_texts, value))
    if type(value) is dict:
        return {key: without_texts(each) for key, each in value.items()}
    return value


def plain(value: Any) -> Any:
    """A copy of plain dicts, tuples, lists and sets."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if type(value) is list or type(value) is tuple:
        return type(value)(map(plain, value))
    return _apart(value)


def _apart(value: Any) -> Any:
    """A copy of what is neither table nor list, but changes as they do; else the value itself."""
    return value.copy() if type(value) in _CHANGING else value
