"""What may generated code take for granted about a callable? Only what Python itself guarantees.

Anything unusual, such as a wrapper, a partial or a class with a ``__new__``, is called as carefully as the
interpreter of plans does.
"""

import inspect
from types import FunctionType, MethodType
from typing import Any

from rostra.di.annotations import origin_of
from rostra.di.functions import is_ordinary_class, ordinary
from rostra.di.offers import Offer
from rostra.di.plans import Argument
from rostra.di.signatures import Parameter


def passed_by_position(
    function: Any, parameters: tuple[Parameter, ...], arguments: tuple[Argument, ...]
) -> frozenset[str]:
    """The names of the parameters whose arguments can be passed by position, which is faster than by name.

    Args:
        function: What is called.
        parameters: All that it takes.
        arguments: What it is called with, in the same order.
    """
    names = [argument.parameter.name for argument in arguments]
    only = frozenset(
        argument.parameter.name for argument in arguments if argument.parameter.is_positional_only
    )
    if ordinary(function) is None:
        return only
    leading: list[str] = []
    for parameter, name in zip(parameters, names, strict=False):
        if parameter.name != name or parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            break
        leading.append(name)
    return only.union(leading)


def is_surely_right(offer: Offer) -> bool:
    """Whether a call can give nothing but what is declared: that of an ordinary class."""
    cls = origin_of(offer.made) or offer.made
    if offer.is_override or not isinstance(cls, type) or inspect.isabstract(cls) or _is_protocol(cls):
        return offer.is_override or not isinstance(cls, type) or _is_protocol(cls)
    return offer.make is cls and is_ordinary_class(cls)


def is_plain_generator(make: Any) -> bool:
    """Whether a call gives a generator itself, and not something that a decorator makes of it."""
    function = make.__func__ if isinstance(make, MethodType) else make
    return isinstance(function, FunctionType) and bool(
        function.__code__.co_flags & (inspect.CO_ASYNC_GENERATOR | inspect.CO_GENERATOR)
    )


def _is_protocol(cls: type) -> bool:
    return bool(getattr(cls, "_is_protocol", False))
