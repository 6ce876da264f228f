"""How a table becomes an instance of a class of settings: an attrs class, a dataclass or a plain section.

What has the type already that its setting wants is taken as it is; ``reading`` reads everything else.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from rostra.config.declared import (
    Setting,
    bare,
    exact,
    has_constructor,
    is_alias,
    is_section,
    names_around,
    options,
    settings_of,
)
from rostra.config.hooks import Hook, HookFor, own
from rostra.config.tree import object_in

_HOOK = "__rostra_hook__"
_PLAN = "__rostra_hooks__"


def read(table: Mapping[Any, Any], cls: type) -> Any:
    """An instance of ``cls``.

    Args:
        table: What files, mappings and texts gave.
        cls: A class of settings.

    Raises:
        WrongError: All that is wrong with it.
    """
    hook: Hook | None = vars(cls).get(_HOOK)
    if hook is None:
        hook = _hook_for(cls, names_around(cls))
        setattr(cls, _HOOK, hook)
    return hook(table, cls)


def _hook_for(wanted: Any, around: Mapping[str, Any]) -> Hook:
    """The hook for a type.

    Args:
        wanted: The type.
        around: Names of types that were known where the outermost class was made.
    """
    if not is_alias(wanted):  # which may stand in what it stands for
        wanted = bare(wanted)
        if is_section(wanted) and not options(wanted):
            return _section_hook(wanted, partial(_hook_for, around=around), around)
    from rostra.config.reading import hook

    return hook(wanted, _hook_for, around)


def _section_hook(cls: Any, hook_for: HookFor, around: Mapping[str, Any]) -> Hook:
    """An instance of the class from a table, and from what else its ``from_config`` takes."""
    otherwise = None
    if own(cls):
        from rostra.config.owners import own_hook

        otherwise = own_hook(cls, hook_for)
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
        elif otherwise is not None and not _is_table(value):
            return otherwise(value, cls)
        from rostra.config.careful import carefully

        return carefully(value, cls, plan.settings, plan.read, make)

    return structure


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


def _is_table(value: Any) -> bool:
    """Whether a value is a table, or a text that says one in JSON."""
    return isinstance(value, Mapping) or (isinstance(value, str) and object_in(value) is not None)


def _plan(cls: type, hook_for: HookFor, around: Mapping[str, Any]) -> _Plan:
    """Kept on the class, and so gone with it."""
    known: _Plan | None = vars(cls).get(_PLAN)
    if known is None:
        settings = settings_of(cls, around)
        known = _Plan(settings, hook_for)
        setattr(cls, _PLAN, known)
    return known


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
