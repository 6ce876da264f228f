"""How a value that has not the type yet that its setting wants is made one of it: cattrs, with strict hooks of our own.

cattrs alone reads ``"banana"`` as True, 1.9 as 1, ``[]`` as text and ``"a,b"`` as a list of letters, and quotes
values in its errors. Here every mistake is a ``Fault`` with its path; all of them are collected. Types that are
not ours to know (named tuples, generic classes) are cattrs' affair, with our hooks for their parts.
"""

import typing
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from rostra.config.declared import bare, is_alias, is_section, members, options
from rostra.config.hooks import Hook, WrongError, own, registered
from rostra.config.scalars import RefusedError, Scalar, scalar
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
    if (own_hook := _own(wanted, find, around)) is not None:
        return own_hook
    from rostra.config.foreign import foreign_hook

    return foreign_hook(wanted, find, _own)


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
