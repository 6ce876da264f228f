"""How long to wait before the next try, and when trying again is no use. Pure."""

from collections.abc import Iterator
from random import Random

import attrs

from rostra_amqp.faults import LASTING, Fault, Kind

_FIRST, _LONGEST, _GROWTH = 0.1, 3.0, 2.0
_SPREAD = 0.5


def pauses(random: Random, *, first: float = _FIRST, longest: float = _LONGEST) -> Iterator[float]:
    """Seconds between tries: each about twice the one before, up to a bound, spread so that a fleet does not march in step.

    Args:
        random: What spreads them.
        first: The first one, before it is spread.
        longest: None is longer.
    """
    pause = first
    while True:
        yield pause * (1 - _SPREAD * random.random())
        pause = min(pause * _GROWTH, longest)


@attrs.define(eq=False)
class Repeats:
    """Counts how often something failed for the same lasting reason, without anything else in between.

    Args:
        limit: As often is too often.
        kinds: Of what failures waiting is no use.
    """

    limit: int = 5
    kinds: frozenset[Kind] = LASTING
    _last: Fault | None = attrs.field(default=None, init=False)
    _count: int = attrs.field(default=0, init=False)

    def are_too_many(self, fault: Fault) -> bool:
        """Note one more failure. A queue that exists otherwise stays so, and is one too many at once."""
        if fault.kind not in self.kinds:
            return False  # the broker being away in between says nothing about the queue
        self._count = self._count + 1 if fault == self._last else 1
        self._last = fault
        return self._count >= self.limit or fault.kind in {"mismatched", "unsendable"}

    def forget(self) -> None:
        """It succeeded."""
        self._last, self._count = None, 0
