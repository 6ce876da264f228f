"""The parent of workers: hears, decides, does. It has neither a loop nor a thread, and outlives all its children.

It waits for one of four things: a signal, a message of a worker, stacks that a worker shows, or the moment at which something
is due. What that means is decided by ``deciding``; here it is only carried out.
"""

import os
import random
import select
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from time import monotonic
from typing import Any

from rostra import log
from rostra.config import ConfigSource
from rostra.errors import ConfigError
from rostra.fork import child as worker_process
from rostra.fork.balancing import Places
from rostra.fork.channel import Channel, pair
from rostra.fork.deciding import decide
from rostra.fork.following import STOP_OVERTIME, due, is_alive
from rostra.fork.holding import Held
from rostra.fork.merging import Sums
from rostra.fork.messages import (
    Beat,
    Changed,
    Collect,
    Collected,
    Concluded,
    Ended,
    Finished,
    Message,
    Reached,
    Recorded,
    Stop,
    Tired,
    Unwatched,
    Wanted,
)
from rostra.fork.notifying import Notifying
from rostra.fork.once import Once
from rostra.fork.process import Child, stacks_pipe
from rostra.fork.program import Program, in_short
from rostra.fork.states import (
    Advanced,
    Beaten,
    Completed,
    Concluding,
    Event,
    Failure,
    Gone,
    Kill,
    Line,
    Notice,
    Overslept,
    Renewed,
    Resized,
    Settle,
    Spawn,
    State,
    Step,
    StopAsked,
    Tell,
    Ticked,
    Tiring,
    Told,
)
from rostra.fork.waking import HEARD, Waking, forked
from rostra.fork.watcher import Watcher
from rostra.fork.watching import shown
from rostra.fork.worker import Worker

_log = log.get("rostra.fork")

_SLEEP_TOLERANCE = 1.0
"""Seconds that the parent may be late without being taken for one that was suspended, or held up by what it did."""

_GLANCE = 0.1
"""Seconds between two looks at children that nobody decides about any more."""

_STEPS = {"running": Step.RUNNING, "stopping": Step.LEAVING}


class Parent:
    """Keeps workers alive until it is told to stop, or has to give up.

    Args:
        program: What workers run.
        state: How it begins.
        source: The settings of the first workers.
        held: The sockets.
        notifying: The line to systemd.
        waking: What hears signals.
        watcher: Who tells that files have changed; None if nobody wants that.
        renewed: Called with the settings at hand, gives those of the next generation.
    """

    def __init__(
        self,
        program: Program,
        state: State,
        source: ConfigSource,
        held: Held,
        notifying: Notifying,
        waking: Waking,
        watcher: Watcher | None = None,
        renewed: Callable[[ConfigSource], ConfigSource] = ConfigSource.reload,
    ) -> None:
        self._program = program
        self._state = state
        self._sources = {state.generation: source}
        self._held = held
        self._notifying = notifying
        self._renewed = renewed
        self._places, self._once = Places(), Once()
        self._children: dict[int, Child] = {}
        self._pids: dict[int, int] = {}
        self._sums = Sums()
        self._readers: dict[int, Callable[[], None]] = {}
        self._poll = select.poll()
        self._events: deque[Event] = deque()
        self._waking = waking
        self._watcher = watcher
        self._next_sign = 0.0
        self._now = monotonic()  # all that had come until then is heard, before time is said to have passed

    def run(self) -> Failure | None:
        """Be the parent until no worker is left; why it ended, if not in order.

        Whatever happens here, no child is left behind.
        """
        try:
            self._listen(self._waking.fileno(), self._hear)
            if (watcher := self._watcher) is not None:
                self._listen(watcher.channel.fileno(), lambda: self._heed(watcher))
            self._hear()  # a signal may have come before
            self._happen(Ticked())
            while not self._state.is_over:
                self._wait()
        finally:
            self._leave_none_behind()
        return self._state.failure

    # Waiting and hearing

    def _wait(self) -> None:
        expected = self._next_moment()
        ready = self._poll.poll(None if expected is None else max(0.0, expected - monotonic()) * 1000 + 1)
        before, self._now = self._now, monotonic()
        if expected is not None and self._now - expected > _SLEEP_TOLERANCE:
            self._happen(Overslept(self._now - before))
        for read in filter(None, (self._readers.get(descriptor) for descriptor, _ in ready)):
            read()
        self._hear()  # a signal to the whole group came before the end of those whom it ended
        self._reap()
        self._happen(Ticked())
        if self._state.is_ending and all(each.has_run for each in self._state.members):
            self._held.close()  # who comes when the last worker listens no more is refused at once
        self._give_sign()
        for each in self._children.values():
            self._look_for_room(each)

    def _next_moment(self) -> float | None:
        moments = [due(self._state), self._next_sign if self._notifying.watchdog else None]
        return min((moment for moment in moments if moment is not None), default=None)

    def _listen(self, descriptor: int, read: Callable[[], None]) -> None:
        self._readers[descriptor] = read
        self._poll.register(descriptor, select.POLLIN)

    def _ignore(self, descriptor: int) -> None:
        if self._readers.pop(descriptor, None) is not None:
            self._poll.unregister(descriptor)

    def _hear(self) -> None:
        for number in self._waking.heard():
            match number:
                case signal.SIGINT | signal.SIGTERM:
                    self._happen(StopAsked(number.name))
                case signal.SIGHUP:
                    self.renew(number.name)
                case signal.SIGTTIN:
                    self._happen(Resized(+1))
                case signal.SIGTTOU:
                    self._happen(Resized(-1))
                case signal.SIGUSR1:
                    for each in self._children.values():
                        each.send(number)

    def _heed(self, watcher: Watcher) -> None:
        """Files have changed, or nobody tells that any more."""
        for message in watcher.received():
            match message:
                case Changed(paths):
                    changed = shown(paths)
                    _log.info("watch.changed", files=changed)
                    self.renew(f"{changed} changed")
                case Unwatched(reason):
                    _log.error("watch.failed", reason=reason, workers="go on, and HUP replaces them")
        if watcher.channel.is_over:
            self._ignore(watcher.channel.fileno())
            watcher.close()
            if not self._state.is_ending:
                _log.error("watch.ended", workers="go on, and HUP replaces them")

    def renew(self, reason: str) -> None:
        """Read the settings again, and let new workers take the place of the old ones; if that fails they stay."""
        newest = self._sources[max(self._sources)]
        try:
            source = self._renewed(newest)
        except ConfigError as error:
            self._program.tell(error)
            _log.error("workers.kept", reason=reason, why=in_short(error))
            if self._state.is_ready:
                self._notifying.reloading(reason)
                self._notifying.ready(f"the reload failed: {in_short(error)}")
            return
        needed = (self._state.generation, self._state.good)
        self._sources = {each: known for each, known in self._sources.items() if each in needed}
        self._sources[self._state.newest + 1] = source
        self._happen(Renewed(reason))

    def _look_for_room(self, each: Child) -> None:
        """Wait for the moment in which it takes what it did not take yet: one that is suspended takes little."""
        if each.channel.fileno() in self._readers:
            writing = select.POLLOUT if each.channel.is_waiting else 0
            self._poll.modify(each.channel.fileno(), select.POLLIN | writing)

    def _receive(self, each: Child) -> None:
        each.channel.flush()
        for message in each.channel.received():
            self._answer(each, message)
        if each.channel.is_over:
            self._ignore(each.channel.fileno())

    def _answer(self, each: Child, message: Message) -> None:
        match message:
            case Beat():
                self._happen(Beaten(each.key))
            case Reached(phase):
                self._happen(Advanced(each.key, _STEPS[phase]))
            case Tired(reason):
                self._happen(Tiring(each.key, reason))
            case Ended(exit_code, was_told, error):
                self._happen(Told(each.key, exit_code, was_told, error))
            case Finished(task):
                self._happen(Completed(each.key, task))
            case Concluded(reason):
                self._happen(Concluding(each.key, reason))
            case Recorded(rows):
                self._sums.add(rows, each.number, each.key)
            case Collect(ticket):
                each.channel.send(Collected(ticket, self._sums.rows()))
            case Wanted():
                answer, descriptors = self._held.answer(message, each.number, each.generation)
                each.channel.send(answer, *descriptors)
            case _:
                raise AssertionError(f"a worker does not say {message}")

    def _read_stacks(self, each: Child) -> None:
        if not each.read_stacks():
            self._ignore(each.stacks)

    def _reap(self) -> None:
        for each in tuple(self._children.values()):
            status = each.status()
            if status is not None:
                self._let_go(each)
                self._sums.forget(each.key)
                self._places.give_back(each.key)
                self._happen(Gone(each.key, status, each.shown))
                del self._pids[each.key]

    def _let_go(self, each: Child) -> None:
        """A process has ended: hear its last words, and close what led to it."""
        self._receive(each)
        each.read_stacks()
        self._ignore(each.channel.fileno())
        self._ignore(each.stacks)
        del self._children[each.key]
        each.close()

    # Deciding and doing

    def _happen(self, event: Event) -> None:
        """Decide about an event, and do what is to be done; what comes of that is decided next."""
        self._events.append(event)
        if len(self._events) > 1:
            return
        while self._events:
            now = self._now if isinstance(self._events[0], Ticked) else monotonic()
            self._state, actions = decide(self._state, self._events[0], now, random.random())  # noqa: S311  (no secret)
            for action in actions:
                self._do(action)
            self._events.popleft()

    def _do(self, action: Any) -> None:
        match action:
            case Spawn():
                self._spawn(action)
            case Tell(key, message):
                if (each := self._children.get(key)) is not None:
                    each.channel.send(message)
                    if isinstance(message, Stop) and each.number > self._state.size:
                        self._held.drop(each.number)
            case Kill(key, number):
                if (each := self._children.get(key)) is not None:
                    each.send(number)
            case Notice(kind, status):
                getattr(self._notifying, kind)(status)
            case Settle(generation):
                self._settle(generation)
            case Line():
                self._write(action)

    def _settle(self, generation: int) -> None:
        self._held.retire(generation)
        self._sources = {each: source for each, source in self._sources.items() if each >= generation}

    def _write(self, line: Line) -> None:
        process = {"pid": self._pids[line.key]} if line.key in self._pids else {}
        getattr(_log, line.level)(line.event, **line.keys, **process)

    def _give_sign(self) -> None:
        """Let the watchdog know that the workers are well, as long as one is."""
        now = monotonic()
        if self._notifying.watchdog and now >= self._next_sign:
            self._next_sign = now + self._notifying.watchdog / 3
            if is_alive(self._state):
                self._notifying.alive()

    # Children

    def _spawn(self, action: Spawn) -> None:
        try:
            self._children[action.key] = self._forked(action)
        except OSError as error:
            self._places.give_back(action.key)
            reason = f"no process could be made for it: {error.strerror or error}"
            self._events.append(Gone(action.key, 1, reason=reason))

    def _forked(self, action: Spawn) -> Child:
        given = self._held.given(action.number)
        balance = self._places.take(action.key) if self._held.is_shared else None
        ours, theirs = pair()
        reading, writing = stacks_pipe()
        for stream in (sys.stdout, sys.stderr):
            with suppress(ValueError, OSError, AttributeError):
                stream.flush()  # or the child would write it once more

        def live(mask: Iterable[int]) -> None:
            worker_process.put_off(HEARD, lambda: self._abandon(action.number, ours, reading), mask)
            worker = Worker(action.number, action.of, action.generation, balance=balance)
            source = self._sources[action.generation]
            once = None if self._state.good else self._once
            worker_process.live(self._program, source, worker, given, theirs, writing, once)

        try:
            pid = forked(live)
        except OSError:
            ours.close()
            os.close(reading)
            raise
        finally:
            theirs.close()
            os.close(writing)
        made = Child(action.key, action.number, action.generation, pid, ours, reading)
        self._pids[action.key] = pid
        self._listen(ours.fileno(), lambda: self._receive(made))
        self._listen(reading, lambda: self._read_stacks(made))
        return made

    def _abandon(self, number: int, ours: Channel, reading: int) -> None:
        """Close, in a new worker, what is the parent's: else others would not notice when the parent has gone."""
        for each in self._children.values():
            each.close()
        ours.close()
        os.close(reading)
        self._waking.close()
        if self._watcher is not None:
            self._watcher.channel.close()
        self._held.leave_to(number)

    def _leave_none_behind(self) -> None:
        """Let those stop that are still there, for want of a parent, and kill those that do not."""
        for each in self._children.values():
            each.channel.close()
        last = monotonic() + self._program.stop_timeout + STOP_OVERTIME
        while self._children and (left := last - monotonic()) > 0:
            signal.sigtimedwait({signal.SIGCHLD}, min(left, _GLANCE))
            self._forget_dead()
        for each in self._children.values():
            each.kill()

    def _forget_dead(self) -> None:
        self._children = {key: each for key, each in self._children.items() if each.status() is None}
