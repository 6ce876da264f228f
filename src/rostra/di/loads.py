"""What does a call take from the context? Asked by those who must know it before they make the call."""

from collections.abc import Callable
from types import FunctionType
from typing import Any

from rostra.components import Components, Key
from rostra.di.answering import answer
from rostra.di.plans import Load
from rostra.di.signatures import signature
from rostra.di.views import view_from


def loads(function: Callable[..., Any], layer: Components) -> frozenset[Key]:
    """The types of all components that a call of ``function`` takes, itself or for what is built for it.

    Args:
        function: Its parameters come from ``di``.
        layer: In which it will be called. What cannot be built there is left out; the call itself will say
            so.
    """
    if takes_nothing(function):
        return frozenset()
    plan = answer(view_from(layer, {}), signature(function)).plan
    return frozenset(node.key for node in plan.nodes() if isinstance(node, Load))


def takes_nothing(function: Callable[..., Any]) -> bool:
    """Whether it is a plain function without parameters, whose call needs no plan; a glance, not a look."""
    if not isinstance(function, FunctionType):
        return False
    code = function.__code__
    return not (code.co_argcount or code.co_kwonlyargcount or hasattr(function, "__wrapped__"))
