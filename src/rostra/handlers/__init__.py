"""Which function answers which trigger, and where does each parameter come from?"""

from rostra.handlers.binding import Bind, Bound, Handlers
from rostra.handlers.collecting import Declared, collect
from rostra.handlers.triggers import Marker, Trigger, mark, triggers_of

__all__ = ["Bind", "Bound", "Declared", "Handlers", "Marker", "Trigger", "collect", "mark", "triggers_of"]
