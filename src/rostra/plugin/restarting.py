"""When may a task that ended start again, and how long does it wait before?

A budget of restarts within a window, and between them a pause that grows and is jittered, so that a fleet
whose broker went away does not come back in one beat. Pure: the time and the chance are given.
"""

from rostra.plugin.tasks import Restart
from rostra.values import Values


class Restarts(Values):
    """When a task was started again: moments of a monotonic clock, oldest first."""

    moments: tuple[float, ...] = ()

    def recent(self, policy: Restart, now: float) -> "Restarts":
        """Those that still count against the budget."""
        return Restarts(tuple(moment for moment in self.moments if now - moment < policy.within))

    def and_now(self, now: float) -> "Restarts":
        """These and one more."""
        return Restarts((*self.moments, now))


def pause(policy: Restart, restarts: Restarts, now: float, chance: float) -> float | None:
    """Seconds to wait before the next restart, or None when the budget is used up.

    Args:
        policy: The rules.
        restarts: What happened so far.
        now: Of the clock that the moments of ``restarts`` are from.
        chance: At least 0, less than 1.
    """
    count = len(restarts.recent(policy, now).moments)
    if count >= policy.budget:
        return None
    # The exponent is bounded, else 2 ** count does not fit a float when the budget is large.
    whole = min(policy.longest, policy.delay * 2.0 ** min(count, 64))
    return whole * (1 - policy.jitter * chance)
