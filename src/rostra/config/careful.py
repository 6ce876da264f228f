"""How a table is read that is not as it should be: setting by setting, until everything that is wrong with it is known."""

from collections.abc import Callable, Mapping
from typing import Any

from rostra.config.containers import entries
from rostra.config.declared import Setting, is_section
from rostra.config.hooks import Fault, WrongError
from rostra.config.phrases import phrase
from rostra.errors import closest

__all__ = ["carefully"]

Read = Callable[[str, Any], Any]


def carefully(
    value: Any, cls: Any, settings: Mapping[str, Setting], read: Read, make: Callable[..., Any]
) -> Any:
    """An instance of a class of settings.

    Args:
        value: What was found; perhaps no table at all.
        cls: The class.
        settings: Its settings by name.
        read: Reads the value of one.
        make: Makes an instance of what was read.

    Raises:
        WrongError: Everything that is wrong.
    """
    table = entries(value, cls)
    faults: list[Fault] = []
    arguments = {}
    for name, setting in settings.items():
        try:
            if name in table:
                arguments[name] = read(name, table[name])
            elif setting.required:
                arguments[name] = _missing(setting, read)
        except WrongError as wrong:
            faults += [fault.under(name) for fault in wrong.faults]
    faults += [_unknown(key, settings) for key in table if key not in settings]
    if faults:
        from rostra.config.refusals import objections

        raise WrongError(*faults, *objections(cls, arguments, {fault.path[0] for fault in faults}))
    try:
        return make(**arguments)
    except Exception as error:  # noqa: BLE001  (a validator may raise anything, and means that the value is wrong)
        from rostra.config.refusals import refusals

        refused = refusals(cls, arguments, error)
    raise WrongError(*refused)


def _missing(setting: Setting, read: Read) -> Any:
    """A table that is not there is an empty one; so its own settings are named if they are missing."""
    if is_section(setting.type):
        return read(setting.name, {})
    raise WrongError(Fault((), f"missing; expected {phrase(setting.type)}", missing=True))


def _unknown(key: Any, known: Mapping[str, Any]) -> Fault:
    near = closest(str(key), known)
    return Fault((key,), f"unknown; did you mean {near}?" if near else "unknown")
