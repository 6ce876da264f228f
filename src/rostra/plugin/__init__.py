"""Which plugins, in which order; which tasks, how long? Loads plugins, runs their tasks, and puts all away.

``stage()`` is a whole program; ``Stage`` is the same within a running loop. What a plugin's ``prepare`` and tasks ask
for by type is here, too, and what tools are made of: ``rehearse`` looks at a stage without starting it, ``awaits``
says where a task hangs.
"""

from rostra.plugin.cancelling import Cancel, Chosen, Started
from rostra.plugin.finding import Named, Plugin, find
from rostra.plugin.hanging import Place, awaits, telling
from rostra.plugin.installed import installed
from rostra.plugin.jobs import Jobs
from rostra.plugin.lifecycle import Lifecycle, Phase
from rostra.plugin.loading import Loader, Record
from rostra.plugin.options import Options
from rostra.plugin.rehearsing import Rehearsal
from rostra.plugin.restarting import Restart
from rostra.plugin.running import rehearse, stage
from rostra.plugin.signals import Signals
from rostra.plugin.stage import Stage
from rostra.plugin.tasks import Task, task
from rostra.plugin.teardown import Teardown

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
