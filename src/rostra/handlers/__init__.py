"""Which function answers which trigger, and where does each parameter come from?

Decorators of transports mark functions; a stage collects what its plugins' modules define, finds the source of each
parameter once, and hands the handlers to their transports. Nothing is decided again at a call.
"""

from rostra.handlers.binding import Bind, Bound, Handlers
from rostra.handlers.collecting import Declared, collect
from rostra.handlers.refusals import where_of
from rostra.handlers.sources import Origin, Source
from rostra.handlers.triggers import Marker, Trigger, mark, triggers_of

__all__ = [
    "Bind",
    "Bound",
    "Declared",
    "Handlers",
    "Marker",
    "Origin",
    "Source",
    "Trigger",
    "collect",
    "mark",
    "triggers_of",
    "where_of",
]
