"""Is it well? Checks of what a service depends on, and answering those who ask.

``live`` asks only whether the loop turns: restarting a process mends no database. ``ready`` asks the stage and all
checks. HTTP probes and ``rostra probe`` answer from here; nothing is asked more often than its check wants.
"""

from rostra.health.checks import Check, Checks, Report, Result

__all__ = ["Check", "Checks", "Report", "Result"]
