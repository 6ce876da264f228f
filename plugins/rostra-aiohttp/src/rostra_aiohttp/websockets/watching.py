"""Is anybody there? Peers that say nothing are asked, and let go of when they do not answer.

One timer looks after all connections of a stage; what is to be done with one is decided purely.
"""

import asyncio
import enum
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

_NEVER = float("inf")
_COARSE = 16
"""Looks are no closer to each other than this part of the shortest time that is watched."""


class Step(enum.Enum):
    """What is to be done with a connection."""

    WAIT = "nothing yet"
    ASK = "it has been silent for so long that a sign of life is asked for"
    LOST = "it was asked, and did not answer"
    IDLE = "nobody has said anything for too long"


class Signs(NamedTuple):
    """When a connection gave signs of life. Seconds of the loop's clock.

    Args:
        heard: When anything came from the peer.
        asked: When it was asked for a sign of life the last time; before ``heard`` if it has answered.
        spoken: When either side said something.
    """

    heard: float
    asked: float
    spoken: float


class Limits(NamedTuple):
    """How long silence may be. Seconds; 0 is without end.

    Args:
        ping: Until the peer is asked; it has half of that to answer.
        idle: Until the connection is ended.
    """

    ping: float
    idle: float

    @property
    def shortest(self) -> float:
        """The shortest time that is watched; 0 if nothing is."""
        return min((each for each in (self.ping / 2, self.idle) if each), default=0)


def next_step(now: float, signs: Signs, limits: Limits) -> tuple[Step, float]:
    """What is to be done now, and when to look again."""
    ends = signs.spoken + limits.idle if limits.idle else _NEVER
    if now >= ends:
        return Step.IDLE, ends
    if not limits.ping:
        return Step.WAIT, ends
    is_asked = signs.asked > signs.heard
    due = signs.asked + limits.ping / 2 if is_asked else signs.heard + limits.ping
    if now < due:
        return Step.WAIT, min(due, ends)
    return (Step.LOST, due) if is_asked else (Step.ASK, min(now + limits.ping / 2, ends))


class Watched(Protocol):
    """A connection that is looked after."""

    def look(self, now: float, limits: Limits) -> float:
        """Do what is to be done, and say when to look again; infinite for never."""
        ...


class Watch:
    """Looks after connections, as long as there are any.

    Args:
        watched: Those that are there at the moment.
    """

    __slots__ = ("_timer", "_watched")

    def __init__(self, watched: Callable[[], Iterable[Watched]]) -> None:
        self._watched = watched
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, limits: Limits) -> None:
        """Look, if that is not done yet: all connections have the same limits, so those before this one come first."""
        if self._timer is None and limits.shortest:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(limits.shortest, self._look, limits)

    def _look(self, limits: Limits) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        now = loop.time()
        soonest = min((each.look(now, limits) for each in [*self._watched()]), default=_NEVER)
        if soonest < _NEVER:
            self._timer = loop.call_at(max(soonest, now + limits.shortest / _COARSE), self._look, limits)

    def end(self) -> None:
        """There are none any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
