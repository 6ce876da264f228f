"""How a value that has not the type yet that its setting wants is made one of it: cattrs, with strict hooks of our own.

cattrs alone reads ``"banana"`` as True, 1.9 as 1, ``[]`` as text and ``"a,b"`` as a list of letters, and quotes
values in its errors. Here every mistake is a ``Fault`` with its path; all of them are collected. Types that are
not ours to know (named tuples, generic classes) are cattrs' affair, with our hooks for their parts.
"""

import typing
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

from rostra.components import name_of
from rostra.config.declared import bare, is_alias, is_section, members, options
from rostra.config.hooks import Fault, Hook, WrongError, own, registered
from rostra.config.scalars import SCALARS, RefusedError, Scalar, scalar
from rostra.config.tree import Text

Find: TypeAlias = Callable[[Any, Mapping[str, Any]], Hook]
"""Finds the hook for any type, classes of settings included, with the names that are known around it."""


def hook(wanted: Any, find: Find, around: Mapping[str, Any]) -> Hook:
    """The hook for what is no class of settings.

    Args:
        wanted: The type.
        find: For the types that it is made of.
        around: Names of types that were known where the outermost class was made.
    """
    if is_alias(wanted):
        return _later(wanted, find, around)
    return _own(wanted, find, around) or _foreign(wanted, find)


def _later(alias: Any, find: Find, around: Mapping[str, Any]) -> Hook:
    """The hook for an alias, looked up on first use, since it may stand in what it stands for."""
    known: list[Hook] = []

    def structure(value: Any, _: Any) -> Any:
        wanted = bare(alias)
        if not known:
            known.append(find(wanted, around))
        return known[0](value, wanted)

    return structure


def _own(wanted: Any, find: Find, around: Mapping[str, Any]) -> Hook | None:
    """The hook for a type that is made of others, or that its users teach us."""

    def inner(part: Any) -> Hook:
        return find(part, around)

    origin = typing.get_origin(wanted) or wanted
    is_own = own(origin) is not None
    if is_own and (registered(origin) or not is_section(origin)):
        from rostra.config.owners import own_hook

        return own_hook(wanted, inner)
    if members(wanted):
        from rostra.config.unions import union_hook

        return union_hook(wanted, inner)
    if options(wanted):
        from rostra.config.choices import choice

        return choice
    if wanted in (Any, object):
        return _as_found
    if (known := scalar(wanted)) is not None:
        return _scalar(known)
    if typing.is_typeddict(wanted):
        from rostra.config.typed_dicts import typed_dict_hook

        return typed_dict_hook(wanted, inner, around)
    from rostra.config.containers import container_hook

    return container_hook(wanted, inner)


@lru_cache(maxsize=1)
def _converter(find: Find) -> Any:
    """The cattrs converter, with our hooks for what is within foreign types."""
    import cattrs

    def is_ours(wanted: Any) -> bool:
        return is_section(wanted) or _own(wanted, find, {}) is not None

    made = cattrs.Converter(detailed_validation=False, structure_fallback_factory=_unreadable)
    for known in SCALARS:  # of which cattrs has hooks that outrank the factory
        made.register_structure_hook(known, lambda value, wanted: find(wanted, {})(value, wanted))
    made.register_structure_hook_factory(is_ours, lambda wanted: find(wanted, {}))
    return made


def _scalar(known: Scalar) -> Hook:
    def structure(value: Any, wanted: Any) -> Any:
        said = ""
        try:
            return known.read(value)
        except RefusedError as error:
            said = str(error)
        except Exception:  # noqa: BLE001, S110  (readers may raise anything: the value is none of them)
            pass
        raise _unexpected(known.expected, value, wanted, said)

    return structure


def _unexpected(phrase: str, value: Any, wanted: Any, said: str = "") -> WrongError:
    from rostra.config.showing import unexpected

    return unexpected(phrase, value, wanted, said)


def _as_found(value: Any, _: Any) -> Any:
    if isinstance(value, Text):
        return str(value)
    from rostra.config.copies import plain

    return plain(value)


def _unreadable(wanted: Any) -> Hook:
    def structure(value: Any, _: Any) -> Any:
        if wanted in type(value).__mro__:
            return value
        from rostra.config.showing import with_article

        name = name_of(wanted)
        teach = f"; teach it: config.reads({name})" if isinstance(wanted, type) else ""
        raise WrongError(Fault((), f"nobody knows how to read {with_article(name)}{teach}"))

    return structure


def _foreign(wanted: Any, find: Find) -> Hook:
    """The hook of cattrs, so that it raises nothing but WrongError."""
    try:
        theirs: Hook = _converter(find).get_structure_hook(wanted)
    except Exception:  # noqa: BLE001  (whatever cattrs raises, it knows no hook)
        return _unreadable(wanted)

    def structure(value: Any, _: Any) -> Any:
        try:
            return theirs(value, wanted)
        except WrongError:
            raise
        except Exception:  # noqa: BLE001, S110  (whatever cattrs and foreign classes raise, the value is wrong)
            pass
        from rostra.config.phrases import phrase

        raise _unexpected(phrase(wanted), value, wanted)

    return structure
