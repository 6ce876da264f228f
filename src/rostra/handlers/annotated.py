"""Which type does an annotation mean? That is what stands in it, without what may stand around it."""

import types
import typing
from typing import Annotated, Any, NewType, Union

_UNIONS = (Union, types.UnionType)


def bare(annotation: Any) -> Any:
    """The type without ``Annotated``, ``NewType``, an alias, and ``None`` beside it."""
    while True:
        if typing.get_origin(annotation) is Annotated:
            annotation = typing.get_args(annotation)[0]
        elif isinstance(annotation, NewType):
            annotation = annotation.__supertype__
        elif hasattr(annotation, "__value__"):  # TypeAliasType, of typing or of typing_extensions
            annotation = annotation.__value__
        elif len(members := union_members(annotation)) == 1:
            annotation = members[0]
        else:
            return annotation


def union_members(annotation: Any) -> tuple[Any, ...]:
    """The members of a union that are not None; nothing for all other types."""
    if typing.get_origin(annotation) not in _UNIONS:
        return ()
    return tuple(member for member in typing.get_args(annotation) if member is not types.NoneType)
