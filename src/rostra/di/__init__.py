"""How do I get one of these? Adapters, and calls whose parameters are filled.

Adapters say what they make and what they need; ``nject`` plans from the graph how something is built here, and
builds it. Registry, planning and running are apart: the first knows who can make what, the second decides, the
third does it. Nothing that nobody registered is ever built.
"""

from rostra.doors import on_demand

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

_HOMES = {
    "adapters": ("Adapter", "Lifetime", "adapter"),
    "annotations": ("Named",),
    "asking": ("call", "nject"),
    "at_once": ("now",),
    "callers": ("Caller",),
    "closing": ("Closing",),
    "explaining": ("explain",),
    "fillings": ("Filling", "Wired", "Wiring", "wiring"),
    "functions": ("takes_nothing",),
    "injecting": ("inject",),
    "lazies": ("Lazy",),
    "overrides": ("override",),
    "registry": ("Registry", "Root", "is_injected", "register"),
    "scopes": ("LateScope", "Scope", "StageObjects", "Unscoped", "scope"),
    "signatures": ("Parameter", "Signature", "signature"),
    "stages": ("CheckReport", "check", "loads", "open_stage"),
}
__getattr__, __dir__ = on_demand(__name__, _HOMES)
