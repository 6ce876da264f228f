"""How is a plugin prepared? Its handlers and adapters are collected, then its ``prepare`` runs to its end."""

import inspect
import logging
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from time import perf_counter
from typing import Any

from rostra import context, di, errors, log
from rostra.di.registry import defined_in
from rostra.handlers import Declared, Handlers, Trigger, collect
from rostra.plugin.cancelling import Cancel
from rostra.plugin.finding import Call, Named, is_prepare
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
            raise _nothing_in(record)
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
        if not is_prepare(prepare):
            raise _no_prepare(record, prepare)
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
                    raise _bare_yield(record, place)
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


def _bare_yield(record: Record, place: str) -> "errors.PluginError":
    return errors.PluginError(
        "prepare has a bare yield",
        (f"plugin {record.name}, {place}",),
        ("a prepare runs to its end before any task starts; it is no context manager",),
        (
            "what is to be put away: resource = await teardown.enter(open_resource())",
            "with a parameter of prepare: teardown: plugin.Teardown",
        ),
    )


def _no_prepare(record: Record, found: object) -> "errors.PluginError":
    place = di.signature(found).place if inspect.isfunction(found) else ""
    return errors.PluginError(
        f"prepare of plugin {record.name} is no async function",
        (f"plugin {record.lineage}", *((place,) if place else ())),
        ("it is written with def alone" if place else f"found {found!r}",),
        ("write it as: async def prepare(...):",),
    )


def _nothing_in(record: Record) -> "errors.PluginError":
    return errors.PluginError(
        f"module {record.name} is no plugin",
        (f"plugin {record.lineage}",),
        ("it has no prepare, and defines neither handlers nor adapters",),
        ("write in it: async def prepare(...):",),
    )
