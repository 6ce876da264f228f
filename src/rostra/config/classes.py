"""The hook for classes of settings: attrs classes, dataclasses and plain sections."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from rostra.config.containers import Hook, HookFor, entries, exact, is_table
from rostra.config.declared import Setting, has_constructor, is_section, settings_of
from rostra.config.faults import Fault, WrongError
from rostra.config.own import own
from rostra.config.phrases import phrase
from rostra.errors import closest

_KEPT = "__rostra_hooks__"


def section_hook(cls: Any, hook_for: HookFor, around: Mapping[str, Any]) -> Hook:
    """An instance of the class from a table, and from what else its ``from_config`` takes."""
    otherwise = _own_hook(cls, hook_for) if own(cls) else None
    make: Callable[..., Any] = cls if has_constructor(cls) else partial(_filled, cls)
    plan: _Plan | None = None

    def structure(value: Any, _: Any) -> Any:
        nonlocal plan
        if plan is None:  # on first use, since a class may hold itself
            plan = _plan(cls, hook_for, around)
        if isinstance(value, dict):
            try:
                return make(**_arguments(value, plan))
            except Exception:  # noqa: BLE001, S110  (all that is wrong is looked for below)
                pass
        elif isinstance(value, cls):
            return value
        elif otherwise is not None and not is_table(value):
            return otherwise(value, cls)
        return _carefully(entries(value, cls), cls, make, plan)

    return structure


def _own_hook(cls: Any, hook_for: HookFor) -> Hook:
    from rostra.config.owners import own_hook

    return own_hook(cls, hook_for)


class _Plan:
    """How the settings of a class are read.

    A hook is found when a value needs it: most settings are left out, or have their type already.

    Args:
        settings: Of the class.
        hook_for: Finds the hook for a type.

    Attributes:
        settings: By name.
        exact: The types whose instances need no hook, by name.
        hooks: Those that were found, and the types that they make, by name.
    """

    __slots__ = ("_hook_for", "exact", "hooks", "settings")

    def __init__(self, settings: tuple[Setting, ...], hook_for: HookFor) -> None:
        self.settings = {each.name: each for each in settings}
        self.exact = {each.name: exact(each.type) for each in settings}
        self.hooks: dict[str, tuple[Hook, Any]] = {}
        self._hook_for = hook_for

    def found(self, name: str) -> tuple[Hook, Any]:
        """The hook for a setting, which is kept."""
        wanted = self.settings[name].type
        self.hooks[name] = found = self._hook_for(wanted), wanted
        return found

    def read(self, name: str, value: Any) -> Any:
        """A setting's value, of what was found.

        Raises:
            WrongError: It is wrong.
        """
        hook, wanted = self.hooks[name] if name in self.hooks else self.found(name)
        return hook(value, wanted)


def _arguments(table: dict[Any, Any], plan: _Plan) -> dict[str, Any]:
    """What a class is made with, if the table is as it should be; else there may be an error of any kind."""
    exact, hooks = plan.exact, plan.hooks
    arguments = {**table}
    for name, value in table.items():
        if type(value) not in exact[name]:
            hook, wanted = hooks[name] if name in hooks else plan.found(name)
            arguments[name] = hook(value, wanted)
    return arguments


def _carefully(table: Mapping[Any, Any], cls: Any, make: Callable[..., Any], plan: _Plan) -> Any:
    """An instance, or everything that is wrong."""
    from rostra.config.refusals import objections, refusals

    faults: list[Fault] = []
    arguments = {}
    for name, setting in plan.settings.items():
        try:
            if name in table:
                arguments[name] = plan.read(name, table[name])
            elif setting.required:
                arguments[name] = _missing(setting, plan)
        except WrongError as wrong:
            faults += [fault.under(name) for fault in wrong.faults]
    faults += [_unknown(key, plan.settings) for key in table if key not in plan.settings]
    if faults:
        raise WrongError(*faults, *objections(cls, arguments, {fault.path[0] for fault in faults}))
    try:
        return make(**arguments)
    except Exception as error:  # noqa: BLE001  (a validator may raise anything, and means that the value is wrong)
        refused = refusals(cls, arguments, error)
    raise WrongError(*refused)


def _plan(cls: type, hook_for: HookFor, around: Mapping[str, Any]) -> _Plan:
    """Kept on the class, and so gone with it."""
    known: _Plan | None = vars(cls).get(_KEPT)
    if known is None:
        settings = settings_of(cls, around)
        known = _Plan(settings, hook_for)
        setattr(cls, _KEPT, known)
    return known


def _missing(setting: Setting, plan: _Plan) -> Any:
    """A table that is not there is an empty one; so its own settings are named if they are missing."""
    if is_section(setting.type):
        return plan.read(setting.name, {})
    raise WrongError(Fault((), f"missing; expected {phrase(setting.type)}", missing=True))


def _unknown(key: Any, known: Mapping[str, Any]) -> Fault:
    near = closest(str(key), known)
    return Fault((key,), f"unknown; did you mean {near}?" if near else "unknown")


def _filled(cls: type, /, **arguments: Any) -> Any:
    """An instance of a plain class, which has no constructor of its own that takes settings."""
    missing = [each.name for each in settings_of(cls) if each.required and each.name not in arguments]
    if missing:
        msg = f"{', '.join(missing)} must be given"
        raise TypeError(msg)
    instance: Any = object.__new__(cls)
    for name, value in arguments.items():
        setattr(instance, name, value)
    return instance
