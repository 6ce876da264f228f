"""What do the type parameters in an annotation stand for?

``Store[T]`` serves who asks for ``Store[User]``: T stands for User then, wherever it is written in what the adapter takes
and gives.
"""

import functools
import operator
import typing
from collections.abc import Callable
from typing import Annotated, Any, ForwardRef, Literal, TypeVar

from rostra.components import Key, keys
from rostra.di.annotations import UNIONS, Bindings, Option, Want, origin_of, read, type_parameters


def read_bound(annotation: Any, bindings: Bindings) -> Want:
    """What ``annotation`` asks for, where its type parameters stand for ``bindings``."""
    type_argument = _type_argument(annotation, bindings)
    if type_argument is not None:
        return Want((Option(type),), type_argument=type_argument)
    return read(substituted(annotation, bindings))


def _type_argument(annotation: Any, bindings: Bindings) -> Any:
    if origin_of(annotation) is not type:
        return None
    (argument,) = typing.get_args(annotation)
    return bindings.get(argument) if isinstance(argument, TypeVar) else None


def substituted(annotation: Any, bindings: Bindings) -> Any:
    """``annotation`` with type parameters replaced: ``Store[T]`` becomes ``Store[User]``."""
    return rebuilt(annotation, lambda leaf: bindings.get(leaf, leaf))


def unified(pattern: Any, key: Key, bindings: dict[Any, Any]) -> bool:
    """Fill ``bindings`` so that ``pattern`` becomes ``key``: {T: User} for ``Store[T]`` and ``Store[User]``."""
    if isinstance(pattern, TypeVar):
        if not _may_stand_for(pattern, key):
            return False
        return bool(bindings.setdefault(pattern, key) == key)
    arguments, others = typing.get_args(pattern), typing.get_args(key)
    if not type_parameters(pattern):
        return bool(pattern == key)
    if origin_of(pattern) is not origin_of(key) or len(arguments) != len(others):
        return False
    return all(unified(one, other, bindings) for one, other in zip(arguments, others, strict=True))


def _may_stand_for(variable: TypeVar, key: Key) -> bool:
    if variable.__constraints__:
        return key in variable.__constraints__
    bound = variable.__bound__
    return not isinstance(bound, type) or bound in keys(key) or bound in getattr(key, "__mro__", ())


def rebuilt(annotation: Any, leaf: Callable[[Any], Any]) -> Any:
    """``annotation`` with ``leaf`` of each string and type parameter in it."""
    if isinstance(annotation, list):  # the parameters of a Callable
        return [rebuilt(each, leaf) for each in annotation]
    origin, arguments = origin_of(annotation), typing.get_args(annotation)
    if not arguments:
        return leaf(annotation) if isinstance(annotation, str | ForwardRef | TypeVar) else annotation
    if origin is Literal:
        return annotation
    if origin is Annotated:
        inside = rebuilt(arguments[0], leaf)
        return Annotated[(inside, *annotation.__metadata__)]
    new = tuple(rebuilt(argument, leaf) for argument in arguments)
    if new == arguments:
        return annotation
    return functools.reduce(operator.or_, new) if origin in UNIONS else origin[new]
