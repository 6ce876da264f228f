"""Which values do the validators of attrs refuse, as far as JSON Schema can say it? Pure."""

import operator
import typing
from collections.abc import Iterator
from typing import Any

import attrs

from rostra.config.declared import Setting, members
from rostra.config.quantities import Duration

__all__ = ["bounds"]

_COMPARED: dict[Any, str] = {
    operator.ge: "minimum",
    operator.gt: "exclusiveMinimum",
    operator.le: "maximum",
    operator.lt: "exclusiveMaximum",
}
_LENGTHS: dict[Any, dict[str, str]] = {
    str: {"min_length": "minLength"},  # what a reference stands for may be shorter than the reference
    list: {"min_length": "minItems", "max_length": "maxItems"},
    dict: {"min_length": "minProperties", "max_length": "maxProperties"},
}


def bounds(cls: Any, setting: Setting) -> dict[str, Any]:
    """What the validators of a setting say: least and greatest number, length of texts and lists.

    Nothing for a class that is not attrs', and where a converter stands before the validator: what is refused then
    is not what the file says.
    """
    if not attrs.has(cls):
        return {}
    field = next(each for each in attrs.fields(cls) if each.name == setting.attribute)
    if field.converter is not None or members(setting.type):
        return {}
    return dict(found for each in _single(field.validator) for found in _said(each, setting.type))


def _single(validator: Any) -> Iterator[Any]:
    if validator is None:
        return
    several = getattr(validator, "_validators", None)
    if isinstance(several, tuple):
        for each in several:
            yield from _single(each)
    else:
        yield validator


def _said(validator: Any, wanted: Any) -> Iterator[tuple[str, Any]]:
    """What one says. attrs has no public names for the classes of its validators, so they are known by fields."""
    if not type(validator).__module__.startswith("attr"):
        return
    bound, compared = getattr(validator, "bound", None), getattr(validator, "compare_func", None)
    is_number = isinstance(bound, int | float) and not isinstance(bound, bool)
    if is_number and compared in _COMPARED and wanted in (int, float, Duration):
        yield _COMPARED[compared], bound
    kind = typing.get_origin(wanted) or wanted
    for length, keyword in _LENGTHS.get(kind, {}).items():
        if isinstance(number := getattr(validator, length, None), int):
            yield keyword, number
