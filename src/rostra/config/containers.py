"""Hooks for values that are made of others: lists, tables, secrets."""

import typing
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from rostra.config.declared import bare, exact
from rostra.config.hooks import Fault, Hook, HookFor, WrongError
from rostra.config.phrases import MAPPINGS, SEQUENCES, hidden, phrase
from rostra.config.secret import MASK, Secret
from rostra.config.showing import holds_secret, unexpected
from rostra.config.text import items
from rostra.config.tree import Text, object_in

_TEXTS = frozenset({str})


def container_hook(wanted: Any, hook_for: HookFor) -> Hook | None:
    """The hook for a list, a table or a secret; None for what is none of them."""
    origin = typing.get_origin(wanted) or wanted
    if origin is Secret:
        return _secret_hook(wanted, hook_for)
    if origin in SEQUENCES:
        return _sequence_hook(wanted, hook_for)
    if origin in MAPPINGS:
        return _mapping_hook(wanted, hook_for)
    return None


def _secret_hook(wanted: Any, hook_for: HookFor) -> Hook:
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


def _sequence_hook(wanted: Any, hook_for: HookFor) -> Hook:
    """Lists, tuples and sets, from lists or from a text such as ``a,b``."""
    origin = typing.get_origin(wanted) or wanted
    parts = typing.get_args(wanted) or (Any, ...)
    fixed = origin is tuple and parts[-1] is not Ellipsis
    hooks = [(part, hook_for(part)) for part in parts if part is not Ellipsis]
    build = SEQUENCES[origin]
    as_they_are = frozenset() if fixed else exact(bare(parts[0]))

    def structure(value: Any, _: Any) -> Any:
        if as_they_are and type(value) is list and as_they_are.issuperset(map(type, value)):
            return build(value)
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
        return _built(made, build)

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


def _mapping_hook(wanted: Any, hook_for: HookFor) -> Hook:
    """Tables whose keys are free, from tables or from a text with a JSON object."""
    origin = typing.get_origin(wanted) or wanted
    of_key, of_value = typing.get_args(wanted) or (Any, Any)
    key_hook, value_hook = hook_for(of_key), hook_for(of_value)
    build = MAPPINGS[origin]
    are_hidden = holds_secret(of_key)
    as_they_are = exact(bare(of_value)) if bare(of_key) is str else frozenset()

    def structure(value: Any, _: Any) -> Any:
        if (
            isinstance(value, dict)
            and as_they_are.issuperset(map(type, value.values()))
            and _TEXTS.issuperset(map(type, value))
        ):
            return build(value)
        faults: list[Fault] = []
        made = {}
        for key, each in entries(value, wanted).items():
            told = MASK if are_hidden else key
            try:
                called = key_hook(Text(key) if isinstance(key, str) else key, of_key)
            except WrongError as wrong:
                faults += [Fault((told,), f"its key: {fault.reason}") for fault in wrong.faults]
                continue
            try:
                made[called] = value_hook(each, of_value)
            except WrongError as wrong:
                faults += [fault.under(told) for fault in wrong.faults]
        if faults:
            raise WrongError(*faults)
        return build(made)

    return structure


def entries(value: Any, wanted: Any) -> Mapping[Hashable, Any]:
    """The entries of a table, or of the JSON object in a text.

    Raises:
        WrongError: It is neither.
    """
    if isinstance(value, Mapping):
        return value
    found: Any = object_in(value) if isinstance(value, str) else None
    if found is not None:
        return dict(found)
    expected = "a table, as a JSON object" if type(value) is Text else "a table"
    raise unexpected(expected, value, wanted)
