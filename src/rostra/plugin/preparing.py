"""How is a plugin prepared? Its handlers and adapters are collected, then its ``prepare`` runs to its end.

And what happens between the last ``prepare`` and the first task: is everything there that will be needed?
"""

import inspect
import logging
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import aclosing
from time import perf_counter
from typing import Any

from rostra import context, di, errors, log
from rostra.config import Config, ConfigSource
from rostra.di.registry import defined_in
from rostra.errors import together
from rostra.handlers import Declared, Handlers, Trigger, collect
from rostra.plugin.cancelling import Cancel
from rostra.plugin.finding import Call, Named
from rostra.plugin.loading import MAKERS, Loading, Maker
from rostra.plugin.noting import Record
from rostra.plugin.tasks import Task, tasks_of

_log = log.get("rostra.plugin")


class Preparing:
    """Prepares plugins for one stage.

    Args:
        registry: Of the stage: it gets the adapters.
        handlers: Of the stage.
        new_cancel: Makes the Cancel that a ``prepare`` takes.
        add: Called with each task, in the order in which they are yielded.
    """

    __slots__ = ("_collected", "add", "handlers", "new_cancel", "registry")

    def __init__(
        self,
        registry: di.Registry,
        handlers: Handlers,
        new_cancel: Callable[[Record], Cancel],
        add: Callable[[Record, Task], None],
    ) -> None:
        self.registry = registry
        self.handlers = handlers
        self.new_cancel = new_cancel
        self.add = add
        self._collected: set[str] = set()

    async def prepare(self, loading: Loading, record: Record) -> None:
        """Collect what the plugin's module defines, load the transports of its handlers, run its ``prepare``.

        Raises:
            PluginError: The plugin is no plugin, or yields what is no task.
            Exception: Whatever ``prepare`` raises.
        """
        log.bind_late(_named, record)
        begun = perf_counter()
        prepare = record.plugin.prepare
        adapters = len(self.registry.adapters) if prepare is None else 0
        declared = self._collect(record)
        if declared:
            await self._take_over(declared, loading, record)
        if prepare is not None:
            await self._run(loading, record, prepare)
        elif not declared and len(self.registry.adapters) == adapters:
            from rostra.plugin.unfound import nothing_in

            raise nothing_in(record.name, record.lineage)
        if _log.is_enabled_for(logging.DEBUG):
            _log.debug("plugin.prepared", seconds=round(perf_counter() - begun, 3))

    def _collect(self, record: Record) -> tuple[Declared, ...]:
        """Collect adapters from the module, once; return the handlers."""
        module = record.plugin.module
        if module is None or module.__name__ in self._collected:
            return ()
        self._collected.add(module.__name__)
        defined = defined_in(module)
        self.registry.collect(module, defined)
        return collect(module, defined)

    async def _take_over(self, declared: tuple[Declared, ...], loading: Loading, record: Record) -> None:
        """Load the transports of handlers; then these are the stage's."""
        for each in declared:
            await loading.load(_transport(each.trigger), record, each.place)
        self.handlers.declare(declared)
        record.brought.handlers.extend(declared)

    async def _run(self, loading: Loading, record: Record, prepare: Callable[..., Any]) -> None:
        made = prepare() if di.takes_nothing(prepare) else await self._called(loading, record, prepare)
        if inspect.iscoroutine(made):
            made = await made
        if made is None:
            return
        if isinstance(made, AsyncGenerator):
            await self._take(made, record)
        else:
            self._add(made, record, di.signature(prepare).place)

    async def _called(self, loading: Loading, record: Record, prepare: Callable[..., Any]) -> Any:
        given = self._given(loading, record, prepare)
        offers = {name: type(value) for name, value in given.items()}
        wanted = di.loads(prepare, context.current_context(), offers)
        record.hears_cancel = Cancel in wanted or Cancel in offers.values()
        self.registry.add_root(di.Root(prepare, f"prepare of plugin {record.name}", offers, scoped=True))
        return await di.call(prepare, **given)

    def _given(self, loading: Loading, record: Record, prepare: Callable[..., Any]) -> dict[str, Any]:
        wanted = {each.name: each.want.key for each in di.signature(prepare).parameters}
        makers: dict[Any, Maker] = {**MAKERS, Cancel: lambda _, record: self.new_cancel(record)}
        return {name: makers[key](loading, record) for name, key in wanted.items() if key in makers}

    async def _take(self, yielding: AsyncGenerator[Any, None], record: Record) -> None:
        async with aclosing(yielding):
            async for made in yielding:
                place = _line_of(yielding)
                if made is None:
                    from rostra.plugin.unfound import bare_yield

                    raise bare_yield(record.name, place)
                self._add(made, record, place)

    def _add(self, made: object, record: Record, place: str) -> None:
        for task in tasks_of(made, record.name, place):
            record.brought.tasks.append(task)
            self.add(record, task)


def _named(record: Record) -> dict[str, str]:
    """For the log."""
    return {"plugin": record.name}


def _transport(trigger: Trigger) -> Named:
    """The plugin that serves it: that which made it, as a rule, of which nobody need look what its name means."""
    name = trigger.transport
    return sys.modules[name] if type(trigger).__module__.partition(".")[0] == name else name


def _line_of(yielding: AsyncGenerator[Any, None]) -> str:
    """Where it yields; a generator that is not Python's own does not tell."""
    frame = getattr(yielding, "ag_frame", None)
    return "" if frame is None else str(Call(frame.f_code.co_filename, frame.f_lineno))


class Performing:
    """What a stage does that is to run: whatever is wrong ends its start, and when all is prepared it is completed.

    One that only rehearses does otherwise.
    """

    __slots__ = ()

    def see_through(
        self,
        loading: Coroutine[Any, Any, None],
        plugin: "Named | None" = None,  # noqa: ARG002  (a rehearsal tells which one failed)
    ) -> Coroutine[Any, Any, None]:
        """Let plugins be prepared.

        Args:
            loading: Of one plugin, or of all that are left.
            plugin: As it was named to the stage.
        """
        return loading

    def refuse(self, problems: "Sequence[tuple[Named | None, Exception]]") -> None:
        """Say why plugins cannot be loaded that are to be prepared next, if there is anything to say.

        Args:
            problems: Each with the plugin as it was named to the stage; None for what the settings list.
        """
        if problems:
            raise together(f"{len(problems)} plugins cannot be loaded", [problem for _, problem in problems])

    async def end(self, records: tuple[Record, ...]) -> None:  # noqa: ARG002  (a rehearsal looks at them)
        """All is prepared."""
        await complete()
        for hint in context.get(ConfigSource).hints():
            _log.warning("settings.unread", hint=hint)


async def complete() -> None:
    """Plan handlers, check that all can be built, load the sections, build what is eager, bind the handlers.

    By then everybody has asked for what there is to be asked for: options that nobody has read are refused.

    Raises:
        RostraError: The one thing that is wrong.
        ExceptionGroup: The things that are wrong, as far as they can be known without building anything.
    """
    problems, _ = examined()
    if problems:
        from rostra.plugin.mistaken import when_prepared

        raise await when_prepared(problems, context.get(ConfigSource))
    await context.get(di.StageObjects).build_eager()
    await context.get(Handlers).bind_all()
    context.get(ConfigSource).check_options()


def examined() -> tuple[list[Exception], di.CheckReport]:
    """What is wrong with handlers, adapters and settings, found without building anything; and the report."""
    unplanned = context.get(Handlers).plan()
    report = di.check()
    return [*unplanned, *report.problems, *_wrong_sections(report)], report


def _wrong_sections(report: di.CheckReport) -> "list[errors.ConfigError]":
    sections = [key for key in report.built if isinstance(key, type) and issubclass(key, Config)]
    try:
        context.get(ConfigSource).load_sections(sorted(sections, key=lambda each: each.__qualname__))
    except errors.ConfigError as error:
        return [error]
    return []
