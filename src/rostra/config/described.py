"""What settings are there? Each with its type in words, its default, its documentation and its variable.

For tools, which show what a class of settings takes without a value being there: ``rostra config``, its templates
and its schema. Nothing is loaded; no factory of a default is called but those that make empty containers and
classes of settings.
"""

import dataclasses
import typing
from collections.abc import Iterator
from types import NoneType
from typing import Any

import attrs

from rostra.config.declared import (
    Setting,
    bare,
    classes_in,
    is_alias,
    is_section,
    members,
    names_around,
    settings_of,
)
from rostra.config.hooks import own
from rostra.config.phrases import LIST, MAPPINGS, SEQUENCES, TABLE, hidden, phrase
from rostra.config.secret import Secret
from rostra.config.showing import holds_secret
from rostra.config.tree import Path
from rostra.describing import documented

__all__ = ["Described", "DescribedClass", "described", "every", "in_words"]

_SHORT = {Any: "anything", object: "anything", bool: "true or false"}
_HARMLESS = (dict, frozenset, list, set, tuple)


@attrs.frozen(eq=False)
class Described:
    """One setting.

    Args:
        setting: As its class declares it.
        path: From the root of all settings.
        default: What it is when nobody says anything; ``attrs.NOTHING`` if it is required or only made then.
        made_by: The name of the function that makes the default, if that is only known then.
        text: Its documentation.
        classes: What it may be, if it is a table of settings; none for a single setting, and for a class within
            itself.
    """

    setting: Setting
    path: Path
    default: Any = attrs.field(repr=False)
    made_by: str
    text: str
    classes: "tuple[DescribedClass, ...]"

    @property
    def inner(self) -> "DescribedClass | None":
        """The class, if it can be no other."""
        return self.classes[0] if len(self.classes) == 1 else None

    @property
    def is_secret(self) -> bool:
        """Whether a value of it has a secret in it."""
        return holds_secret(self.setting.type)


@attrs.frozen(eq=False)
class DescribedClass:
    """A class of settings.

    Args:
        cls: The class.
        path: Its table.
        text: Its documentation.
        settings: In the order of its constructor's parameters.
    """

    cls: type
    path: Path
    text: str
    settings: tuple[Described, ...]


def described(cls: type, place: Path) -> DescribedClass:
    """A class of settings whose table stands at ``place``.

    Raises:
        UnknownTypeError: An annotation cannot be resolved.
    """
    return _described(cls, place, attrs.NOTHING, names_around(cls), frozenset())


def every(within: DescribedClass) -> Iterator[Described]:
    """All settings of a class and of the classes in it; a table comes before its parts."""
    for each in within.settings:
        yield each
        for inner in each.classes:
            yield from every(inner)


def _described(
    cls: type, place: Path, instance: Any, around: dict[str, Any], seen: frozenset[type]
) -> DescribedClass:
    """The class, with defaults taken from the instance that is itself a default, if there is one."""
    said = documented(cls)
    found = []
    for setting in settings_of(cls, around):
        path = (*place, setting.name)
        default, made_by = _default(cls, setting, instance)
        inner = tuple(
            _described(
                kind, path, default if isinstance(default, kind) else attrs.NOTHING, around, seen | {cls}
            )
            for kind in classes_in(setting.type)
            if kind not in seen | {cls}
        )
        text = said.attributes.get(setting.attribute) or said.attributes.get(setting.name, "")
        found.append(Described(setting, path, default, made_by, text, inner))
    return DescribedClass(cls, place, said.text, tuple(found))


def _default(cls: type, setting: Setting, instance: Any) -> tuple[Any, str]:
    """The default of a setting, or who will make it."""
    if instance is not attrs.NOTHING and hasattr(instance, setting.attribute):
        return getattr(instance, setting.attribute), ""
    if setting.required:
        return attrs.NOTHING, ""
    default, factory = _declared(cls, setting)
    if factory is None:
        return default, ""
    if factory in _HARMLESS:
        return factory(), ""
    if is_section(factory) and not any(each.required for each in settings_of(factory)):
        return attrs.NOTHING, ""  # its own defaults say it
    name = getattr(factory, "__qualname__", type(factory).__qualname__)
    return attrs.NOTHING, "a function" if "<" in name else name


def _declared(cls: Any, setting: Setting) -> tuple[Any, Any]:
    """The default as it was written, and the factory that is to make it."""
    if attrs.has(cls):
        default = next(each.default for each in attrs.fields(cls) if each.name == setting.attribute)
        factory: Any = attrs.Factory  # its stub makes a function of the class
        if not isinstance(default, factory):
            return default, None
        return attrs.NOTHING, default.factory
    if dataclasses.is_dataclass(cls):
        field = next(each for each in dataclasses.fields(cls) if each.name == setting.attribute)
        is_made = field.default_factory is not dataclasses.MISSING
        return (attrs.NOTHING, field.default_factory) if is_made else (field.default, None)
    return getattr(cls, setting.attribute), None


def in_words(wanted: Any) -> str:
    """What a value of a type is, in words that say what is in lists and tables, and whether it may be missing."""
    if is_alias(wanted):  # it may stand in what it stands for
        return phrase(wanted)
    wanted = bare(wanted)
    origin = typing.get_origin(wanted) or wanted
    if own(origin) is not None:
        return phrase(wanted)
    if origin is Secret:
        return in_words(hidden(wanted))
    alternatives = members(wanted)
    if alternatives:
        words = dict.fromkeys(in_words(each) for each in alternatives if each is not NoneType)
        return " or ".join([*words, *(["nothing"] if NoneType in alternatives else [])])
    arguments = typing.get_args(wanted)
    if origin in SEQUENCES and arguments:
        is_fixed = origin is tuple and arguments[-1] is not Ellipsis
        parts = ", ".join(in_words(each) for each in arguments if each is not Ellipsis)
        return f"{LIST}: {parts}" if is_fixed else f"{LIST}, each {parts}"
    if origin in MAPPINGS and arguments:
        return f"{TABLE}, each {in_words(arguments[1])}"
    return _SHORT.get(wanted) or phrase(wanted)
