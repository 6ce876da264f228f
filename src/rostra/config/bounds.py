"""Which values do the validators of attrs refuse, as far as the schema of a file can say it? Pure."""

import typing
from typing import Any

import attrs

from rostra.config.declared import Setting, members
from rostra.config.quantities import Duration
from rostra.describing import constraints

__all__ = ["bounds"]

_OF_NUMBERS = frozenset({"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"})
_SAID: dict[Any, frozenset[str]] = {
    int: _OF_NUMBERS,
    float: _OF_NUMBERS,
    Duration: _OF_NUMBERS,
    str: frozenset({"minLength"}),  # what a reference stands for may be shorter than the reference
    list: frozenset({"minItems", "maxItems"}),
    dict: frozenset({"minProperties", "maxProperties"}),
}
"""What is true of a file, too, where texts may have references in them."""


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
    kind = typing.get_origin(setting.type) or setting.type
    said = constraints(field.validator, kind)
    return {keyword: value for keyword, value in said.items() if keyword in _SAID.get(kind, ())}
