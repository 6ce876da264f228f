"""How do I get one of these? Adapters, and calls whose parameters are filled.

Adapters say what they make and what they need; ``nject`` plans from the graph how something is built here, and
builds it. Registry, planning and running are apart: the first knows who can make what, the second decides, the
third does it. Nothing that nobody registered is ever built.
"""

from rostra.di.adapters import Adapter, Lifetime, adapter
from rostra.di.callers import Caller
from rostra.di.calls import call, inject, nject, now
from rostra.di.checking import CheckReport, check
from rostra.di.closing import Closing
from rostra.di.explaining import explain
from rostra.di.late import LateScope
from rostra.di.loads import loads, takes_nothing
from rostra.di.markers import Lazy, Named
from rostra.di.overrides import override
from rostra.di.registry import Registry, Root, is_injected, register
from rostra.di.scopes import Scope, Unscoped, scope, scope_above
from rostra.di.signatures import Parameter, Signature, signature
from rostra.di.stage_objects import StageObjects
from rostra.di.stages import open_stage
from rostra.di.wiring import Filling, Wired, Wiring, wiring

__all__ = [
    "Adapter",
    "Caller",
    "CheckReport",
    "Closing",
    "Filling",
    "LateScope",
    "Lazy",
    "Lifetime",
    "Named",
    "Parameter",
    "Registry",
    "Root",
    "Scope",
    "Signature",
    "StageObjects",
    "Unscoped",
    "Wired",
    "Wiring",
    "adapter",
    "call",
    "check",
    "explain",
    "inject",
    "is_injected",
    "loads",
    "nject",
    "now",
    "open_stage",
    "override",
    "register",
    "scope",
    "scope_above",
    "signature",
    "takes_nothing",
    "wiring",
]
