"""Is it well? Checks of what a service depends on, and answering those who ask.

``live`` asks only whether the loop turns: restarting a process mends no database. ``ready`` asks the stage and all
checks. HTTP probes and ``rostra probe`` answer from here; nothing is asked more often than its check wants.
"""

from rostra.doors import on_demand

__all__ = ["STAGE", "Check", "Checks", "Question", "Report", "Result", "ask", "serve"]

_HOMES = {
    "asking": ("Question", "ask"),
    "checks": ("STAGE", "Check", "Checks", "Report", "Result"),
    "probing": ("serve",),
}
__getattr__, __dir__ = on_demand(__name__, _HOMES)
