"""How long do tasks live? Each from its start to its end, with its restarts; and all of a stage, in which order they start and end."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from rostra import context, di, errors, log
from rostra.clock import Clock
from rostra.components import Components
from rostra.plugin.cancelling import Cancel, Chosen, Started
from rostra.plugin.noting import Record
from rostra.plugin.tasks import Cancelled, Failed, Outcome, Restart, Returned, Task


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
        policy = self.task.restart
        outcome = await (self._once() if policy is None else self._again_and_again(policy))
        if isinstance(outcome, Failed):
            outcome.error.add_note(f"in {self}")
        return outcome

    async def _once(self) -> Outcome:
        return await self._turn() or await self._attempt()

    async def _again_and_again(self, policy: Restart) -> Outcome:
        # Before it fails: that may be for want of open files.
        from rostra.plugin.restarting import Restarting

        restarting = Restarting(policy, self.task.name, self.plugin)
        outcome = await self._once()
        while not self.cancel.is_set():
            follows = restarting.after(outcome)
            if not isinstance(follows, float | int):
                return follows
            outcome = await self._undisturbed(context.get(Clock).sleep(follows)) or await self._attempt()
        return outcome

    def _note_end(self, running: "asyncio.Task[Outcome]") -> None:
        if running.cancelled():  # before its first step, so that nothing of it has run
            error = asyncio.CancelledError()
            self.outcome = Cancelled(error) if self._cancelled else Failed(self._lost(error))
        else:
            self.outcome = running.result()
        self._ready.set()
        self.ended(self)

    def _waits_for_its_turn(self) -> bool:
        return self.task.workers == "one" and not context.get(Chosen).is_set()

    async def _turn(self) -> Outcome | None:
        """Wait until this process is the one in which it runs; how it ended if it does not run here."""
        if self.task.workers != "one":
            return None
        chosen = context.get(Chosen)
        interrupted = await self._undisturbed(chosen.turn_of(self.name_for_all))
        return interrupted or (Returned(None) if chosen.has_ended(self.name_for_all) else None)

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


class Crew:
    """The tasks of a stage, in the order in which they were yielded.

    Args:
        failed: Called with each task that fails.
    """

    def __init__(self, failed: Callable[[Supervision], None]) -> None:
        self._failed = failed
        self._members: list[Supervision] = []
        self._somebody_ended = asyncio.Event()

    @property
    def members(self) -> tuple[Supervision, ...]:
        """All of them, whatever became of them."""
        return tuple(self._members)

    @property
    def alive(self) -> list[Supervision]:
        """Those that run."""
        return [each for each in self._members if each.running is not None]

    @property
    def starting(self) -> list[Supervision]:
        """Those of which the stage waits to hear that they started."""
        return [each for each in self.alive if each.is_starting]

    @property
    def failures(self) -> list[Failed]:
        """What went wrong, in the order of the tasks."""
        return [each.outcome for each in self._members if isinstance(each.outcome, Failed)]

    def at_work(self) -> Supervision | None:
        """The one whose task this code runs in; None if it runs in another."""
        current = asyncio.current_task()
        return next((each for each in self.alive if each.running is current), None)

    def count_like(self, record: Record, task: Task) -> int:
        """How many there are of this plugin with this name."""
        return sum(each.record is record and each.task.name == task.name for each in self._members)

    def add(self, member: Supervision) -> None:
        """One more, which does not run yet."""
        self._members.append(member)

    def ended(self, member: Supervision) -> None:
        """One has ended."""
        if isinstance(member.outcome, Failed):
            self._failed(member)
        self._somebody_ended.set()

    async def start(self) -> None:
        """Start those that take no work from outside, and when they have started those that do."""
        for takes_intake in (False, True):
            self.start_new(takes_intake)
            for member in self._members:
                if member.task.intake is takes_intake:
                    await member.has_started()

    def start_new(self, *takes_intake: bool) -> None:
        """Start those that do not run yet, without waiting for them."""
        for member in self._members:
            if not member.has_begun and member.task.intake in (takes_intake or (False, True)):
                member.start()

    async def keep(self) -> None:
        """Return when all have ended that keep a stage alive."""
        while any(not each.task.background for each in self.alive):
            await self._one_more_end()

    async def drain(self) -> None:
        """Ask all to end, first those that take work from outside; return when all have ended."""
        for takes_intake in (True, False):
            for member in self.alive:
                if member.task.intake is takes_intake:
                    member.ask_to_end()
            while any(each.task.intake is takes_intake for each in self.alive):
                await self._one_more_end()

    async def cut(self, patience: float) -> list[Supervision]:
        """Cancel those that still run, wait so many seconds, and return those that even then do not end."""
        running = {each.running for each in self.alive}
        for member in self.alive:
            member.cancel.set()
            member.cut()
        if running:
            await asyncio.wait({task for task in running if task is not None}, timeout=patience)
        return self.alive

    def discard(self) -> None:
        """Let go of what never ran, so that no coroutine is left unawaited."""
        for member in self._members:
            if member.running is None:
                member.task.discard()

    def results(self, *, with_exceptions: bool) -> list[Any]:
        """A result per task; None for one that was cancelled in order, or never ran.

        Args:
            with_exceptions: Exceptions and CancelledErrors stand in the place of a result.
        """
        return [_result(member, with_exceptions) for member in self._members]

    async def _one_more_end(self) -> None:
        self._somebody_ended.clear()
        await self._somebody_ended.wait()


def _forget_cancellation() -> None:
    """Let the next attempt begin like in a task that nobody cancelled: timeouts count on that."""
    task = asyncio.current_task()
    while task is not None and task.cancelling():
        task.uncancel()


def _result(member: Supervision, with_exceptions: bool) -> Any:
    match member.outcome:
        case Returned(value):
            return value
        case Failed(error) if with_exceptions:
            lost = isinstance(error, errors.TaskEndedError) and isinstance(
                error.__cause__, asyncio.CancelledError
            )
            return error.__cause__ if lost else error
        case Cancelled(error) if with_exceptions:
            return error
        case _:
            return None
