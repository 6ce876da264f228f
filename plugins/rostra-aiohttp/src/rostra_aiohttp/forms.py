"""Forms as browsers send them: pairs of names and texts or files, made into classes."""

import dataclasses
import inspect
import typing
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import parse_qsl

import attrs

from rostra.handlers import bare, is_list_of_scalars, is_scalar, union_members
from rostra_aiohttp.problems import Fault
from rostra_aiohttp.uploads import Upload

Pair: TypeAlias = tuple[str, Any]
"""A name, and a text or an upload."""


class Field(NamedTuple):
    """One of a form.

    Args:
        is_many: It takes all values of its name.
        is_text: An empty text is one; else it is as good as nothing.
        is_file: It takes files.
        otherwise: What it is if nothing was sent; ``MISSING`` where its class knows better.
    """

    is_many: bool
    is_text: bool
    is_file: bool
    otherwise: Any


MISSING: Any = object()


class Shape(NamedTuple):
    """What a form may consist of.

    Args:
        fields: By name.
        rest: How others are taken; None leaves them out.
    """

    fields: Mapping[str, Field]
    rest: Field | None

    @property
    def has_files(self) -> bool:
        """Whether files are taken."""
        return any(field.is_file for field in (*self.fields.values(), *filter(None, [self.rest])))

    def arranged(self, pairs: Iterable[Pair]) -> tuple[dict[str, Any], list[Fault]]:
        """The values by name, and what was sent too often."""
        found: dict[str, list[Any]] = {}
        for name, value in pairs:
            if name in self.fields or self.rest is not None:
                found.setdefault(name, []).append(value)
        values: dict[str, Any] = {}
        faults = []
        for name, several in found.items():
            field = self.fields.get(name) or typing.cast(Field, self.rest)
            sent = several if field.is_text else [value for value in several if value != ""]
            if field.is_many:
                values[name] = sent
            elif sent:
                values[name] = sent[0]
            if len(sent) > 1 and not field.is_many:
                faults.append(Fault("body", (name,), f"expected one value, found {len(sent)}"))
        for name, field in self.fields.items():
            if name not in values and field.otherwise is not MISSING:
                values[name] = field.otherwise
        return values, faults


def shape_of(annotation: Any) -> Shape | None:
    """The form that is made into this type; None if there is none."""
    kind = bare(annotation)
    origin = typing.get_origin(kind) or kind
    if not isinstance(origin, type):
        return None
    if issubclass(origin, Mapping) and not typing.is_typeddict(origin):
        item = (*typing.get_args(kind), Any, Any)[1]
        return Shape({}, _field(item, has_default=True)) if _is_sendable(item) else None
    if not (attrs.has(origin) or dataclasses.is_dataclass(origin) or typing.is_typeddict(origin)):
        return None
    hints, defaults = typing.get_type_hints(origin, include_extras=True), _with_default(origin)
    names = _names(origin)
    if not all(_is_sendable(hints.get(name, Any)) for name in names):
        return None
    return Shape({name: _field(hints.get(name, Any), has_default=name in defaults) for name in names}, None)


def pairs_of(content: bytes, most: int) -> list[Pair]:
    """The pairs of a form that is encoded as URLs are, in UTF-8.

    Raises:
        ValueError: It is none, or there are more than ``most``.
    """
    try:
        text = content.decode("ascii", "strict")
        return list(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=most))
    except UnicodeDecodeError:
        raise ValueError("it is not percent-encoded UTF-8") from None


def _names(kind: type) -> list[str]:
    if attrs.has(kind):
        return [field.name for field in attrs.fields(kind) if field.init]
    if dataclasses.is_dataclass(kind):
        return [field.name for field in dataclasses.fields(kind) if field.init]
    return list(typing.get_type_hints(kind))


def _with_default(kind: type) -> Collection[str]:
    if attrs.has(kind):
        return {field.name for field in attrs.fields(kind) if field.default is not attrs.NOTHING}
    if dataclasses.is_dataclass(kind):
        empty = dataclasses.MISSING
        fields = dataclasses.fields(kind)
        return {
            each.name for each in fields if each.default is not empty or each.default_factory is not empty
        }
    return frozenset(getattr(kind, "__optional_keys__", ()))


def _field(annotation: Any, *, has_default: bool) -> Field:
    kind = bare(annotation)
    is_many = _is_many(kind)
    item = (typing.get_args(kind) or (Any,))[0] if is_many else kind
    members = [bare(member) for member in union_members(item) or (item,)]
    is_text = any(member in (Any, object, str, bytes) for member in members)
    otherwise = MISSING if has_default else [] if is_many else None if _takes_none(annotation) else MISSING
    return Field(is_many, is_text, any(_is_file(member) for member in members), otherwise)


def _is_sendable(annotation: Any) -> bool:
    kind = bare(annotation)
    if kind in (Any, object, Upload) or is_scalar(kind) or is_list_of_scalars(kind):
        return True
    if union_members(kind):
        return all(map(_is_sendable, union_members(kind)))
    return _is_many(kind) and all(map(_is_sendable, typing.get_args(kind)[:1]))


def _is_many(kind: Any) -> bool:
    origin = typing.get_origin(kind) or kind
    is_class = inspect.isclass(origin) and not hasattr(origin, "_fields")
    return (
        is_class
        and issubclass(origin, Collection)
        and not issubclass(origin, str | bytes | Mapping)
        and origin is not Upload
    )


def _is_file(kind: Any) -> bool:
    return kind is Upload or kind in (Any, object)


def _takes_none(annotation: Any) -> bool:
    return type(None) in typing.get_args(annotation)
