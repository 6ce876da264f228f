"""Is it well? Checks of what a service depends on, and answering those who ask.

``live`` asks only whether the loop turns: restarting a process mends no database. ``ready`` asks the stage and all
checks. HTTP probes and ``rostra probe`` answer from here; nothing is asked more often than its check wants.
"""

from rostra.health.checks import STAGE, Check, Checks, Report, Result
from rostra.health.probing import Question, ask, serve

__all__ = ["STAGE", "Check", "Checks", "Question", "Report", "Result", "ask", "serve"]
