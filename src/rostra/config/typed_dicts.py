"""The hook for TypedDict: a table whose keys are known, but that stays a dict."""

import typing
from collections.abc import Hashable, Mapping
from inspect import get_annotations
from typing import Any, NamedTuple

from rostra.components import name_of
from rostra.config.containers import entries
from rostra.config.declared import UnknownTypeError, bare, hashable, resolved
from rostra.config.hooks import Fault, Hook, HookFor, WrongError
from rostra.config.phrases import phrase
from rostra.errors import closest


class _Key(NamedTuple):
    wanted: Any
    hook: Hook
    is_required: bool


def typed_dict_hook(cls: Any, hook_for: HookFor, around: Mapping[str, Any]) -> Hook:
    """A dict with the keys of the class, from a table; what is missing, unknown or wrong is told by its key."""
    keys: dict[Hashable, _Key] = {}

    def structure(value: Any, _: Any) -> Any:
        if not keys:  # on first use, since one may hold itself
            keys.update(_keys(cls, hook_for, around))
        table = entries(value, cls)
        made, faults = {}, []
        for name, key in keys.items():
            if name not in table:
                faults += _missing(name, key)
                continue
            try:
                made[name] = key.hook(table[name], key.wanted)
            except WrongError as wrong:
                faults += [fault.under(name) for fault in wrong.faults]
        faults += [_unknown(name, keys) for name in table if name not in keys]
        if faults:
            raise WrongError(*faults)
        return made

    return structure


def _keys(cls: Any, hook_for: HookFor, around: Mapping[str, Any]) -> dict[Hashable, _Key]:
    found: dict[Hashable, _Key] = {}
    for name, annotation in get_annotations(cls).items():
        try:
            wanted = resolved(annotation, cls, around)
        except NameError as error:
            where = f"{name_of(cls)}.{name}"
            raise UnknownTypeError(f"nobody knows a type of {where}: {error}") from None
        says = typing.get_origin(wanted)
        # An annotation that is a string hides what it says from the class.
        is_required = name in cls.__required_keys__ and says is not typing.NotRequired
        if says in (typing.Required, typing.NotRequired):
            (wanted,) = typing.get_args(wanted)
        wanted = bare(hashable(wanted))
        found[name] = _Key(wanted, hook_for(wanted), is_required or says is typing.Required)
    return found


def _missing(name: Hashable, key: _Key) -> list[Fault]:
    return (
        [Fault((name,), f"missing; expected {phrase(key.wanted)}", missing=True)] if key.is_required else []
    )


def _unknown(name: Any, known: Mapping[Any, Any]) -> Fault:
    near = closest(str(name), map(str, known))
    return Fault((name,), f"unknown; did you mean {near}?" if near else "unknown")
