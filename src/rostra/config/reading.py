"""How a value becomes what its setting's type says: cattrs, with strict hooks of our own.

cattrs alone reads ``"banana"`` as True, 1.9 as 1, ``[]`` as text and ``"a,b"`` as a list of letters, and quotes
values in its errors. Here every mistake is a ``Fault`` with its path; all of them are collected. Types that are
not ours to know (named tuples, generic classes) are cattrs' affair, with our hooks for their parts.
"""

import typing
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from rostra.components import name_of
from rostra.config import containers
from rostra.config.classes import section_hook
from rostra.config.containers import Hook, HookFor
from rostra.config.declared import bare, is_alias, is_section, members, names_around
from rostra.config.faults import Fault, WrongError, unexpected, with_article
from rostra.config.own import own, registered
from rostra.config.phrases import MAPPINGS, SEQUENCES, phrase
from rostra.config.scalars import SCALARS, RefusedError, Scalar, chosen, options, phrase_of_options, scalar
from rostra.config.secret import Secret
from rostra.config.text import Text
from rostra.config.view import plain

_KEPT = "__rostra_hook__"


def read(table: Mapping[Any, Any], cls: type) -> Any:
    """An instance of ``cls``.

    Args:
        table: What files, mappings and texts gave.
        cls: A class of settings.

    Raises:
        WrongError: All that is wrong with it.
    """
    hook: Hook | None = vars(cls).get(_KEPT)
    if hook is None:
        hook = _hook_for(cls, names_around(cls))
        setattr(cls, _KEPT, hook)
    return hook(table, cls)


def _hook_for(wanted: Any, around: Mapping[str, Any]) -> Hook:
    if is_alias(wanted):
        return _later(wanted, around)
    wanted = bare(wanted)
    return _own(wanted, around) or _foreign(wanted)


def _later(alias: Any, around: Mapping[str, Any]) -> Hook:
    """The hook for an alias, looked up on first use, since it may stand in what it stands for."""
    known: list[Hook] = []

    def structure(value: Any, _: Any) -> Any:
        wanted = bare(alias)
        if not known:
            known.append(_hook_for(wanted, around))
        return known[0](value, wanted)

    return structure


def _is_ours(wanted: Any) -> bool:
    return _own(wanted, {}) is not None


def _own(wanted: Any, around: Mapping[str, Any]) -> Hook | None:
    """The hook for a type that is made of others, or that its users teach us."""

    def inner(part: Any) -> Hook:
        return _hook_for(part, around)

    origin = typing.get_origin(wanted) or wanted
    is_own = own(origin) is not None
    if is_own and (registered(origin) or not is_section(origin)):
        from rostra.config.owners import own_hook

        return own_hook(wanted, inner)
    if origin is Secret:
        return containers.secret_hook(wanted, inner)
    if members(wanted):
        from rostra.config.unions import union_hook

        return union_hook(wanted, inner)
    if options(wanted):
        return _choice
    if wanted in (Any, object):
        return _as_found
    return _container(wanted, inner, around) or _single(wanted)


def _container(wanted: Any, inner: HookFor, around: Mapping[str, Any]) -> Hook | None:
    """The hook for a list, a table or a class of settings."""
    origin = typing.get_origin(wanted) or wanted
    if origin in SEQUENCES:
        return containers.sequence_hook(wanted, inner)
    if origin in MAPPINGS:
        return containers.mapping_hook(wanted, inner)
    if typing.is_typeddict(wanted):
        from rostra.config.typed_dicts import typed_dict_hook

        return typed_dict_hook(wanted, inner, around)
    return section_hook(wanted, inner, around) if is_section(wanted) else None


def _single(wanted: Any) -> Hook | None:
    known = scalar(wanted)
    return _scalar(known) if known else None


@lru_cache(maxsize=1)
def _converter() -> Any:
    """The cattrs converter, with our hooks for what is within foreign types."""
    import cattrs

    made = cattrs.Converter(detailed_validation=False, structure_fallback_factory=_unreadable)
    for known in SCALARS:  # of which cattrs has hooks that outrank the factory
        made.register_structure_hook(known, lambda value, wanted: _hook_for(wanted, {})(value, wanted))
    made.register_structure_hook_factory(_is_ours, lambda wanted: _hook_for(wanted, {}))
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
        raise unexpected(known.expected, value, wanted, said)

    return structure


def _choice(value: Any, wanted: Any) -> Any:
    try:
        return chosen(value, wanted)
    except ValueError:
        pass
    raise unexpected(phrase_of_options(wanted), value, wanted)


def _as_found(value: Any, _: Any) -> Any:
    return str(value) if isinstance(value, Text) else plain(value)


def _unreadable(wanted: Any) -> Hook:
    def structure(value: Any, _: Any) -> Any:
        if wanted in type(value).__mro__:
            return value
        name = name_of(wanted)
        teach = f"; teach it: config.reads({name})" if isinstance(wanted, type) else ""
        raise WrongError(Fault((), f"nobody knows how to read {with_article(name)}{teach}"))

    return structure


def _foreign(wanted: Any) -> Hook:
    """The hook of cattrs, so that it raises nothing but WrongError."""
    try:
        hook: Hook = _converter().get_structure_hook(wanted)
    except Exception:  # noqa: BLE001  (whatever cattrs raises, it knows no hook)
        return _unreadable(wanted)

    def structure(value: Any, _: Any) -> Any:
        try:
            return hook(value, wanted)
        except WrongError:
            raise
        except Exception:  # noqa: BLE001, S110  (whatever cattrs and foreign classes raise, the value is wrong)
            pass
        raise unexpected(phrase(wanted), value, wanted)

    return structure
