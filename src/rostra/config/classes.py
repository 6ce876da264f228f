"""The hook for classes of settings: attrs classes, dataclasses and plain sections."""

from collections.abc import Mapping
from typing import Any, TypeAlias

import attrs

from rostra.config.containers import Hook, HookFor, entries, exact, is_table
from rostra.config.declared import Setting, is_section, settings_of
from rostra.config.faults import Fault, WrongError
from rostra.config.own import own
from rostra.config.owners import own_hook
from rostra.config.phrases import phrase
from rostra.config.refusals import objections, refusals
from rostra.errors import closest

Hooks: TypeAlias = Mapping[str, tuple[Setting, Hook]]

_KEPT = "__rostra_hooks__"


def section_hook(cls: Any, hook_for: HookFor, around: Mapping[str, Any]) -> Hook:
    """An instance of the class from a table, and from what else its ``from_config`` takes."""
    otherwise = own_hook(cls, hook_for) if own(cls) else None

    def structure(value: Any, _: Any) -> Any:
        plan = _plan(cls, hook_for, around)
        if type(value) is dict and (arguments := _at_once(value, plan)) is not None:
            return _made(cls, arguments)
        if isinstance(value, cls):
            return value
        if otherwise is not None and not is_table(value):
            return otherwise(value, cls)
        hooks = plan.hooks
        table = entries(value, cls)
        faults: list[Fault] = []
        arguments = {}
        for name, (setting, hook) in hooks.items():
            try:
                if name in table:
                    arguments[name] = hook(table[name], setting.type)
                elif setting.required:
                    arguments[name] = _missing(setting, hook)
            except WrongError as wrong:
                faults += [fault.under(name) for fault in wrong.faults]
        faults += [_unknown(key, hooks) for key in table if key not in hooks]
        if faults:
            raise WrongError(*faults, *objections(cls, arguments, {fault.path[0] for fault in faults}))
        return _made(cls, arguments)

    return structure


@attrs.frozen(eq=False)
class _Plan:
    """How the settings of a class are read.

    Args:
        hooks: For each, by name.
        exact: The types whose instances need no hook, by name.
        required: The names of those without a default.
    """

    hooks: Hooks
    exact: Mapping[Any, frozenset[type]]
    required: frozenset[str]


def _plan(cls: type, hook_for: HookFor, around: Mapping[str, Any]) -> _Plan:
    """Made on first use, since a class may hold itself; kept on the class, and so gone with it."""
    known: _Plan | None = vars(cls).get(_KEPT)
    if known is None:
        settings = settings_of(cls, around)
        known = _Plan(
            {each.name: (each, hook_for(each.type)) for each in settings},
            {each.name: exact(each.type) for each in settings},
            frozenset(each.name for each in settings if each.required),
        )
        setattr(cls, _KEPT, known)
    return known


def _at_once(table: dict[Any, Any], plan: _Plan) -> dict[str, Any] | None:
    """The arguments for the class if nothing is wrong; else None: then everything that is wrong is looked for."""
    if not plan.required <= table.keys():
        return None
    known, hooks = plan.exact, plan.hooks
    arguments = dict(table)
    try:
        for name, value in table.items():
            if type(value) not in known[name]:
                setting, hook = hooks[name]
                arguments[name] = hook(value, setting.type)
    except (WrongError, KeyError):  # the latter of a setting that is unknown
        return None
    return arguments


def _missing(setting: Setting, hook: Hook) -> Any:
    """A table that is not there is an empty one; so its own settings are named if they are missing."""
    if is_section(setting.type):
        return hook({}, setting.type)
    raise WrongError(Fault((), f"missing; expected {phrase(setting.type)}", missing=True))


def _unknown(key: Any, known: Mapping[str, Any]) -> Fault:
    near = closest(str(key), known)
    return Fault((key,), f"unknown; did you mean {near}?" if near else "unknown")


def _made(cls: type, arguments: dict[str, Any]) -> Any:
    try:
        return _instance(cls, arguments)
    except Exception as error:  # noqa: BLE001  (a validator may raise anything, and means that the value is wrong)
        faults = refusals(cls, arguments, error)
    raise WrongError(*faults)


def _instance(cls: type, arguments: dict[str, Any]) -> Any:
    if hasattr(cls, "__attrs_attrs__") or hasattr(cls, "__dataclass_fields__"):
        return cls(**arguments)
    instance: Any = object.__new__(cls)
    for name, value in arguments.items():
        setattr(instance, name, value)
    return instance
