"""The class of attrs that has the same fields as one of ``config.frozen``, for those who ask attrs about that."""

from collections.abc import Mapping
from inspect import get_annotations
from typing import Any

import attrs

__all__ = ["twin_of"]

_TWIN = "__rostra_twin__"


def twin_of(cls: type, fields: Mapping[str, Any]) -> Any:
    """The twin of a class, which is kept on it.

    Args:
        cls: The class.
        fields: Its fields by name, as ``config.field`` made them.
    """
    if _TWIN not in vars(cls):
        types = {name: kind for base in reversed(cls.__mro__) for name, kind in get_annotations(base).items()}
        body = {name: _as_of_attrs(each) for name, each in fields.items()}
        body |= {"__annotations__": {name: types[name] for name in fields}, "__module__": cls.__module__}
        setattr(cls, _TWIN, attrs.frozen(type(cls.__name__, (), body)))
    return vars(cls)[_TWIN]


def _as_of_attrs(each: Any) -> Any:
    default: Any = attrs.NOTHING if each.default is ... else each.default
    if each.factory is not None:
        default = attrs.Factory(each.factory)
    validator: Any = each.validators[0] if len(each.validators) == 1 else list(each.validators) or None
    alias = each.name if each.name.startswith("_") else None  # of which attrs would take the underscore away
    return attrs.field(default=default, validator=validator, converter=each.converter, alias=alias)
