"""Which plugins, in which order; which tasks, how long? Loads plugins, runs their tasks, and puts all away.

``stage()`` is a whole program; ``Stage`` is the same within a running loop. What a plugin's ``prepare`` and tasks ask
for by type is here, too, and what tools are made of: ``rehearse`` looks at a stage without starting it, ``awaits``
says where a task hangs.
"""

from rostra.doors import on_demand
from rostra.plugin.running import stage
from rostra.plugin.stage import Stage

__all__ = [
    "Cancel",
    "Chosen",
    "Jobs",
    "Lifecycle",
    "Loader",
    "Named",
    "Options",
    "Phase",
    "Place",
    "Plugin",
    "Record",
    "Rehearsal",
    "Restart",
    "Signals",
    "Stage",
    "Started",
    "Task",
    "Teardown",
    "awaits",
    "find",
    "installed",
    "rehearse",
    "stage",
    "task",
    "telling",
]

_HOMES = {
    "cancelling": ("Cancel", "Chosen", "Started"),
    "finding": ("Named", "Plugin", "find", "installed"),
    "hanging": ("Place", "awaits", "telling"),
    "lifecycle": ("Lifecycle", "Phase"),
    "loading": ("Loader",),
    "noting": ("Record",),
    "options": ("Options",),
    "rehearsing": ("Rehearsal", "rehearse"),
    "signals": ("Signals",),
    "tasks": ("Jobs", "Restart", "Task", "task"),
    "teardown": ("Teardown",),
}
__getattr__, __dir__ = on_demand(__name__, _HOMES)
