from rostra.di.adapters import Adapter as Adapter
from rostra.di.adapters import Lifetime as Lifetime
from rostra.di.adapters import adapter as adapter
from rostra.di.annotations import Named as Named
from rostra.di.asking import call as call
from rostra.di.asking import nject as nject
from rostra.di.at_once import now as now
from rostra.di.callers import Caller as Caller
from rostra.di.closing import Closing as Closing
from rostra.di.explaining import explain as explain
from rostra.di.fillings import Filling as Filling
from rostra.di.fillings import Wired as Wired
from rostra.di.fillings import Wiring as Wiring
from rostra.di.fillings import wiring as wiring
from rostra.di.functions import takes_nothing as takes_nothing
from rostra.di.injecting import inject as inject
from rostra.di.lazies import Lazy as Lazy
from rostra.di.overrides import override as override
from rostra.di.registry import Registry as Registry
from rostra.di.registry import Root as Root
from rostra.di.registry import is_injected as is_injected
from rostra.di.registry import register as register
from rostra.di.scopes import LateScope as LateScope
from rostra.di.scopes import Scope as Scope
from rostra.di.scopes import StageObjects as StageObjects
from rostra.di.scopes import Unscoped as Unscoped
from rostra.di.scopes import scope as scope
from rostra.di.signatures import Parameter as Parameter
from rostra.di.signatures import Signature as Signature
from rostra.di.signatures import signature as signature
from rostra.di.stages import CheckReport as CheckReport
from rostra.di.stages import check as check
from rostra.di.stages import loads as loads
from rostra.di.stages import open_stage as open_stage

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
    "signature",
    "takes_nothing",
    "wiring",
]
