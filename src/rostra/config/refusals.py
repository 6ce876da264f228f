"""Which settings does a class itself refuse?

A constructor stops at the first validator that objects and does not say whose it was. Here each converter and
validator of an attrs class is asked alone. What they say may hold a value, so it is not repeated where that
could be a secret.
"""

from typing import Any

import attrs

from rostra.components import name_of
from rostra.config.declared import holds_secret, settings_of
from rostra.config.faults import Fault
from rostra.config.secret import Secret

_LONGEST = 160


def refusals(cls: type, arguments: dict[str, Any], error: Exception) -> tuple[Fault, ...]:
    """What the class has against these arguments.

    Args:
        cls: The class that could not be made.
        arguments: What its constructor was given.
        error: What it raised; told if no converter or validator objects when asked alone.
    """
    faults = tuple(_objections(cls, arguments)) if attrs.has(cls) else ()
    whole = Fault((), _told(f"refused by {name_of(cls)}", error, cls, arguments))
    return faults or (whole,)


def _objections(cls: type, arguments: dict[str, Any]) -> list[Fault]:
    types = {setting.attribute: setting.type for setting in settings_of(cls)}
    faults: list[Fault] = []
    draft: Any = object.__new__(cls)
    for field in attrs.fields(cls):
        try:
            object.__setattr__(draft, field.name, _converted(field, draft, arguments))
        except Exception as error:  # noqa: BLE001  (a converter may raise anything)
            faults.append(_objection(field, error, types.get(field.name), arguments))
    for field in attrs.fields(cls):
        if field.validator is None or not hasattr(draft, field.name):
            continue
        try:
            field.validator(draft, field, getattr(draft, field.name))
        except Exception as error:  # noqa: BLE001  (a validator may raise anything)
            faults.append(_objection(field, error, types.get(field.name), arguments))
    return faults


def _converted(field: Any, draft: Any, arguments: dict[str, Any]) -> Any:
    value = arguments.get(field.alias, field.default)
    factory: Any = attrs.Factory  # its stub makes a function of the class
    if isinstance(value, factory):
        value = value.factory(draft) if value.takes_self else value.factory()
    converter: Any = field.converter
    kind: Any = attrs.Converter  # its stub leaves out the attributes
    if not isinstance(converter, kind):
        return value if converter is None else converter(value)
    more = [draft] * converter.takes_self + [field] * converter.takes_field
    return converter.converter(value, *more)


def _objection(field: Any, error: Exception, wanted: Any, arguments: dict[str, Any]) -> Fault:
    return Fault((field.alias,), _told("refused", error, wanted, arguments))


def _told(what: str, error: Exception, wanted: Any, arguments: dict[str, Any]) -> str:
    """One sentence about a refusal, without what the error says if that may tell a secret."""
    said = error.args[0] if error.args and isinstance(error.args[0], str) else type(error).__name__
    line = said.strip().partition("\n")[0][:_LONGEST]
    if not line or holds_secret(wanted) or any(_tells(said, each) for each in arguments.values()):
        return what
    return f"{what}: {line}"


def _tells(said: str, value: Any) -> bool:
    return isinstance(value, Secret) and str(value.reveal()) in said
