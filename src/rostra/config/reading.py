"""How a value becomes what its setting's type says: cattrs, with strict hooks of our own.

cattrs alone reads ``"banana"`` as True, 1.9 as 1, ``[]`` as text and ``"a,b"`` as a list of letters, and quotes
values in its errors. Here every mistake is a ``Fault`` with its path; all of them are collected. Types that are
not ours to know (named tuples, TypedDict, generic classes) are cattrs' affair, with our hooks for their parts.
"""

import typing
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from rostra.components import name_of
from rostra.config import containers
from rostra.config.classes import section_hook
from rostra.config.containers import Hook
from rostra.config.declared import bare, is_section, members, names_around
from rostra.config.faults import Fault, WrongError, unexpected
from rostra.config.phrases import MAPPINGS, SEQUENCES, phrase
from rostra.config.scalars import SCALARS, chosen, options, phrase_of_options
from rostra.config.secret import Secret
from rostra.config.text import Text


def read(table: Mapping[Any, Any], cls: type) -> Any:
    """An instance of ``cls``.

    Args:
        table: What files, mappings and texts gave.
        cls: A class of settings.

    Raises:
        WrongError: All that is wrong with it.
    """
    return _hook_for(cls, names_around(cls))(table, cls)


def _hook_for(wanted: Any, around: Mapping[str, Any]) -> Hook:
    wanted = bare(wanted)
    return _own(wanted, around) or _foreign(wanted)


def _is_ours(wanted: Any) -> bool:
    return _own(wanted, {}) is not None


def _own(wanted: Any, around: Mapping[str, Any]) -> Hook | None:
    """The hook for a type that is made of others."""

    def inner(part: Any) -> Hook:
        return _hook_for(part, around)

    origin = typing.get_origin(wanted) or wanted
    if origin is Secret:
        return containers.secret_hook(wanted, inner)
    if members(wanted):
        return containers.union_hook(wanted, inner)
    if options(wanted):
        return _choice
    if wanted in (Any, object):
        return _as_found
    if origin in SEQUENCES:
        return containers.sequence_hook(wanted, inner)
    if origin in MAPPINGS:
        return containers.mapping_hook(wanted, inner)
    return section_hook(wanted, inner, around) if is_section(wanted) else None


@lru_cache(maxsize=1)
def _converter() -> Any:
    """The cattrs converter: our scalars, and for what is within foreign types our other hooks."""
    import cattrs

    made = cattrs.Converter(detailed_validation=False, structure_fallback_factory=_unreadable)
    for scalar in SCALARS:
        made.register_structure_hook(scalar, _scalar(scalar))
    made.register_structure_hook_factory(_is_ours, lambda wanted: _hook_for(wanted, {}))
    return made


def _scalar(scalar: Any) -> Hook:
    expected, reader = SCALARS[scalar]

    def structure(value: Any, wanted: Any) -> Any:
        if type(value) is wanted:
            return value
        try:
            found = reader(value)
            return found if wanted is scalar else wanted(found)
        except (ValueError, TypeError, OverflowError):
            pass
        raise unexpected(expected, value, wanted)

    return structure


def _choice(value: Any, wanted: Any) -> Any:
    try:
        return chosen(value, wanted)
    except ValueError:
        pass
    raise unexpected(phrase_of_options(wanted), value, wanted)


def _as_found(value: Any, _: Any) -> Any:
    return str(value) if isinstance(value, Text) else value


def _unreadable(wanted: Any) -> Hook:
    def structure(value: Any, _: Any) -> Any:
        if wanted in type(value).__mro__:
            return value
        raise WrongError(Fault((), f"nobody knows how to read a {name_of(wanted)}"))

    return structure


def _foreign(wanted: Any) -> Hook:
    """The hook of cattrs, so that it raises nothing but WrongError."""
    try:
        hook: Hook = _converter().get_structure_hook(wanted)
    except Exception:  # noqa: BLE001  (whatever cattrs raises, it knows no hook)
        return _unreadable(wanted)
    if getattr(hook, "__module__", None) == __name__:
        return hook

    def structure(value: Any, _: Any) -> Any:
        try:
            return hook(value, wanted)
        except WrongError:
            raise
        except Exception:  # noqa: BLE001, S110  (whatever cattrs and foreign classes raise, the value is wrong)
            pass
        raise unexpected(phrase(wanted), value, wanted)

    return structure
