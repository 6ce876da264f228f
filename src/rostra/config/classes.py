"""The hook for classes of settings: attrs classes, dataclasses and plain sections."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from rostra.config.containers import Hook, HookFor, entries, is_table
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
        if isinstance(value, cls):
            return value
        if otherwise is not None and not is_table(value):
            return otherwise(value, cls)
        hooks = _hooks(cls, hook_for, around)
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


def _hooks(cls: type, hook_for: HookFor, around: Mapping[str, Any]) -> Hooks:
    """Looked up on first use, since a class may hold itself; kept on the class, and so gone with it."""
    known: Hooks | None = vars(cls).get(_KEPT)
    if known is None:
        known = {each.name: (each, hook_for(each.type)) for each in settings_of(cls, around)}
        setattr(cls, _KEPT, known)
    return known


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
