"""Hooks for values that are made of others: lists, tables, unions, secrets."""

import typing
from collections.abc import Callable, Hashable, Mapping
from types import NoneType
from typing import Any, TypeAlias

from rostra.config.declared import bare, holds_secret, members
from rostra.config.faults import Fault, WrongError, unexpected
from rostra.config.phrases import LIST, SEQUENCES, TABLE, hidden, phrase
from rostra.config.secret import MASK, Secret
from rostra.config.text import Text, items, json_in

Hook: TypeAlias = Callable[[Any, Any], Any]
"""What cattrs calls one: takes a value and the type that it is to become. Ours raise WrongError only."""

HookFor: TypeAlias = Callable[[Any], Hook]

_VAGUENESS = {int: 0, bool: 1, float: 3, str: 4, bytes: 5}


def secret_hook(wanted: Any, hook_for: HookFor) -> Hook:
    """``Secret[T]``. Of what is wrong with the value nothing is told but what was expected."""
    inner = hidden(wanted)
    hook = hook_for(inner)

    def structure(value: Any, _: Any) -> Any:
        try:
            return Secret(hook(value.reveal() if isinstance(value, Secret) else value, inner))
        except WrongError:
            pass
        raise WrongError(Fault((), f"expected {phrase(inner)}, found {MASK}"))

    return structure


def union_hook(wanted: Any, hook_for: HookFor) -> Hook:
    """The first alternative that the value fits: its own type, then the narrower ones.

    An empty ``Text`` is None where None is admitted.
    """
    alternatives = sorted((bare(each) for each in members(wanted) if each is not NoneType), key=_vagueness)
    hooks = [(each, hook_for(each)) for each in alternatives]
    optional = NoneType in members(wanted)

    def structure(value: Any, _: Any) -> Any:
        if optional and (value is None or (type(value) is Text and not value)):
            return None
        alike = [known for known in hooks if _looks_like(value, known[0])] if len(hooks) > 1 else hooks
        if len(alike) == 1:  # it alone has to say what is wrong with the value
            return alike[0][1](value, alike[0][0])
        for each, hook in sorted(hooks, key=lambda known: known[0] is not type(value)):
            try:
                return hook(value, each)
            except WrongError:
                continue
        raise unexpected(phrase(wanted), value, wanted)

    return structure


def _looks_like(value: Any, wanted: Any) -> bool:
    if isinstance(value, Mapping):
        return phrase(wanted) == TABLE
    return isinstance(value, list) and phrase(wanted) == LIST


def _vagueness(wanted: Any) -> int:
    """The narrower type has the first word: every whole number is a number too, and everything is text."""
    return _VAGUENESS.get(wanted, 2)


def sequence_hook(wanted: Any, hook_for: HookFor) -> Hook:
    """Lists, tuples and sets, from lists or from a text such as ``a,b``."""
    origin = typing.get_origin(wanted) or wanted
    parts = typing.get_args(wanted) or (Any, ...)
    fixed = origin is tuple and parts[-1] is not Ellipsis
    hooks = [(part, hook_for(part)) for part in parts if part is not Ellipsis]

    def structure(value: Any, _: Any) -> Any:
        found = _items(value, wanted)
        if fixed and len(found) != len(hooks):
            raise unexpected(f"{len(hooks)} items", value, wanted)
        faults: list[Fault] = []
        made = []
        for position, item in enumerate(found):
            part, hook = hooks[position if fixed else 0]
            try:
                made.append(hook(item, part))
            except WrongError as wrong:
                faults += [fault.under(position) for fault in wrong.faults]
        if faults:
            raise WrongError(*faults)
        return _built(made, SEQUENCES[origin])

    return structure


def _built(made: list[Any], build: Callable[[list[Any]], Any]) -> Any:
    try:
        return build(made)
    except TypeError:
        pass
    raise WrongError(Fault((), "expected items that a set can hold"))


def _items(value: Any, wanted: Any) -> list[Any]:
    if isinstance(value, str):
        try:
            return items(value)
        except ValueError:
            pass
    elif isinstance(value, list | tuple | set | frozenset):
        return list(value)
    raise unexpected(f"{phrase(wanted)}, as a,b or as JSON", value, wanted)


def mapping_hook(wanted: Any, hook_for: HookFor) -> Hook:
    """Tables whose keys are free, from tables or from a text with a JSON object."""
    of_key, of_value = typing.get_args(wanted) or (Any, Any)
    key_hook, value_hook = hook_for(of_key), hook_for(of_value)

    def structure(value: Any, _: Any) -> Any:
        faults: list[Fault] = []
        made = {}
        for key, each in entries(value, wanted).items():
            try:
                called = key_hook(Text(key) if isinstance(key, str) else key, of_key)
            except WrongError as wrong:
                told = MASK if holds_secret(of_key) else key
                faults += [Fault((told,), f"its key: {fault.reason}") for fault in wrong.faults]
                continue
            try:
                made[called] = value_hook(each, of_value)
            except WrongError as wrong:
                faults += [fault.under(key) for fault in wrong.faults]
        if faults:
            raise WrongError(*faults)
        return made

    return structure


def entries(value: Any, wanted: Any) -> Mapping[Hashable, Any]:
    """The entries of a table, or of the JSON object in a text.

    Raises:
        WrongError: It is neither.
    """
    if isinstance(value, Mapping):
        return value
    if isinstance(value, str):
        try:
            found = json_in(value)
        except ValueError:
            found = None
        if isinstance(found, dict):
            return found
    expected = "a table, as a JSON object" if type(value) is Text else "a table"
    raise unexpected(expected, value, wanted)
