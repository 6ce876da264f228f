"""The life of a stage, from the first prepare to the end of the teardown; one task lives it.

Whatever happens on the way (an exception, a signal, a cancellation) leads on to the stop and from there to
the teardown; what went wrong is kept for the verdict. Whoever waits for the stage looks at its phase.
"""

import asyncio
from collections.abc import Coroutine, Iterator
from time import perf_counter
from typing import Any

from rostra import context, di, errors, log
from rostra.components import Components
from rostra.config import ConfigSource
from rostra.config.source import is_said
from rostra.handlers import Handlers
from rostra.plugin.cancelling import Cancel, Chosen, Started
from rostra.plugin.finding import LISTED, Named, Plugin
from rostra.plugin.lifecycle import Lifecycle, Phase, StartBudget, StopBudget, Verdict
from rostra.plugin.loading import Loader, Loading
from rostra.plugin.noting import SETTING, Record, note_adapter
from rostra.plugin.preparing import Performing, Preparing, complete
from rostra.plugin.supervising import Crew, Supervision
from rostra.plugin.tasks import Jobs, Returned, Task
from rostra.plugin.teardown import Teardown

_PATIENCE = 1.0
"""Seconds in which what was cancelled has to end, before it is left behind."""

_OVERTIME = 1.5
_SLICE = 0.25
"""Seconds: when the stop's time is up, each step of the teardown that is left gets a slice of overtime."""

_FOR_SECRETS = 10.0
"""Seconds for resolvers of secrets, all together."""

_log = log.get("rostra.plugin")


class Life:
    """What a stage does, step by step.

    Args:
        layer: Of the stage; its life adds the components that belong to it.
        plugins: What to load, in order. All of one group are imported before the first of it is prepared.
        start_timeout: Seconds for preparing and starting.
        stop_timeout: Seconds for draining and teardown.
        performing: What is done with its plugins.
    """

    def __init__(
        self,
        layer: Components,
        plugins: tuple[tuple[Named, ...], ...],
        start_timeout: float,
        stop_timeout: float,
        performing: Performing,
    ) -> None:
        self._layer = layer
        self._plugins = plugins
        self._performing = performing
        self._start_timeout = start_timeout
        self._start_budget = StartBudget(start_timeout, self._start_expired)
        self._stop_budget = StopBudget(stop_timeout)
        self._begun = perf_counter()
        self.verdict = Verdict()
        self.lifecycle = layer.add(Lifecycle())
        self._cancel = layer.add(Cancel(self._cancelled))
        self._teardown = layer.add(Teardown(layer))
        self._jobs = layer.add(Jobs(layer))
        self._handlers = layer.add(Handlers())
        self._registry = di.open_stage(layer, self._teardown, note_adapter)
        self.crew = Crew(self._task_failed)
        self._preparing = Preparing(self._registry, self._handlers, self._cancel_for, self._add_task)
        self._loading = Loading(layer, self._prepare_one)
        layer.add(Loader(self._loading))
        self._plugin_cancels: dict[Record, Cancel] = {}
        self.is_prepared = asyncio.Event()
        self.start_asked = asyncio.Event()
        self.run_asked = asyncio.Event()
        self._stop_asked = asyncio.Event()
        self._hurry = asyncio.Event()
        self._hurried_by = ""
        self._doing: asyncio.Task[None] | None = None

    @property
    def records(self) -> tuple[Record, ...]:
        """The plugins, in the order in which they were first asked for."""
        return self._loading.records

    @property
    def has_failed(self) -> bool:
        """Whether something kept it from starting, or a task failed."""
        return self.verdict.start is not None or bool(self.crew.failures)

    def stop(self, reason: str) -> None:
        """Begin the stop; the first reason counts."""
        if not self._stop_asked.is_set():
            self._stop_asked.set()
            self._stop_budget.begin()
            self._loading.close()
            self._enter(Phase.STOPPING, reason=reason)
            self._cancel.set()

    def stop_now(self, reason: str) -> None:
        """Give what still runs no more time."""
        self.stop(reason)
        if not self._hurry.is_set() and self.lifecycle.phase is Phase.STOPPING:
            _log.warning("stage.hurried", reason=reason)
            self._hurried_by = reason
            self._hurry.set()

    async def live(self) -> None:
        """All of it; never raises."""
        with context.use(self._layer), context.shown(self._layer):
            for step in (self._play, self._end_prepares, self._drain, self._tear_down):
                try:
                    await step()
                except asyncio.CancelledError:
                    self.stop_now("its loop ends")
                except BaseException as error:  # noqa: BLE001  (kept for the verdict)
                    self.verdict.start = self.verdict.start or error
            self._enter(Phase.STOPPED)

    async def _play(self) -> None:
        _log.info("stage.preparing")
        try:
            with self._start_budget.counting():
                go_on = await self._unless_stopped(self._prepare())
        finally:
            self.is_prepared.set()
        if not go_on or not await self._unless_stopped(_wait(self.start_asked)):
            return
        self._enter(Phase.STARTING)
        with self._start_budget.counting():
            go_on = await self._unless_stopped(self.crew.start())
        if go_on:
            self._enter(Phase.RUNNING, seconds=round(perf_counter() - self._begun, 3))
            await self._unless_stopped(self._last())

    async def _unless_stopped(self, part: Coroutine[Any, Any, None]) -> bool:
        """Do a part of the play; True when it is done, False when the stage was asked to stop meanwhile."""
        if self._stop_asked.is_set():
            part.close()
            return False
        self._doing = doing = asyncio.get_running_loop().create_task(part, name="the stage")
        try:
            await _race(doing, self._stop_asked)
        finally:
            doing.cancel()
        if doing.done() and not (doing.cancelled() and self._stop_asked.is_set()):
            doing.result()
        return not self._stop_asked.is_set()

    async def _end_prepares(self) -> None:
        """Cancel what is still being prepared, and give it as much time as the tasks get."""
        self.stop("the start failed" if self.verdict.start is not None else "all tasks have ended")
        ending = {*self._loading.cancel(), *([self._doing] if self._doing is not None else [])}
        ended = asyncio.get_running_loop().create_task(_all(ending), name="the stage: ending prepares")
        if not await _race(ended, self._hurry, self._stop_budget.left_for_draining):
            from rostra.plugin.trees import tree_of_start

            self._cut_short("ending the start", tree_of_start(self._loading.records, (), self._doing))
            await asyncio.wait({ended}, timeout=_PATIENCE)
        ended.cancel()
        self._loading.tell_the_rest()

    async def _drain(self) -> None:
        for record, cancel in self._plugin_cancels.items():
            if all(member.record is not record for member in self.crew.alive):
                cancel.set()
        draining = asyncio.get_running_loop().create_task(self.crew.drain(), name="the stage: draining")
        try:
            await _race(draining, self._hurry, self._stop_budget.left_for_draining)
        finally:
            draining.cancel()
            await self._cut()

    async def _cut(self) -> None:
        left = self.crew.alive
        if left:
            from rostra.plugin.trees import tree_of_tasks

            self._cut_short("draining", tree_of_tasks(left))
            for each in await self.crew.cut(_PATIENCE):
                _log.error(
                    "task.abandoned",
                    task=each.task.name,
                    plugin=each.plugin,
                    why="it ignores its cancellation",
                )

    async def _tear_down(self) -> None:
        self._enter(Phase.TEARDOWN)
        self.crew.discard()
        self.verdict.tasks = [failure.error for failure in self.crew.failures]
        closing = asyncio.get_running_loop().create_task(self._put_away(), name="the stage: teardown")
        await _insist(closing, max(self._stop_budget.left, _SLICE))
        if not closing.done():
            self._cut_short("the teardown", (f"teardown of {self._teardown.at_hand}",))
            await self._hasten(closing)

    async def _hasten(self, closing: "asyncio.Task[None]") -> None:
        """Cancel the step at hand again and again, so that all the others get their turn."""
        last = perf_counter() + _OVERTIME
        while not closing.done() and perf_counter() < last:
            closing.cancel()
            await _insist(closing, _SLICE)
        if not closing.done():
            _log.error("teardown.abandoned", steps=[self._teardown.at_hand, *self._teardown.labels])

    async def _put_away(self) -> None:
        self._teardown.push(self._jobs.close, "jobs")  # they use what is put away
        try:
            await self._teardown.close()
        except asyncio.CancelledError as interrupted:
            self.verdict.teardown = _members(interrupted.__cause__)
        except BaseException as error:  # noqa: BLE001  (kept for the verdict)
            self.verdict.teardown = _members(error)

    async def _prepare(self) -> None:
        # Before the start itself takes too long: then it is told who did not answer.
        await self._layer.get(ConfigSource).resolve(min(_FOR_SECRETS, self._start_timeout / 2))
        for group in self._plugins:
            found = await self._all_found(group)
            try:
                for named, plugin in found:
                    if not self._stop_asked.is_set():
                        await self._performing.see_through(self._loading.load(plugin), named)
            except errors.ConfigError as error:
                from rostra.plugin.mistaken import while_preparing

                raise while_preparing(
                    error, self._layer.get(ConfigSource), [each for _, each in found]
                ) from error.__cause__
        while not self._loading.is_settled:
            await self._performing.see_through(self._loading.settle())
        if self._stop_asked.is_set():
            return
        await self._performing.end(self._loading.records)

    async def _all_found(self, group: tuple[Named, ...]) -> list[tuple[Named, Plugin]]:
        """The plugins of a group, imported; what is wrong with any of them is told together, before the first is prepared."""
        problems: list[tuple[Named | None, Exception]] = []
        for named in self._all_of(group, problems):
            if not self._stop_asked.is_set():
                try:
                    await self._loading.find(named)
                except Exception as problem:  # noqa: BLE001  (told with the others)
                    problems.append((named, problem))
        self._performing.refuse(problems)
        return self._loading.taken()

    def _all_of(
        self, plugins: tuple[Named, ...], problems: "list[tuple[Named | None, Exception]]"
    ) -> Iterator[Named]:
        """Those named in code, with those that the settings list in their place; and what is wrong with the list."""
        for plugin in plugins:
            if plugin != LISTED:
                yield plugin
                continue
            source = self._layer.get(ConfigSource)
            if not is_said(source, (SETTING,)):
                continue
            from rostra.plugin.listing import listing

            found = listing(source, self._loading.find_listed)
            problems.extend((None, problem) for problem in found.problems)
            yield from (each.name for each, _ in found.plugins)

    async def _prepare_one(self, record: Record) -> None:
        await self._preparing.prepare(self._loading, record)
        if self.is_prepared.is_set() and not self._stop_asked.is_set():
            await complete()  # what is loaded later has to be complete by itself
            if self.lifecycle.phase in (Phase.STARTING, Phase.RUNNING):
                self.crew.start_new()

    async def _last(self) -> None:
        await self.run_asked.wait()
        await self.crew.keep()

    def _cancel_for(self, record: Record) -> Cancel:
        return self._plugin_cancels.setdefault(record, Cancel(self._cancelled))

    def _cancelled(self, member: Supervision | None = None) -> None:
        """Somebody set a Cancel: that of ``member``, or one of many, and then it may be the task that runs now."""
        if self._stop_asked.is_set():
            return
        reason = "Cancel was set" if member is None else f"{member} set Cancel"
        running = member or self.crew.at_work()
        if running is not None and running.task.workers == "one":
            self._layer.get(Chosen).conclude(reason)
        self.stop(reason)

    def _task_ended(self, member: Supervision) -> None:
        self.crew.ended(member)
        is_over = isinstance(member.outcome, Returned) and not self._stop_asked.is_set()
        if is_over and member.task.workers == "one":
            self._layer.get(Chosen).tell_end(member.name_for_all)

    def _add_task(self, record: Record, task: Task) -> None:
        member = Supervision(
            task,
            record,
            Cancel(lambda: self._cancelled(member)),
            self._plugin_cancels.get(record),
            open_layer=self._layer_for,
            ended=self._task_ended,
            place=self.crew.count_like(record, task) + 1,
        )
        if callable(task.run):
            self._registry.add_root(
                di.Root(task.run, str(member), provides=(Cancel, Started, Loader), is_called=True)
            )
        self.crew.add(member)

    def _layer_for(self, member: Supervision) -> Components:
        layer = self._layer.push(f"task {member.task.name}")
        layer.add(di.Unscoped())
        layer.add(member.cancel)
        layer.add(member.started)
        layer.add(Loader(self._loading, member.record))
        return layer

    def _task_failed(self, member: Supervision) -> None:
        self.stop(f"{member} failed")

    def _start_expired(self) -> None:
        tree: tuple[str, ...] = ()
        lacks: tuple[str, ...] = ()
        try:
            from rostra.plugin.trees import lacks_of, slow_in_start, tree_of_start

            starting = self.crew.starting
            slow = slow_in_start(self._loading.seconds, self._start_timeout)
            tree = (*tree_of_start(self._loading.records, starting, self._doing), *slow)
            lacks = lacks_of(starting)
        finally:  # what cannot be drawn ends all the same
            self.verdict.start = errors.StartTimeoutError(self._start_timeout, tree, lacks)
            self.stop(f"it did not start within {self._start_timeout:g} s")

    def _cut_short(self, what: str, left: tuple[str, ...]) -> None:
        if self.verdict.cut_short is None:
            reason = (
                self._hurried_by
                or f"{what} took longer than stop_timeout={self._stop_budget.seconds:g} s allows"
            )
            self.verdict.cut_short = errors.StopTimeoutError(reason, left, asked=bool(self._hurried_by))

    def _enter(self, phase: Phase, **keys: Any) -> None:
        self.lifecycle.enter(phase)
        _log.info(f"stage.{phase}", **keys)


async def _all(tasks: set["asyncio.Task[None]"]) -> None:
    if tasks:
        await asyncio.wait(tasks)


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


async def _race(doing: "asyncio.Task[None]", event: asyncio.Event, seconds: float | None = None) -> bool:
    """Wait until it is done, the event is set or the time is up; True if it is done."""
    alarm = asyncio.get_running_loop().create_task(event.wait())
    try:
        await asyncio.wait({doing, alarm}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        alarm.cancel()
    return doing.done()


async def _insist(doing: "asyncio.Task[None]", seconds: float) -> None:
    """Wait so long for it, whoever cancels the one that waits: a teardown is not given up."""
    last = perf_counter() + seconds
    while not doing.done() and (left := last - perf_counter()) > 0:
        try:
            await asyncio.wait({doing}, timeout=left)
        except asyncio.CancelledError:
            continue


def _members(error: BaseException | None) -> tuple[BaseException, ...]:
    if error is None:
        return ()
    return error.exceptions if isinstance(error, BaseExceptionGroup) else (error,)
