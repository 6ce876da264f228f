"""Which function answers which trigger, and where does each parameter come from?

Decorators of transports mark functions; a stage collects what its plugins' modules define, finds the source of each
parameter once, and hands the handlers to their transports. Nothing is decided again at a call.
"""

from rostra.doors import on_demand
from rostra.handlers.binding import Bind, Handlers
from rostra.handlers.bound import Bound, Origin, Source
from rostra.handlers.declaring import (
    Declared,
    Marker,
    Trigger,
    collect,
    guard,
    guards_of,
    mark,
    triggers_of,
    where_of,
)

__all__ = [
    "Bind",
    "Bound",
    "Declared",
    "Handlers",
    "Marker",
    "Origin",
    "Source",
    "Trigger",
    "bare",
    "collect",
    "guard",
    "guards_of",
    "is_data",
    "is_list_of_scalars",
    "is_scalar",
    "mark",
    "triggers_of",
    "union_members",
    "where_of",
]

_HOMES = {
    "annotated": ("bare", "union_members"),
    "shapes": ("is_data", "is_list_of_scalars", "is_scalar"),
}
__getattr__, __dir__ = on_demand(__name__, _HOMES)
