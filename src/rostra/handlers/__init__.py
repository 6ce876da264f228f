"""Which function answers which trigger, and where does each parameter come from?

Decorators of transports mark functions; a stage collects what its plugins' modules define, finds the source of each
parameter once, and hands the handlers to their transports. Nothing is decided again at a call.
"""

from rostra.handlers.binding import Bind, Handlers
from rostra.handlers.bound import Bound
from rostra.handlers.collecting import Declared, collect
from rostra.handlers.refusals import where_of
from rostra.handlers.shapes import bare, is_data, is_list_of_scalars, is_scalar, union_members
from rostra.handlers.sources import Origin, Source
from rostra.handlers.triggers import Marker, Trigger, guard, guards_of, mark, triggers_of

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
