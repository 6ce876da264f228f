"""Under which types is an object found?

Under its own, and under every class it descends from, with and without type arguments, but for the ones that
everything descends from. Both the context and the resolver ask here, so they always agree.
"""

import abc
import functools
import typing
from typing import Any, TypeAlias

Key: TypeAlias = Any
"""What something is found by: a class, ``Repo[User]``, a NewType, or any other hashable."""

_EVERYBODYS = frozenset({object, abc.ABC, typing.Generic, typing.Protocol})


def canonical(key: Key) -> Key:
    """One spelling per type: ``typing.List[int]`` is ``list[int]``, ``typing.List`` is ``list``, inside others too."""
    if type(key) is type:  # as nearly all are
        return key
    origin = typing.get_origin(key)
    if not isinstance(origin, type):
        return key
    old_spelling = type(key).__module__ == "typing"
    arguments = typing.get_args(key)
    if not arguments:
        return origin if old_spelling else key
    proper = tuple(canonical(argument) for argument in arguments)
    if (old_spelling or proper != arguments) and hasattr(origin, "__class_getitem__"):
        return _subscripted(origin, proper)
    return key


def _subscripted(origin: Any, arguments: tuple[Any, ...]) -> Key:
    return origin[arguments]


def keys(key: Key) -> tuple[Key, ...]:
    """The type itself, then what it descends from, nearest first.

    Classes of the builtins and the bases of everything (``object``, ``ABC``, ``Generic``, ``Protocol``) are
    left out, unless asked for themselves. ``class Users(Repo[User])`` gives ``Users, Repo[User], Repo``. What is
    no class, such as a NewType or any other hashable namespace, gives only itself.
    """
    return _keys(key)


@functools.lru_cache(maxsize=4096)
def _keys(key: Key) -> tuple[Key, ...]:
    origin: Key = typing.get_origin(key)
    cls = origin if isinstance(origin, type) else key
    if not isinstance(cls, type):
        return (key,)
    is_generic = hasattr(cls, "__orig_bases__")  # or one that it descends from is
    closed = _closed_forms(key, cls) if is_generic else {}
    found: dict[Key, None] = {key: None}
    for base in cls.__mro__:
        if base in closed:
            found[closed[base]] = None
        if base not in _EVERYBODYS and base.__module__ != "builtins":
            found[base] = None
    return tuple(found)


def _closed_forms(key: Key, cls: type) -> dict[type, Key]:
    """The generic bases of ``key`` whose type arguments are all known: {Repo: Repo[User]}."""
    known = dict(zip(getattr(cls, "__parameters__", ()), typing.get_args(key), strict=False))
    forms: dict[type, Key] = {}
    for base in cls.__dict__.get("__orig_bases__", cls.__bases__):
        origin = typing.get_origin(base) or base
        if origin in _EVERYBODYS or not isinstance(origin, type):
            continue
        open_parameters = getattr(base, "__parameters__", ()) if origin is not base else ()
        if all(parameter in known for parameter in open_parameters):
            form = base[tuple(known[parameter] for parameter in open_parameters)] if open_parameters else base
            form = canonical(form)
            if origin is not base:
                forms[origin] = form
            forms.update(_closed_forms(form, origin))
    return forms


def name_of(key: object) -> str:
    """How a type or any other key is written in messages: ``Repo[User]``, ``list[Order]``, ``"answer"``."""
    arguments = () if type(key) is type else typing.get_args(key)  # which nearly all are
    if arguments:
        origin = getattr(typing.get_origin(key), "__name__", None) or str(typing.get_origin(key))
        return f"{origin}[{', '.join(name_of(argument) for argument in arguments)}]"
    if isinstance(key, type):
        return key.__qualname__.rpartition("<locals>.")[2]
    if isinstance(key, str):
        return f'"{key}"'
    return getattr(key, "__name__", None) or repr(key)
