"""Which option of an enum or a Literal does a value stand for?"""

import functools
import operator
from enum import Enum, EnumMeta, Flag
from typing import Any

from rostra.config.declared import options
from rostra.config.showing import shown, unexpected
from rostra.config.tree import Text

__all__ = ["choice", "chosen", "phrase_of_options", "written"]

_MOST_SHOWN = 12


def choice(value: Any, wanted: Any) -> Any:
    """The hook for enums and Literals."""
    try:
        return chosen(value, wanted)
    except ValueError:
        pass
    raise unexpected(phrase_of_options(wanted), value, wanted)


def chosen(value: Any, wanted: Any) -> Any:
    """The option that a value stands for: by its value, by that as text, or by an enum's name, in this order.

    Flags may be put together: ``READ|WRITE``, or a list of names. What nobody else knows is for the enum's own
    ``_missing_`` to say.

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
    if isinstance(wanted, EnumMeta):
        return _member(value, wanted)
    raise ValueError


def _plain(option: Any) -> Any:
    return option.value if isinstance(option, Enum) else option


def _member(value: Any, wanted: Any) -> Any:
    """The member of an enum with that name, the flags that are put together, or what the enum itself says."""
    if isinstance(value, str) and value in wanted.__members__:
        return wanted[value]
    if issubclass(wanted, Flag) and (parts := _flags(value)):
        return functools.reduce(operator.or_, (chosen(part, wanted) for part in parts))
    found = wanted._missing_(str(value) if isinstance(value, Text) else value)
    if isinstance(found, wanted) and not isinstance(found, Flag):
        return found
    raise ValueError


def _flags(value: Any) -> list[Any]:
    if isinstance(value, str) and "|" in value:
        return [Text(part.strip()) for part in value.split("|")]
    return value if isinstance(value, list) else []


def written(value: Any) -> str:
    """A choice as a text says it."""
    if value is None:
        return ""
    return str(value) if isinstance(value, str) else shown(value)


def phrase_of_options(wanted: Any) -> str:
    """``one of red, green``; flags may be put together: ``any of READ|WRITE``."""
    admitted = options(wanted)
    words = [_word(option) for option in admitted[:_MOST_SHOWN]]
    more = "…" if len(admitted) > _MOST_SHOWN else ""
    if isinstance(wanted, EnumMeta) and issubclass(wanted, Flag):
        return f"any of {'|'.join([*words, more] if more else words)}"
    return f"one of {', '.join([*words, more] if more else words)}" if len(words) > 1 else "".join(words)


def _word(option: Any) -> str:
    """How an option is told: by its value, or by its name if that says more or no text could be the value."""
    meant = _plain(option)
    is_unwritable = not isinstance(meant, bool | int | float | str | None)
    if isinstance(option, Flag) or (isinstance(option, Enum) and is_unwritable):
        return str(option.name)
    return written(meant) or "nothing"
