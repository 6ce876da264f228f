"""How do I get one of these? Adapters, lifetimes, scopes, and calls whose parameters are filled."""

from rostra.components import Components
from rostra.di.adapters import Adapter
from rostra.di.calls import call, nject, now
from rostra.di.closing import Closing
from rostra.di.markers import Lazy, Named, adapter
from rostra.di.registry import PROCESS, Registry, Root, register
from rostra.di.scopes import Scope, Unscoped, scope
from rostra.di.signatures import Parameter, Signature, signature
from rostra.di.stage_objects import StageObjects


def open_stage(layer: Components, closing: Closing) -> Registry:
    """Let di work in a stage: adds its registry, its objects and its scope to the stage's layer."""
    layer.add(StageObjects(layer, closing))
    layer.add(Scope(layer, closing))
    return layer.add(Registry(PROCESS))
