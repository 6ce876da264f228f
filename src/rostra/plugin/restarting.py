"""When may a task that ended start again, and how long does it wait before?

A budget of restarts within a window, and between them a pause that grows and is jittered, so that a fleet
whose broker went away does not come back in one beat. What decides that is pure: the time and the chance are given.
"""

import random

from rostra import context, errors, log
from rostra.clock import Clock
from rostra.plugin.tasks import Failed, Outcome, Restart, Returned
from rostra.values import Values

_log = log.get("rostra.plugin")


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


class Restarting:
    """What follows each time that one task has ended.

    Args:
        policy: When it may start again.
        task: Its name.
        plugin: The name of the plugin it is from.
    """

    def __init__(self, policy: Restart, task: str, plugin: str) -> None:
        self._policy = policy
        self._task = task
        self._plugin = plugin
        self._restarts = Restarts()

    def after(self, outcome: Outcome) -> float | Outcome:
        """Seconds to wait before the next attempt, which is logged; or how the task ended, if there is to be none."""
        if not self._may_follow(outcome):
            return outcome
        now = context.get(Clock).monotonic()
        seconds = pause(self._policy, self._restarts, now, random.random())  # noqa: S311  (no secret)
        if seconds is None:
            return self._given_up(outcome)
        self._restarts = self._restarts.recent(self._policy, now).and_now(now)
        error = outcome.error if isinstance(outcome, Failed) else None
        _log.warning("task.restarting", seconds=round(seconds, 3), exc_info=error)
        return seconds

    def _may_follow(self, outcome: Outcome) -> bool:
        match outcome:
            case Failed(Exception()):
                return True
            case Returned():
                return self._policy.when == "always"
            case _:  # cancelled by the stage, or it wants to leave: SystemExit
                return False

    def _given_up(self, outcome: Outcome) -> Failed:
        policy = self._policy
        spent = f"{policy.budget} restarts within {policy.within:g} s did not help"
        if isinstance(outcome, Failed):
            outcome.error.add_note(spent)
            return outcome
        why = ('a task with restart="always" that ends at once would do nothing but start',)
        fix = ("let it wait for its work, or give it a larger budget: restart=plugin.Restart(...)",)
        how = f"ended again and again: {spent}"
        return Failed(errors.TaskEndedError(self._task, self._plugin, how, why, fix))
