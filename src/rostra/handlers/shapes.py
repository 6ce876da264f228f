"""What kind of value is a type? One that stands in a line of text, or one that can be read from a document.

Services and the like are neither. So a class that somebody forgot to register is not mistaken for a payload.
"""

import functools
import typing
from collections.abc import Collection, Mapping
from typing import Any, Literal, TypeVar

from rostra.handlers.annotated import bare, union_members

_FOREIGN = ("__struct_fields__", "SerializeToString")
_ATTRS = "__attrs_attrs__"
_DATACLASS = "__dataclass_fields__"
"""By these, classes of msgspec, messages of protobuf and dataclasses are known without importing what makes them."""


def is_scalar(annotation: Any) -> bool:
    """Whether one piece of text says it: numbers, texts, dates, enums, ids, and unions of these."""
    annotation = bare(annotation)
    if typing.get_origin(annotation) is Literal:
        return True
    if members := union_members(annotation):
        return all(map(is_scalar, members))
    return isinstance(annotation, type) and issubclass(annotation, _scalars())


def is_list_of_scalars(annotation: Any) -> bool:
    """Whether it is a list, tuple or set of such, as a name that stands several times in a query."""
    annotation = bare(annotation)
    origin = typing.get_origin(annotation) or annotation
    if not isinstance(origin, type) or not issubclass(origin, Collection) or hasattr(origin, "_fields"):
        return False
    items = [item for item in typing.get_args(annotation) if item is not Ellipsis]
    return not issubclass(origin, Mapping | str | bytes) and all(map(is_scalar, items))


def is_plain_mapping(annotation: Any) -> bool:
    """Whether it is a mapping of no class of somebody's own: ``dict[str, Any]``, ``Mapping``."""
    origin = typing.get_origin(bare(annotation)) or bare(annotation)
    return (
        isinstance(origin, type)
        and issubclass(origin, Mapping)
        and origin.__module__ in ("builtins", "collections.abc")
    )


def is_data(annotation: Any, _above: tuple[Any, ...] = ()) -> bool:
    """Whether it can be made from a document: scalars, lists, mappings, and classes that have only such fields."""
    annotation = bare(annotation)
    if annotation in _above or annotation in (Any, object) or isinstance(annotation, TypeVar):
        return True
    above = (*_above, annotation)
    if members := union_members(annotation):
        return all(is_data(member, above) for member in members)
    if is_scalar(annotation):
        return True
    origin = typing.get_origin(annotation) or annotation
    if not isinstance(origin, type):
        return False
    if issubclass(origin, Collection) and origin.__module__ in ("builtins", "collections", "collections.abc"):
        return all(item is Ellipsis or is_data(item, above) for item in typing.get_args(annotation))
    return _has_data_only(origin, above)


def _has_data_only(cls: type, above: tuple[Any, ...]) -> bool:
    if any(hasattr(cls, name) for name in _FOREIGN):
        return True
    if hasattr(cls, _ATTRS) or hasattr(cls, _DATACLASS) or _is_typed_dict_or_tuple(cls):
        try:
            hints = typing.get_type_hints(cls)
        except NameError:  # reading the payload will say it better
            return True
        return all(is_data(hint, above) for hint in hints.values())
    return False


def _is_typed_dict_or_tuple(cls: type) -> bool:
    return typing.is_typeddict(cls) or (issubclass(cls, tuple) and hasattr(cls, "_fields"))


@functools.cache
def _scalars() -> tuple[type, ...]:
    """Imported when the first handler is bound, since most programs need few of them."""
    import datetime as dt
    import enum
    from decimal import Decimal
    from ipaddress import IPv4Address, IPv6Address
    from pathlib import PurePath
    from uuid import UUID

    numbers_and_texts = (str, bytes, int, float, bool, Decimal)
    return (
        *numbers_and_texts,
        enum.Enum,
        UUID,
        dt.date,
        dt.time,
        dt.timedelta,
        PurePath,
        IPv4Address,
        IPv6Address,
    )
