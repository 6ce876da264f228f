"""What does a stage need of di? A registry, objects that live as long as it does, and a scope.

And it must know, before it makes a call, what that takes from the context.
"""

from collections.abc import Callable, Mapping
from typing import Any

from rostra.components import Components, Key
from rostra.di.adapters import Adapter
from rostra.di.asking import foreseen_call, values_of
from rostra.di.closing import Closing
from rostra.di.functions import takes_nothing
from rostra.di.plans import Load
from rostra.di.registry import PROCESS, Registry
from rostra.di.scopes import Scope, ScopeWithin, StageObjects
from rostra.di.views import view_from


def open_stage(
    layer: Components, closing: Closing, registered: Callable[[Adapter], None] | None = None
) -> Registry:
    """Make ``layer`` the layer of a stage, for di.

    Args:
        layer: Gets a ``Registry`` on top of the process's, ``StageObjects`` and a ``Scope``.
        closing: What is built for the stage and in its scope is closed with it, last in first out.
        registered: Called with each adapter that is registered on the stage.
    """
    layer.add(StageObjects(layer, closing, values_of))
    layer.add(ScopeWithin(closing), Scope)
    return layer.add(Registry(PROCESS, registered))


def loads(
    function: Callable[..., Any], layer: Components, given: Mapping[str, Any] | None = None
) -> frozenset[Key]:
    """The types of all components that a call of ``function`` takes, itself or for what is built for it.

    Args:
        function: Its parameters come from ``di``.
        layer: In which it will be called. What cannot be built there is left out; the call itself will say
            so.
        given: The types of the values that it will be given, by name; none unless said otherwise.
    """
    if takes_nothing(function):
        return frozenset()
    plan = foreseen_call(function, view_from(layer, given or {})).plan
    return frozenset(node.key for node in plan.nodes() if isinstance(node, Load))
