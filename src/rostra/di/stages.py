"""What does a stage need of di? A registry, objects that live as long as it does, and a scope."""

from collections.abc import Callable

from rostra.components import Components
from rostra.di.adapters import Adapter
from rostra.di.asking import values_of
from rostra.di.closing import Closing
from rostra.di.registry import PROCESS, Registry
from rostra.di.scopes import Scope, ScopeWithin
from rostra.di.stage_objects import StageObjects


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
