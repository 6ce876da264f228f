"""Which settings does a class itself refuse?

A constructor stops at the first validator that objects, does not say whose it was, and is not called at all while
some setting cannot be read. Here each converter and validator of an attrs class is asked alone. What they say may
hold a value, so it is not repeated where that could be a secret.
"""

import dataclasses
from collections.abc import Collection, Hashable, Iterator
from typing import Any

import attrs

from rostra.components import name_of
from rostra.config.declared import Setting, settings_of
from rostra.config.discretion import LEFT_OUT, tells, words_of
from rostra.config.hooks import Fault
from rostra.config.showing import holds_secret

_FACTORY: Any = attrs.Factory  # its stub makes a function of the class


def refusals(cls: type, arguments: dict[str, Any], error: Exception) -> tuple[Fault, ...]:
    """What the class has against these arguments.

    Args:
        cls: The class that could not be made.
        arguments: What its constructor was given.
        error: What it raised; told if no converter or validator objects when asked alone.
    """
    found = objections(cls, arguments, ())
    if found:
        return found
    what = f"refused by {name_of(cls)}"
    left = [each for each in settings_of(cls) if each.name not in arguments and holds_secret(each.type)]
    defaults = [_default(cls, each) for each in left]
    if any(isinstance(each, _FACTORY) for each in defaults):  # only the instance knows what it has made
        return (Fault((), f"{what}, {LEFT_OUT}"),)
    return (_told((), what, error, [*arguments.values(), *defaults]),)


def objections(cls: type, arguments: dict[str, Any], unread: Collection[Hashable]) -> tuple[Fault, ...]:
    """What the converters and validators of an attrs class have against its settings, each for itself.

    Args:
        cls: A class of settings. Only those of attrs have converters and validators.
        arguments: What is known for its constructor.
        unread: The settings of which something is wrong already; nobody is asked about them, and who wants to see
            them to judge another one is not heard.
    """
    if not attrs.has(cls):
        return ()
    settings = {setting.attribute: setting for setting in settings_of(cls)}
    draft: Any = object.__new__(cls)
    fields = [field for field in attrs.fields(cls) if field.alias not in unread]
    said = [
        (settings.get(field.name), error)
        for step in (_convert, _validate)
        for field in fields
        for error in _asked(step, draft, field, arguments)
    ]
    known = [*arguments.values(), *(getattr(draft, field.name, None) for field in fields)]
    return tuple(_objection(setting, error, known, arguments) for setting, error in said)


def _objection(
    setting: Setting | None, error: Exception, known: list[Any], arguments: dict[str, Any]
) -> Fault:
    if setting is None:  # of an attribute that is no setting
        return _told((), "refused", error, known)
    if holds_secret(setting.type):
        fault = Fault((setting.name,), f"refused, {LEFT_OUT}")
    else:
        fault = _told((setting.name,), "refused", error, known)
    return fault._replace(is_default=setting.name not in arguments)


def _default(cls: Any, setting: Setting) -> Any:
    """The default of a setting: a value, or the factory of it."""
    if attrs.has(cls):
        return next(field.default for field in attrs.fields(cls) if field.name == setting.attribute)
    if dataclasses.is_dataclass(cls):
        field = next(each for each in dataclasses.fields(cls) if each.name == setting.attribute)
        made = field.default_factory
        return field.default if made is dataclasses.MISSING else attrs.Factory(made)
    return getattr(cls, setting.attribute)


def _told(path: tuple[str, ...], what: str, error: Exception, known: list[Any]) -> Fault:
    """One sentence about a refusal, without what the error says if that may tell a secret."""
    discreet, words = f"{what}, {LEFT_OUT}", words_of(error)
    if tells(words, known):
        return Fault(path, discreet)
    return Fault(path, f"{what}: {words}", discreet=discreet)


def _asked(step: Any, draft: Any, field: Any, arguments: dict[str, Any]) -> Iterator[Exception]:
    try:
        step(draft, field, arguments)
    except AttributeError as error:
        if error.obj is not draft:  # else what it wants to see is not known
            yield error.with_traceback(None)
    except Exception as error:  # noqa: BLE001  (a converter or validator may raise anything)
        yield error.with_traceback(None)


def _convert(draft: Any, field: Any, arguments: dict[str, Any]) -> None:
    value = arguments.get(field.alias, field.default)
    if isinstance(value, _FACTORY):
        value = value.factory(draft) if value.takes_self else value.factory()
    if value is not attrs.NOTHING:
        object.__setattr__(draft, field.name, _converted(value, field, draft))


def _converted(value: Any, field: Any, draft: Any) -> Any:
    converter: Any = field.converter
    kind: Any = attrs.Converter  # its stub leaves out the attributes
    if not isinstance(converter, kind):
        return value if converter is None else converter(value)
    more = [draft] * converter.takes_self + [field] * converter.takes_field
    return converter.converter(value, *more)


def _validate(draft: Any, field: Any, _: dict[str, Any]) -> None:
    if field.validator is not None and hasattr(draft, field.name) and not attrs.validators.get_disabled():
        field.validator(draft, field, getattr(draft, field.name))
