from rostra.plugin.cancelling import Cancel as Cancel
from rostra.plugin.cancelling import Chosen as Chosen
from rostra.plugin.cancelling import Started as Started
from rostra.plugin.finding import Named as Named
from rostra.plugin.finding import Plugin as Plugin
from rostra.plugin.finding import find as find
from rostra.plugin.finding import installed as installed
from rostra.plugin.hanging import Place as Place
from rostra.plugin.hanging import awaits as awaits
from rostra.plugin.hanging import telling as telling
from rostra.plugin.lifecycle import Lifecycle as Lifecycle
from rostra.plugin.lifecycle import Phase as Phase
from rostra.plugin.loading import Loader as Loader
from rostra.plugin.noting import Record as Record
from rostra.plugin.options import Options as Options
from rostra.plugin.rehearsing import Rehearsal as Rehearsal
from rostra.plugin.rehearsing import rehearse as rehearse
from rostra.plugin.running import stage as stage
from rostra.plugin.signals import Signals as Signals
from rostra.plugin.stage import Stage as Stage
from rostra.plugin.tasks import Jobs as Jobs
from rostra.plugin.tasks import Restart as Restart
from rostra.plugin.tasks import Task as Task
from rostra.plugin.tasks import task as task
from rostra.plugin.teardown import Teardown as Teardown

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
