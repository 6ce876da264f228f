"""What the parent knows, what can happen to it, and what it can do: the words in which ``deciding`` speaks.

Moments are seconds of one monotonic clock. Workers are called by a key that no two of them ever share; only those who
act know processes.
"""

import enum
import signal
from typing import Any, NamedTuple, TypeAlias

from rostra.fork.messages import Message
from rostra.plugin import Restart


class Rules(NamedTuple):
    """What was asked for, and stays as it is.

    Args:
        heartbeat: Seconds within which the loop of a worker has to give a sign; 0: nobody looks.
        start_timeout: Seconds in which a worker's stage ends its start by itself.
        stop_timeout: Seconds in which it ends its stop by itself.
        restart: How often workers that died are replaced, and how soon; the budget is that of each worker that is wanted.
        outlives_boot: Workers that do not start end nothing: somebody is at work on the code, and reloads when it is better.
    """

    heartbeat: float = 30.0
    start_timeout: float = 60.0
    stop_timeout: float = 25.0
    restart: Restart = Restart(budget=6, within=60.0, delay=0.1, longest=10.0)
    outlives_boot: bool = False


class Step(enum.IntEnum):
    """How far a worker is."""

    STARTING = 1
    RUNNING = 2
    LEAVING = 3
    """It was told to stop, or stops by itself."""


class Member(NamedTuple):
    """A worker that has not been waited for yet.

    Args:
        key: Its own, for ever.
        number: Of the ``Worker``, from 1 on; a successor has the number of whom it replaces.
        generation: Which reload it belongs to.
        step: How far it is.
        since: The moment in which it got there.
        beat: The moment of its last sign of life.
        has_run: It has been running.
        is_told: It was told to stop.
        is_tired: It asked for a successor.
        ended: What it said at its end: exit code, whether a signal ended it, an error in one line.
        aborted: The moment in which it was made to show its stacks and end; None: it was not.
        is_killed: It was killed as well.
    """

    key: int
    number: int
    generation: int
    step: Step = Step.STARTING
    since: float = 0.0
    beat: float = 0.0
    has_run: bool = False
    is_told: bool = False
    is_tired: bool = False
    ended: "tuple[int, bool, str] | None" = None
    aborted: float | None = None
    is_killed: bool = False

    @property
    def is_serving(self) -> bool:
        """Whether it runs, and nobody ends it."""
        return self.step is Step.RUNNING and self.aborted is None

    @property
    def is_staying(self) -> bool:
        """Whether it needs no successor yet: of one that stops by itself, or has never run, that is known when it is gone."""
        return not self.is_told and (self.aborted is None or not self.has_run)


class Failure(NamedTuple):
    """Why the parent ends other than in order.

    Args:
        what: That became of a worker: ``worker 2 did not start``.
        why: The worker's error in one line, or how its process ended.
        exit_code: As the command's.
    """

    what: str
    why: str
    exit_code: int


class State(NamedTuple):
    """All that the parent knows.

    Args:
        rules: As asked for.
        size: How many workers are wanted now.
        now: The moment of the last event.
        generation: That which workers shall belong to.
        newest: The newest there ever was, given up or not.
        good: The newest generation of which one has run; 0: none yet.
        members: The workers, oldest first.
        crashes: The moments in which workers died that still count.
        not_before: The moment before which no worker is started.
        done: The numbers of workers that ended because their work was done.
        stops: How often it was told to stop; giving up counts as being told.
        is_concluded: It ends without having been told to: the stage has ended itself, for all workers.
        chosen: The key of the one for tasks with ``workers="one"``.
        finished: Those of these tasks that came to their end, each with the generation of the worker in which it did.
        is_ready: All that were wanted have run at once.
        is_reloading: A reload has begun and neither ended nor been given up.
        keeps_old: The last reload was given up: until the next one nobody is replaced for being outdated.
        is_dormant: Nothing is started before the next reload.
        failure: Why it ends, if that is not in order.
        status: What supervisors were last told.
        next_key: Of the next worker.
    """

    rules: Rules
    size: int
    now: float = 0.0
    generation: int = 1
    newest: int = 1
    good: int = 0
    members: tuple[Member, ...] = ()
    crashes: tuple[float, ...] = ()
    not_before: float = 0.0
    done: frozenset[int] = frozenset()
    stops: int = 0
    is_concluded: bool = False
    chosen: int | None = None
    finished: tuple[tuple[int, str], ...] = ()
    is_ready: bool = False
    is_reloading: bool = False
    keeps_old: bool = False
    is_dormant: bool = False
    failure: Failure | None = None
    status: str = ""
    next_key: int = 1

    @property
    def wanted(self) -> frozenset[int]:
        """The numbers of which a worker should run: those whose work is done are not replaced."""
        return frozenset(range(1, self.size + 1)) - self.done

    @property
    def is_ending(self) -> bool:
        """Whether it was told to stop, has ended itself, or has given up."""
        return self.stops > 0 or self.is_concluded

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to be done or waited for."""
        return not self.members and (self.is_ending or not (self.wanted or self.is_dormant))

    def member(self, key: int) -> Member | None:
        """The worker of this key; None if it is gone."""
        return next((each for each in self.members if each.key == key), None)

    def with_member(self, changed: Member) -> "State":
        """The same, but for this worker."""
        return self._replace(
            members=tuple(changed if each.key == changed.key else each for each in self.members)
        )


class Ticked(NamedTuple):
    """All that had come by then is heard, and time has passed: who is late is late. The first event of a parent is one."""


class Beaten(NamedTuple):
    """A worker gave a sign of life."""

    key: int


class Advanced(NamedTuple):
    """A worker's stage runs (``RUNNING``), or stops by itself (``LEAVING``)."""

    key: int
    step: Step


class Completed(NamedTuple):
    """In a worker a task came to its end that runs in one of them only.

    Args:
        key: Of the worker.
        task: How all workers call it.
    """

    key: int
    task: str


class Concluding(NamedTuple):
    """In a worker a task that runs in one of them only has ended the stage.

    Args:
        key: Of the worker.
        reason: For the log.
    """

    key: int
    reason: str


class Tiring(NamedTuple):
    """A worker asks for a successor."""

    key: int
    reason: str


class Told(NamedTuple):
    """A worker said how its stage ended; its process ends next."""

    key: int
    exit_code: int
    was_told: bool
    error: str


class Gone(NamedTuple):
    """A worker's process was waited for, or could not be made.

    Args:
        key: Of the worker.
        status: Its exit code, or the signal that killed it as a negative number.
        stacks: What it showed of its threads when it crashed or was aborted.
        reason: Why there is no process at all; empty if there was one.
    """

    key: int
    status: int
    stacks: str = ""
    reason: str = ""


class StopAsked(NamedTuple):
    """A signal says stop; the second time at once, the third time whatever it costs."""

    signal: str


class Resized(NamedTuple):
    """One worker more, or one less."""

    by: int


class Renewed(NamedTuple):
    """The settings, and with them the code, were read again: replace all workers.

    Args:
        reason: For the log.
    """

    reason: str


class Overslept(NamedTuple):
    """The parent itself did not run for a while, so that it cannot say who was silent.

    Args:
        seconds: How long at most.
    """

    seconds: float


Event: TypeAlias = (
    Ticked
    | Beaten
    | Advanced
    | Completed
    | Concluding
    | Tiring
    | Told
    | Gone
    | StopAsked
    | Resized
    | Renewed
    | Overslept
)


class Spawn(NamedTuple):
    """Fork a worker.

    Args:
        key: What it is called from now on.
        number: Its own.
        of: How many there should be.
        generation: Which reload it belongs to.
    """

    key: int
    number: int
    of: int
    generation: int


class Tell(NamedTuple):
    """Send a message to a worker."""

    key: int
    message: Message


class Kill(NamedTuple):
    """Send a signal to a worker."""

    key: int
    signal: signal.Signals


class Settle(NamedTuple):
    """From now on only this generation and later ones matter: what was kept for older ones can be let go."""

    generation: int


class Notice(NamedTuple):
    """Tell whoever supervises the parent.

    Args:
        kind: ``ready``, ``reloading``, ``stopping`` or ``status``.
        status: In one line, for people.
    """

    kind: str
    status: str


class Line(NamedTuple):
    """Write a line of the log.

    Args:
        level: The method of the logger.
        event: Of the line.
        keys: What varies.
        key: Of the worker that it is about, whose process is added; 0: it is about none.
    """

    level: str
    event: str
    keys: dict[str, Any]
    key: int = 0


Action: TypeAlias = Spawn | Tell | Kill | Settle | Notice | Line
