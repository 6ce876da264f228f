"""What settings does a class declare? The same answer for attrs classes, dataclasses and plain sections."""

import typing
from collections.abc import Hashable, Mapping
from enum import EnumMeta
from inspect import get_annotations
from types import EllipsisType, FrameType, NoneType, UnionType
from typing import Any, Literal, NewType, TypeGuard

from rostra.components import name_of
from rostra.config.hooks import registered
from rostra.config.tables import fields_of
from rostra.values import Values

SECTION = "__rostra_section__"
_DECLARED = "__rostra_settings__"
_NAMES = "__rostra_names__"
_LOCALS = "__rostra_locals__"
_EXACT = frozenset({str, int, float, bool, bytes, NoneType})


class Setting(Values):
    """One setting of a class.

    Args:
        name: Its key in the table, which is also the name of the constructor's parameter.
        attribute: The attribute that has its value.
        type: What it must be, with every name resolved.
        required: It has no default.
    """

    name: str
    attribute: str
    type: Any
    required: bool


class _Field(Values):
    name: str
    attribute: str
    annotation: Any
    required: bool


class UnknownTypeError(TypeError):
    """An annotation names something that does not exist where it stands."""


def is_section(cls: Any) -> TypeGuard[type]:
    """Whether a class holds settings: an attrs class, a dataclass, or a ``Config`` subclass.

    One that somebody registered a function for does not.
    """
    return isinstance(cls, type) and (has_constructor(cls) or hasattr(cls, SECTION)) and not registered(cls)


def has_constructor(cls: type) -> bool:
    """Whether it is an attrs class, one that ``frozen`` made, or a dataclass."""
    return fields_of(cls) is not None or _is_of_attrs(cls) or _is_dataclass(cls)


def _is_of_attrs(cls: type) -> bool:
    """As ``attrs.has`` says of a class."""
    return hasattr(cls, "__attrs_attrs__")


def _is_dataclass(cls: type) -> bool:
    """As ``dataclasses`` says, which most starts need not import for that."""
    return hasattr(cls, "__dataclass_fields__")


def section_of(cls: type) -> str | EllipsisType | None:
    """The section that a class was made for; None is the root, and ``...`` that a ``Config`` class names none."""
    section: str | EllipsisType | None = getattr(cls, SECTION, None)
    return section


def settings_of(cls: type, around: Mapping[str, Any] | None = None) -> tuple[Setting, ...]:
    """The settings of a class in the order of its constructor's parameters.

    The answer is kept on the class itself, and so goes with it.

    Args:
        cls: A class for which ``is_section`` is true.
        around: Names of types that were known where the outermost class was made.

    Raises:
        UnknownTypeError: An annotation cannot be resolved.
    """
    known: tuple[Setting, ...] | None = vars(cls).get(_DECLARED)
    if known is None:
        written = _written(cls)
        known = tuple(_setting(cls, field, written, around or {}) for field in _fields(cls))
        setattr(cls, _DECLARED, known)
    return known


def names_of(cls: type) -> frozenset[Hashable]:
    """The names of the settings of a section's class, kept on it."""
    known: frozenset[Hashable] | None = vars(cls).get(_NAMES)
    if known is None:
        known = frozenset(setting.name for setting in settings_of(cls, names_around(cls)))
        setattr(cls, _NAMES, known)
    return known


def keep_locals(cls: type, frame: FrameType) -> None:
    """Remember the types that the functions around ``cls`` know by name, if it needs them.

    Args:
        cls: A class that is being made.
        frame: Where it is made.
    """
    if "<locals>" in cls.__qualname__ and any(map(_is_open, get_annotations(cls).values())):
        from rostra.config import namespaces

        setattr(cls, _LOCALS, namespaces.names_around(cls, frame))


def names_around(cls: type) -> dict[str, Any]:
    """The types that were known by name where ``cls`` was made, if it is a local ``Config`` subclass."""
    kept: dict[str, Any] = vars(cls).get(_LOCALS, {})
    return kept


def resolved(annotation: Any, owner: type, around: Mapping[str, Any]) -> Any:
    """The type that an annotation stands for.

    Args:
        annotation: As it was written.
        owner: The class in whose body it stands.
        around: Names that the functions around the section's class knew.

    Raises:
        NameError: A name in it means nothing.
    """
    if not _is_open(annotation):
        return annotation
    from rostra.config.namespaces import evaluated

    return evaluated(annotation, owner, {**around, **names_around(owner)})


def _is_open(annotation: Any) -> bool:
    """Whether some part of the annotation is still a string."""
    if isinstance(annotation, type) and not typing.get_args(annotation):
        return False
    if isinstance(annotation, str | typing.ForwardRef):
        return True
    if typing.get_origin(annotation) is typing.Literal:
        return False
    return any(map(_is_open, typing.get_args(annotation)))


def hashable(wanted: Any) -> Any:
    """The type itself; without what ``Annotated`` says in it if that cannot be hashed, so that no table can hold it."""
    try:
        hash(wanted)
    except TypeError:
        from rostra.config.namespaces import without_metadata

        return without_metadata(wanted)
    return wanted


def _written(cls: type) -> dict[str, tuple[type, Any]]:
    """Where each annotation of a class and its bases stands, and what it says; the nearest counts."""
    return {
        name: (base, annotation)
        for base in reversed(cls.__mro__)
        for name, annotation in get_annotations(base).items()
    }


def _setting(
    cls: type, field: _Field, written: Mapping[str, tuple[type, Any]], around: Mapping[str, Any]
) -> Setting:
    owner, annotation = written.get(field.attribute, (cls, field.annotation))
    try:
        wanted = resolved(annotation, owner, around)
    except NameError as error:
        where = f"{name_of(owner)}.{field.attribute}"
        raise UnknownTypeError(f"nobody knows the type {annotation} of {where}: {error}") from None
    return Setting(field.name, field.attribute, bare(hashable(wanted)), field.required)


def _fields(cls: type) -> list[_Field]:
    if (fields := fields_of(cls)) is not None:
        return [
            _Field(
                name, name, Any, each.default is ... and each.factory is None
            )  # the annotation says its type
            for name, each in fields.items()
        ]
    if _is_of_attrs(cls):
        import attrs

        return [
            _Field(each.alias or each.name, each.name, each.type or Any, each.default is attrs.NOTHING)
            for each in attrs.fields(cls)
            if each.init
        ]
    if _is_dataclass(cls):
        import dataclasses

        missing = dataclasses.MISSING
        return [
            _Field(
                each.name, each.name, each.type, each.default is missing and each.default_factory is missing
            )
            for each in dataclasses.fields(cls)
            if each.init
        ]
    return _annotated(cls)


def _annotated(cls: type) -> list[_Field]:
    """The annotations of a plain class, those of its bases first."""
    found = {
        name: annotation
        for base in reversed(cls.__mro__)
        for name, annotation in get_annotations(base).items()
        if not str(annotation).startswith(("typing.ClassVar", "ClassVar"))
    }
    return [_Field(name, name, annotation, not hasattr(cls, name)) for name, annotation in found.items()]


def bare(wanted: Any) -> Any:
    """A type without what says nothing about its values: Annotated, NewType, Final, a ``type`` alias.

    A NewType that somebody registered a function for does say something.
    """
    while True:
        origin = typing.get_origin(wanted)
        if origin in (typing.Annotated, typing.Final):
            wanted = typing.get_args(wanted)[0]
        elif isinstance(wanted, NewType) and not registered(wanted):
            wanted = wanted.__supertype__
        elif is_alias(wanted):
            from rostra.config.namespaces import aliased

            wanted = aliased(wanted)
        else:
            return wanted


def is_alias(wanted: Any) -> bool:
    """Whether a type is an alias made by a ``type`` statement; it may stand in what it stands for."""
    return type(typing.get_origin(wanted) or wanted).__name__ == "TypeAliasType"


def members(wanted: Any) -> tuple[Any, ...]:
    """The alternatives of a union, those of unions in it included, or nothing if the type is none."""
    if typing.get_origin(wanted) not in (typing.Union, UnionType):
        return ()
    return tuple(part for each in typing.get_args(wanted) for part in (members(bare(each)) or (each,)))


def options(wanted: Any) -> tuple[Any, ...]:
    """What an enum or a Literal admits; nothing for other types."""
    if isinstance(wanted, EnumMeta):
        return tuple(wanted)
    return typing.get_args(wanted) if typing.get_origin(wanted) is Literal else ()


def exact(wanted: Any) -> frozenset[type]:
    """The types whose instances are values of this type just as they are: most settings of most programs."""
    kinds = frozenset(members(wanted) or (wanted,))
    return kinds if kinds <= _EXACT else kinds & {NoneType}


def classes_in(wanted: Any) -> list[type]:
    """All classes that a nested table may be."""
    return [each for each in _alternatives(wanted) if is_section(each)]


def _alternatives(wanted: Any) -> list[Any]:
    wanted = bare(wanted)
    return [bare(each) for each in members(wanted) or (wanted,) if each is not NoneType]


def called(cls: type) -> str:
    """How a class is named in messages: with its module."""
    return f"{cls.__module__}.{name_of(cls)}"
