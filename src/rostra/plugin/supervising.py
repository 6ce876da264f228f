"""How long does a task live? One task from its start to its end, with its restarts, and how it ended."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from rostra import context, di, errors, log
from rostra.clock import Clock
from rostra.components import Components
from rostra.plugin.cancelling import Cancel, Chosen, Started
from rostra.plugin.noting import Record
from rostra.plugin.tasks import Restart, Task
from rostra.values import Values

_log = log.get("rostra.plugin")


class Returned(Values):
    """The task came to its end."""

    value: Any


class Cancelled(Values):
    """The stage cancelled the task when it stopped."""

    error: asyncio.CancelledError


class Failed(Values):
    """The task raised, or ended cancelled though nobody cancelled it."""

    error: BaseException


Outcome: TypeAlias = Returned | Cancelled | Failed


class Supervision:
    """One task of the stage while it runs, and what became of it.

    Args:
        task: What runs.
        record: The plugin it is from.
        cancel: Asks it to end.
        plugin_cancel: Asks all of its plugin to end, if the ``prepare`` took one.
        open_layer: Makes the layer in which it runs, a new one for each attempt.
        ended: Called with this when it has ended.
        place: Which of the tasks of its name and plugin it is, from 1 on.
    """

    def __init__(
        self,
        task: Task,
        record: Record,
        cancel: Cancel,
        plugin_cancel: Cancel | None,
        open_layer: Callable[["Supervision"], Components],
        ended: Callable[["Supervision"], None],
        place: int = 1,
    ) -> None:
        self.task = task
        self.record = record
        self.cancel = cancel
        self.plugin_cancel = plugin_cancel
        self.open_layer = open_layer
        self.ended = ended
        self._place = place
        self.outcome: Outcome | None = None
        self._hears = False
        self._ready = asyncio.Event()
        self._running: asyncio.Task[Outcome] | None = None
        self._cancelled = False
        self._pausing = False
        self.started = Started(self._ready.set)

    def __str__(self) -> str:
        return f"task {self.task.name} of plugin {self.plugin}"

    @property
    def plugin(self) -> str:
        """The name of the plugin it is from."""
        return self.record.name

    @property
    def name_for_all(self) -> str:
        """What it is called in all workers of a stage."""
        return str(self) if self._place == 1 else f"{self}, number {self._place}"

    @property
    def is_starting(self) -> bool:
        """Whether it has neither said that it started nor ended."""
        return not self._ready.is_set()

    @property
    def has_begun(self) -> bool:
        """Whether it was started; it may have ended since."""
        return self._running is not None

    @property
    def running(self) -> "asyncio.Task[Outcome] | None":
        """The asyncio task that runs it, or None if it does not run."""
        return None if self.outcome is not None else self._running

    def start(self) -> None:
        """Let it run.

        It is starting until it calls ``Started``, if it takes that. It is asked to end if it, its
        ``prepare``, or what was built for it, takes ``Cancel``; one that would not hear it can only be
        cancelled.
        """
        wanted = di.loads(self.task.run, self.open_layer(self)) if callable(self.task.run) else frozenset()
        self._hears = Cancel in wanted or self.record.hears_cancel
        if Started not in wanted or self._waits_for_its_turn():
            self._ready.set()
        self._running = asyncio.get_running_loop().create_task(self._supervise(), name=str(self))
        self._running.add_done_callback(self._note_end)

    async def has_started(self) -> None:
        """Return when it has said so, or has ended."""
        await self._ready.wait()

    def ask_to_end(self) -> None:
        """Set its ``Cancel``; if nothing would hear that, cancel it."""
        self.cancel.set()
        if self.plugin_cancel is not None:
            self.plugin_cancel.set()
        if not self._hears or self._pausing:
            self.cut()

    def cut(self) -> None:
        """Cancel it, and take its cancellation as being in order."""
        if self._running is not None and self.outcome is None:
            self._cancelled = True
            self._running.cancel()

    async def _supervise(self) -> Outcome:
        log.bind(plugin=self.plugin, task=self.task.name)
        if self.task.restart is None:
            outcome = await self._turn() or await self._attempt()
        else:
            outcome = await self._again_and_again()
        if isinstance(outcome, Failed):
            outcome.error.add_note(f"in {self}")
        return outcome

    async def _again_and_again(self) -> Outcome:
        # Before it fails: that may be for want of open files.
        from rostra.plugin.restarting import Restarts, pause

        restarts = Restarts()
        outcome = await self._turn() or await self._attempt()
        while (policy := self._policy_for(outcome)) is not None:
            now = context.get(Clock).monotonic()
            seconds = pause(policy, restarts, now, random.random())  # noqa: S311  (no secret)
            if seconds is None:
                outcome = self._given_up(policy, outcome)
                break
            restarts = restarts.recent(policy, now).and_now(now)
            if (interrupted := await self._pause(seconds, outcome)) is not None:
                outcome = interrupted
                break
            outcome = await self._attempt()
        return outcome

    def _note_end(self, running: "asyncio.Task[Outcome]") -> None:
        if running.cancelled():  # before its first step, so that nothing of it has run
            error = asyncio.CancelledError()
            self.outcome = Cancelled(error) if self._cancelled else Failed(self._lost(error))
        else:
            self.outcome = running.result()
        self._ready.set()
        self.ended(self)

    def _policy_for(self, outcome: Outcome) -> Restart | None:
        """How to restart it after this, or None if it is not to be restarted."""
        policy = self.task.restart
        if policy is None or self.cancel.is_set():
            return None
        match outcome:
            case Failed(Exception()):
                return policy
            case Returned() if policy.when == "always":
                return policy
            case _:  # cancelled by the stage, or it wants to leave: SystemExit
                return None

    def _waits_for_its_turn(self) -> bool:
        return self.task.workers == "one" and not context.get(Chosen).is_set()

    async def _turn(self) -> Outcome | None:
        """Wait until this process is the one in which it runs; how it ended if it does not run here."""
        if self.task.workers != "one":
            return None
        chosen = context.get(Chosen)
        interrupted = await self._undisturbed(chosen.turn_of(self.name_for_all))
        return interrupted or (Returned(None) if chosen.has_ended(self.name_for_all) else None)

    async def _pause(self, seconds: float, outcome: Outcome) -> Cancelled | None:
        error = outcome.error if isinstance(outcome, Failed) else None
        _log.warning("task.restarting", seconds=round(seconds, 3), exc_info=error)
        return await self._undisturbed(context.get(Clock).sleep(seconds))

    async def _undisturbed(self, waiting: Awaitable[None]) -> Cancelled | None:
        """Wait, with nothing running that could hear that it shall end."""
        self._pausing = True
        try:
            await waiting
        except asyncio.CancelledError as interruption:
            return Cancelled(interruption)
        finally:
            self._pausing = False
        return None

    def _given_up(self, policy: Restart, outcome: Outcome) -> Failed:
        spent = f"{policy.budget} restarts within {policy.within:g} s did not help"
        if isinstance(outcome, Failed):
            outcome.error.add_note(spent)
            return outcome
        why = ('a task with restart="always" that ends at once would do nothing but start',)
        fix = ("let it wait for its work, or give it a larger budget: restart=plugin.Restart(...)",)
        how = f"ended again and again: {spent}"
        return Failed(errors.TaskEndedError(self.task.name, self.plugin, how, why, fix))

    async def _attempt(self) -> Outcome:
        try:
            with context.use(self.open_layer(self)):
                return Returned(await self._call())
        except asyncio.CancelledError as error:
            if self._cancelled:
                return Cancelled(error)
            _forget_cancellation()
            return Failed(self._lost(error))
        except BaseException as error:  # noqa: BLE001  (sys.exit is raised when the stage has ended)
            return Failed(error)

    async def _call(self) -> Any:
        if isinstance(self.task.run, Awaitable):
            return await self.task.run
        return await di.call(self.task.run)

    def _lost(self, error: asyncio.CancelledError) -> "errors.TaskEndedError":
        lost = errors.TaskEndedError(
            self.task.name,
            self.plugin,
            "ended cancelled, though nobody cancelled it",
            ("a library it awaited most likely lost its connection, or its own code cancelled it",),
            ("catch the CancelledError where it arises", 'or plugin.task(..., restart="on-failure")'),
        )
        lost.__cause__ = error
        return lost


def _forget_cancellation() -> None:
    """Let the next attempt begin like in a task that nobody cancelled: timeouts count on that."""
    task = asyncio.current_task()
    while task is not None and task.cancelling():
        task.uncancel()
