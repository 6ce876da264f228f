"""Which alternative of a union does a value mean? One rule, which docs/reference/config.rst states.

What has a type already, a number or a string of TOML, is the alternative of that type. A table is the class whose
Literal it names, else the one whose settings it has. A text is what it can be in the narrowest sense. Where a single
alternative is left it tells what is wrong; where more are, all of them are named.
"""

import re
import typing
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import PurePath
from types import NoneType
from typing import Any, Literal, NamedTuple

from rostra.components import name_of
from rostra.config.choices import chosen, phrase_of_options
from rostra.config.declared import Setting, bare, is_section, members, options, settings_of
from rostra.config.hooks import Fault, Hook, HookFor, WrongError, own
from rostra.config.phrases import MAPPINGS, SEQUENCES, hidden, phrase
from rostra.config.secret import Secret
from rostra.config.showing import unexpected
from rostra.config.tree import Text, json_in

_CHOICE, _USUAL, _LIST, _NEARLY_ANYTHING = 0, 4, 7, 8
_RANKS: Mapping[Any, int] = {
    int: 1,
    bool: 2,
    date: 3,  # what is a date is a date and time, too
    datetime: 5,
    float: 6,
    re.Pattern: _NEARLY_ANYTHING,
    str: 9,
    bytes: 9,
    Any: 10,
    object: 10,
}


class _Alternative(NamedTuple):
    wanted: Any
    hook: Hook

    @property
    def origin(self) -> Any:
        return typing.get_origin(self.wanted) or self.wanted

    @property
    def is_class(self) -> bool:
        return is_section(self.origin)

    @property
    def is_table(self) -> bool:
        return self.is_class or self.origin in MAPPINGS or typing.is_typeddict(self.origin)

    @property
    def is_list(self) -> bool:
        return self.origin in SEQUENCES

    @property
    def is_own(self) -> bool:
        return own(self.origin) is not None

    def read(self, value: Any) -> Any:
        return self.hook(value, self.wanted)

    def settings(self) -> tuple[Setting, ...]:
        return settings_of(self.origin)

    def setting(self, name: Any) -> Setting | None:
        return next((each for each in self.settings() if each.name == name), None)


def union_hook(wanted: Any, hook_for: HookFor) -> Hook:
    """The hook of ``A | B | None``. An empty ``Text`` is None where None is admitted."""
    parts = [bare(each) for each in members(wanted)]
    known = [_Alternative(each, hook_for(each)) for each in sorted(parts, key=_rank) if each is not NoneType]
    is_optional = NoneType in parts
    is_secret = any(each.origin is Secret for each in known)
    only = known[0] if len(known) == 1 else None

    def structure(value: Any, _: Any) -> Any:
        if is_optional and (value is None or (isinstance(value, Text) and not value)):
            return None
        if only is not None:
            return only.hook(value, only.wanted)
        try:
            return _chosen(value, known, wanted)
        except WrongError as error:
            wrong = error.with_traceback(None)
        if is_secret:  # a text that was meant for the secret may have been taken for a table
            raise unexpected(phrase(wanted), value, wanted)
        raise wrong

    return structure


def _rank(wanted: Any) -> int:
    """The narrower alternative has the first word: every whole number is a number too, and everything is text."""
    origin = typing.get_origin(wanted) or wanted
    if origin is Secret:
        return _rank(bare(hidden(wanted)))
    if own(origin) is not None:
        return _USUAL
    if options(wanted):
        return _CHOICE
    if origin in SEQUENCES:
        return _LIST
    if isinstance(origin, type) and issubclass(origin, PurePath):
        return _NEARLY_ANYTHING
    return _RANKS.get(origin, _USUAL)


def _chosen(value: Any, known: list[_Alternative], wanted: Any) -> Any:
    same = [each for each in known if each.origin is type(value)]
    if same and not isinstance(value, Mapping | list):
        choices = [each for each in known if options(each.wanted)]
        return _first(value, [*choices, *same], same, wanted)
    spoken = [each for each in known if each.is_own]
    found = _found_in(value)
    if isinstance(found, Mapping) and (tables := [each for each in known if each.is_table]):
        return _of_tables(found, tables, spoken, wanted)
    if isinstance(found, list) and (lists := [each for each in known if each.is_list]):
        return _first(value, [*lists, *spoken], lists, wanted)
    return _first(value, known, known, wanted)


def _found_in(value: Any) -> Any:
    """The table or list that a value is, or that a text says in JSON."""
    if isinstance(value, str) and value.strip()[:1] in ("{", "["):
        try:
            return json_in(value)
        except ValueError:
            return None
    return list(value) if isinstance(value, tuple | set | frozenset) else value


def _first(value: Any, asked: list[_Alternative], telling: list[_Alternative], wanted: Any) -> Any:
    """What the first that fits makes of a value; if none does and one is to tell why, it tells."""
    if telling == asked and len(asked) == 1:
        return asked[0].read(value)
    wrong = []
    for each in asked:
        try:
            return each.read(value)
        except WrongError as error:
            wrong += [error.with_traceback(None)] if each in telling else []
    raise wrong[0] if len(wrong) == 1 else unexpected(phrase(wanted), value, wanted)


def _of_tables(
    table: Mapping[Any, Any], tables: list[_Alternative], spoken: list[_Alternative], wanted: Any
) -> Any:
    classes = [each for each in tables if each.is_class]
    free = [each for each in tables if not each.is_class]
    others = [*free, *(each for each in spoken if not each.is_class)]
    try:
        nearest = _nearest(table, _named(table, classes)) if classes else []
    except WrongError:
        if not others:
            raise
        nearest = []
    if others:
        return _first(table, [*nearest, *others], others, wanted)
    return _first_of_classes(table, nearest)


def _first_of_classes(table: Mapping[Any, Any], classes: list[_Alternative]) -> Any:
    """The first that fits, else what is wrong in the sense of the one that has the least against it."""
    wrong = []
    for each in classes:
        try:
            return each.read(table)
        except WrongError as error:
            wrong.append(error.with_traceback(None))
    raise min(wrong, key=lambda error: len(error.faults))


def _named(table: Mapping[Any, Any], classes: list[_Alternative]) -> list[_Alternative]:
    """The classes that a table names by a setting that is a Literal in each of them."""
    for name in _tags(classes):
        kinds = [(each, setting) for each in classes if (setting := each.setting(name)) is not None]
        if name in table:
            named = [each for each, setting in kinds if _admits(setting, table[name])]
        else:
            named = [each for each, setting in kinds if not setting.required]
        if not named:
            raise _unnamed(table, name, [bare(setting.type) for _, setting in kinds])
        classes = named
    return classes


def _tags(classes: list[_Alternative]) -> list[str]:
    """The settings that tell the classes apart."""
    first, *others = classes
    return [
        setting.name
        for setting in first.settings()
        if others and all(_is_literal(each.setting(setting.name)) for each in classes)
    ]


def _is_literal(setting: Setting | None) -> bool:
    return setting is not None and typing.get_origin(bare(setting.type)) is Literal


def _admits(setting: Setting, value: Any) -> bool:
    try:
        chosen(value, bare(setting.type))
    except ValueError:
        return False
    return True


def _unnamed(table: Mapping[Any, Any], name: str, literals: Iterable[Any]) -> WrongError:
    every: Any = Literal[tuple(dict.fromkeys(each for literal in literals for each in options(literal)))]
    if name in table:
        wrong = unexpected(phrase_of_options(every), table[name], every)
        return WrongError(*(fault.under(name) for fault in wrong.faults))
    return WrongError(Fault((name,), f"missing; expected {phrase_of_options(every)}", missing=True))


def _nearest(table: Mapping[Any, Any], classes: list[_Alternative]) -> list[_Alternative]:
    """The classes that a table differs from by the fewest settings, missing or unknown.

    Raises:
        WrongError: There are several, and the table is none of them.
    """
    distances = [(each, _distance(table, each)) for each in classes]
    least = min(distance for _, distance in distances)
    nearest = [each for each, distance in distances if distance == least]
    if least and len(nearest) > 1:
        known = " or ".join(f"{name_of(each.origin)} ({_names(each)})" for each in nearest)
        raise WrongError(Fault((), f"expected the settings of {known}"))
    return nearest


def _distance(table: Mapping[Any, Any], alternative: _Alternative) -> int:
    settings = alternative.settings()
    required = {each.name for each in settings if each.required}
    return len(table.keys() - {each.name for each in settings}) + len(required - table.keys())


def _names(alternative: _Alternative) -> str:
    return ", ".join(each.name for each in alternative.settings()) or "none"
