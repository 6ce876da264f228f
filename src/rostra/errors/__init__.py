"""What can go wrong, and what then?

Every error that rostra raises of its own accord is a ``RostraError`` and also the builtin that a caller would
catch for it. It says what went wrong, where, why, and how to fix it (see ``rostra.errors.base``).

::

    RostraError
    ├─ ComponentNotFoundError (LookupError)    nothing of that type in the context
    ├─ JobsFullError (RuntimeError)            as many jobs run as may
    ├─ NoContextError (LookupError)            neither a stage nor a layer here
    ├─ NotAComponentError (TypeError)          a class instead of an instance
    ├─ PluginCycleError (RuntimeError)         plugins load each other in a circle
    ├─ PluginError (RuntimeError)              a plugin is not as it must be
    ├─ PluginNotFoundError (LookupError)       no plugin has this name
    ├─ StartTimeoutError (TimeoutError)        the stage did not get to run in time
    ├─ StopTimeoutError (TimeoutError)         the stop was cut short
    └─ TaskEndedError (RuntimeError)           a task ended without an exception of its own
"""

from rostra.errors.base import RostraError, Wording, closest
from rostra.errors.components import ComponentNotFoundError, NoContextError, NotAComponentError
from rostra.errors.plugin import (
    JobsFullError,
    PluginCycleError,
    PluginError,
    PluginNotFoundError,
    StartTimeoutError,
    StopTimeoutError,
    TaskEndedError,
)

__all__ = [
    "ComponentNotFoundError",
    "JobsFullError",
    "NoContextError",
    "NotAComponentError",
    "PluginCycleError",
    "PluginError",
    "PluginNotFoundError",
    "RostraError",
    "StartTimeoutError",
    "StopTimeoutError",
    "TaskEndedError",
    "Wording",
    "closest",
]
