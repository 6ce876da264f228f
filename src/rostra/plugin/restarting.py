"""When may a task that ended start again, and how long does it wait before?

A budget of restarts within a window, and between them a pause that grows and is jittered, so that a fleet
whose broker went away does not come back in one beat. Pure: the time and the chance are given.
"""

from typing import Literal, Self

from rostra import errors
from rostra.errors import closest
from rostra.values import Values

WAYS = ("on-failure", "always")
"""When a task may be started again."""

_AMOUNTS = ("budget", "within", "delay", "longest")

_FIX = ('plugin.task(..., restart="on-failure") has useful values for all of them',)


class _Policy(Values):
    when: Literal["on-failure", "always"]
    budget: int
    within: float
    delay: float
    longest: float
    jitter: float


class Restart(_Policy):
    """How a task is started again after it ended.

    The pause before the n-th restart of the window is ``delay * 2 ** (n - 1)``, at most ``longest``, and of
    that a random part, given by ``jitter``, is left out. A task that ran for longer than ``within`` starts
    over with a full budget and the shortest pause.

    Args:
        when: ``on-failure``: only if it raised or ended cancelled; ``always``: also if it returned.
        budget: So many restarts within ``within``; when it is used up, the task has failed.
        within: Seconds.
        delay: Seconds before the first restart.
        longest: Seconds that a pause never exceeds.
        jitter: The part of a pause that chance may take off, between 0 and 1.
    """

    __slots__ = ()

    def __new__(
        cls,
        when: Literal["on-failure", "always"] = "on-failure",
        budget: int = 10,
        within: float = 300.0,
        delay: float = 0.5,
        longest: float = 30.0,
        jitter: float = 0.5,
    ) -> Self:
        """See the class."""
        made = super().__new__(cls, when, budget, within, delay, longest, jitter)
        made._check()
        return made

    def _check(self) -> None:
        if self.when not in WAYS:
            near = closest(str(self.when), WAYS)
            fix = _FIX if near is None else (f'did you mean when="{near}"?',)
            raise errors.PluginError(
                f"when of a Restart must be on-failure or always, not {self.when}", fix=fix
            )
        for name, value in zip(_AMOUNTS, self[1:5], strict=True):
            if not value > 0:
                raise errors.PluginError(f"{name} of a Restart must be more than 0, not {value}", fix=_FIX)
        if not 0 <= self.jitter <= 1:
            raise errors.PluginError(
                f"jitter of a Restart must be between 0 and 1, not {self.jitter}", fix=_FIX
            )


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
