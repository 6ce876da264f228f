"""What is known of a function or class without reading its annotations?

Its parameters as they are written, where it stands, and which names are seen there. Of a function as it was written, or a
class whose call does nothing but ``__init__``, all of it is known without asking ``inspect``, which is slow. Anything
unusual, such as a wrapper, a partial or a class with a ``__new__``, is not ordinary.
"""

import inspect
from collections.abc import Callable, Mapping
from types import CodeType, FunctionType, MethodType
from typing import Any

from rostra.errors.base import shortened
from rostra.values import Values

EMPTY: Any = inspect.Parameter.empty
"""Stands where there is no default and no annotation."""

_STARRED = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS
_POSITIONAL_ONLY = inspect.Parameter.POSITIONAL_ONLY
_EITHER = inspect.Parameter.POSITIONAL_OR_KEYWORD
_KEYWORD_ONLY = inspect.Parameter.KEYWORD_ONLY

NOTHING_MORE: Mapping[str, Any] = {}
"""No names besides those that Python itself sees."""


class Raw(Values):
    """A parameter, as ``inspect.Parameter`` has it."""

    name: str
    kind: Any
    annotation: Any
    default: Any


def is_ordinary_class(cls: Any) -> bool:
    """Whether a call makes an instance and passes everything to its ``__init__``, and nothing else."""
    return (
        type(cls).__call__ is type.__call__
        and cls.__new__ is object.__new__
        and not hasattr(cls, "__signature__")
    )


def ordinary(function: Any) -> FunctionType | None:
    """The code that runs when ``function`` is called, if its parameters are those of the call.

    That of a class and of a method has one parameter more, the first.
    """
    if isinstance(function, type):
        function = function.__init__ if is_ordinary_class(function) else None  # type: ignore[misc]  # of this very class
    elif isinstance(function, MethodType):
        function = function.__func__
    is_plain = isinstance(function, FunctionType) and not (
        vars(function).keys() & {"__wrapped__", "__signature__"}
    )
    return function if is_plain else None


def raw_parameters(function: Any) -> list[Raw] | None:
    """The parameters of an ordinary function or class without ``*args`` and ``**kwargs``; None for others."""
    code_of = ordinary(function)
    if code_of is None or code_of.__code__.co_flags & _STARRED:
        return None
    code: CodeType = code_of.__code__
    defaults = code_of.__defaults__ or ()
    first_default = code.co_argcount - len(defaults)
    by_name = code_of.__kwdefaults__ or {}
    annotations = code_of.__annotations__
    found: list[Raw] = []
    kind: Any
    for number, name in enumerate(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]):
        if number >= code.co_argcount:
            kind, default = _KEYWORD_ONLY, by_name.get(name, EMPTY)
        else:
            kind = _POSITIONAL_ONLY if number < code.co_posonlyargcount else _EITHER
            default = defaults[number - first_default] if number >= first_default else EMPTY
        found.append(Raw(name, kind, annotations.get(name, EMPTY), default))
    return found if isinstance(function, FunctionType) else found[1:]


def takes_nothing(function: Callable[..., Any]) -> bool:
    """Whether it is a plain function without parameters, whose call needs no plan; a glance, not a look."""
    if not isinstance(function, FunctionType):
        return False
    code = function.__code__
    return not (code.co_argcount or code.co_kwonlyargcount or hasattr(function, "__wrapped__"))


class Captured(Values):
    """The local names where something was registered.

    Args:
        qualname: The function whose locals these are.
        names: A copy of them.
    """

    qualname: str
    names: Mapping[str, Any]


class Names(Values):
    """Where the names in the annotations of one function are looked up.

    Args:
        function: The function, or None for a class without one.
        owner: The class whose body wrote the annotations, if one did.
        captured: The local names where it was registered.
    """

    function: Any
    owner: type | None = None
    captured: Captured | None = None


def place_of(target: Any) -> str:
    """File and line of a function or class, as ``app/repo.py:30``, relative to the working directory."""
    code = getattr(target, "__code__", None)
    if code is not None:
        return f"{shortened(code.co_filename)}:{code.co_firstlineno}"
    if not isinstance(target, type):
        return ""
    try:
        _, position = inspect.findsource(target)
        return f"{shortened(inspect.getfile(target))}:{position + 1}"
    except (OSError, TypeError):
        return target.__module__
