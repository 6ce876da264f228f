"""The class of attrs that has the same fields as one of ``config.frozen``, for those who ask attrs about that."""

from collections.abc import Callable, Mapping
from inspect import get_annotations, signature
from typing import Any

import attrs

__all__ = ["as_attrs_tells"]

_TWIN = "__rostra_twin__"


def as_attrs_tells(
    attribute: str, cls: type, fields: Mapping[str, Any], made_by: Callable[..., None] | None
) -> Any:
    """What attrs tells of a class: its fields, ``__attrs_attrs__``, or the ``__signature__`` of its constructor.

    Args:
        attribute: Which of the two.
        cls: The class.
        fields: Its fields by name, as ``config.field`` made them.
        made_by: The ``__init__`` that somebody wrote for it.
    """
    if attribute != "__signature__":
        return _twin_of(cls, fields).__attrs_attrs__
    if made_by is None:
        return signature(_twin_of(cls, fields))
    own = signature(made_by)
    return own.replace(parameters=[*own.parameters.values()][1:])


def _twin_of(cls: type, fields: Mapping[str, Any]) -> Any:
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
