"""Does it ask for that? Whether a function, or something that is built for it, takes a certain component."""

from collections.abc import Callable
from typing import Any

from rostra import di
from rostra.components import Components, Key
from rostra.di.planning import answer
from rostra.di.plans import Load
from rostra.di.views import view_from


def loaded_for(function: Callable[..., Any], layer: Components) -> frozenset[Key]:
    """The types of all components that a call of ``function`` takes from the context, itself or for what is built.

    Args:
        function: Its parameters come from ``di``.
        layer: In which it will be called. What cannot be built there is left out; the call itself will say so.
    """
    signature = di.signature(function)
    if not signature.parameters:
        return frozenset()
    plan = answer(view_from(layer, {}), signature).plan
    return frozenset(node.key for node in plan.nodes() if isinstance(node, Load))
