"""How a stage that was rehearsed becomes a chart: what each plugin brought, and what is made of what."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from rostra import di, handlers, plugin
from rostra.cli.charts.chart import (
    AdapterPart,
    Chart,
    ComponentPart,
    FunctionPart,
    HandlerPart,
    Input,
    PluginPart,
    SectionPart,
    Taker,
    TaskPart,
)
from rostra.cli.charts.ids import Ids
from rostra.components import Key, name_of
from rostra.config import Config
from rostra.config.effective import readers_of
from rostra.config.tree import dotted
from rostra.errors import RostraError, shortened

__all__ = ["chart_of"]


def chart_of(rehearsal: plugin.Rehearsal) -> Chart:
    """The chart of a stage. Call it while the stage stands, or in its context."""
    return _Charting(rehearsal).chart()


class _Charting:
    """Charts one stage.

    Args:
        rehearsal: What there is to see of it.
    """

    def __init__(self, rehearsal: plugin.Rehearsal) -> None:
        self._rehearsal = rehearsal
        self._wiring = di.wiring()
        self._ids = Ids()
        self._records = [record for record in rehearsal.records if not _is_ours(record)]
        self._roots = {id(root.function): wired for root, wired in self._wiring.roots}
        self._charted = {id(each.declared): each for each in rehearsal.handlers.planned}
        self._sections = self._all_sections()
        self._components: dict[tuple[Key, str | None], str | None] = {}

    def chart(self) -> Chart:
        """All parts, each with who needs it."""
        for record in self._records:
            for key, name in record.brought.components:
                self._components[key, name] = record.name
        plugins = (*map(self._plugin, self._records), *self._unloaded())
        adapters = tuple(map(self._adapter, self._adapters()))
        bound = tuple(
            self._handler(record, each) for record in self._records for each in record.brought.handlers
        )
        tasks = tuple(self._task(record, each) for record in self._records for each in record.brought.tasks)
        functions = tuple(self._functions())
        takers: tuple[Taker, ...] = (*plugins, *adapters, *bound, *tasks, *functions)
        needed = _needed(takers)
        return Chart(
            plugins,
            tuple(attrs.evolve(each, needed_by=needed(each.id)) for each in self._section_parts()),
            tuple(attrs.evolve(each, needed_by=needed(each.id)) for each in self._component_parts()),
            tuple(attrs.evolve(each, needed_by=needed(each.id)) for each in adapters),
            bound,
            tasks,
            functions,
        )

    def _plugin(self, record: plugin.Record) -> PluginPart:
        return PluginPart(
            id=self._ids.of_plugin(record.name),
            plugin=None if record.asked_by is None else self._ids.of_plugin(record.asked_by.name),
            name=record.name,
            alias=None if record.listed is None else record.listed.alias,
            place=record.plugin.place,
            state=_state(record),
            seconds=round(record.elapsed.seconds, 6),
            own_seconds=round(record.elapsed.own_seconds, 6),
            error=self._error(record),
            parameters=self._inputs(self._roots.get(id(record.plugin.prepare))),
        )

    def _unloaded(self) -> Iterator[PluginPart]:
        """What could not even be found or imported."""
        for named, failure in self._rehearsal.unloaded:
            name = named if isinstance(named, str) else getattr(named, "__name__", repr(named))
            yield PluginPart(
                id=self._ids.of_plugin(name),
                plugin=None,
                name=name,
                place="",
                state="failed",
                seconds=0.0,
                own_seconds=0.0,
                error=_headline(failure),
            )

    def _error(self, record: plugin.Record) -> str | None:
        """The first line of what it failed by; or which of the plugins that it loads did."""
        failure = record.failure
        if failure is None or _state(record) == "unfinished":
            return None
        for other in self._records:
            if other.failure is failure and other.asked_by is record:
                return f"{other.name} failed"
        return _headline(failure)

    def _adapters(self) -> Iterator[tuple[di.Adapter, di.Wired]]:
        return (
            (adapter, wired)
            for adapter, wired in self._wiring.adapters
            if not _is_of_sections(adapter) and adapter.declares is not None
        )

    def _adapter(self, found: tuple[di.Adapter, di.Wired]) -> AdapterPart:
        adapter, wired = found
        made = adapter.declares
        assert made is not None  # noqa: S101  (those without were left out)
        return AdapterPart(
            id=self._ids.of_adapter(adapter),
            plugin=self._who_brought(adapter),
            label=adapter.label,
            type=name_of(made.key),
            name=made.name,
            lifetime=adapter.lifetime,
            eager=adapter.eager,
            place=adapter.place,
            parameters=self._inputs(wired),
        )

    def _who_brought(self, adapter: di.Adapter) -> str | None:
        for record in self._records:
            if any(each is adapter for each in record.brought.adapters):
                return self._ids.of_plugin(record.name)
        return self._home(getattr(adapter.make, "__module__", ""))

    def _home(self, module: str) -> str | None:
        """The plugin in whose module, or else in whose package, something is defined."""
        names = {record.plugin.module.__name__: record for record in self._records if record.plugin.module}
        while module:
            if module in names:
                return self._ids.of_plugin(names[module].name)
            module = module.rpartition(".")[0]
        return None

    def _handler(self, record: plugin.Record, declared: handlers.Declared) -> HandlerPart:
        bound = self._charted.get(id(declared))
        return HandlerPart(
            id=self._ids.of_handler(declared),
            plugin=self._ids.of_plugin(record.name),
            label=declared.label,
            trigger=declared.trigger.describe(),
            transport=declared.trigger.transport,
            place=declared.place,
            parameters=() if bound is None else tuple(self._sources(bound)),
        )

    def _sources(self, bound: handlers.Bound) -> Iterator[Input]:
        wired = self._inputs(self._roots.get(id(bound.root.function)))
        filled = {each.name: each for each in wired}
        known = {source.name for source in bound.sources}
        yield from (each for each in wired if each.name not in known)  # the object whose method it is
        for source in bound.sources:
            giver = bound.giver(source)
            if giver == "di" and source.name in filled:
                yield filled[source.name]
            else:
                yield Input(source.name, _annotation(source.parameter), giver)

    def _task(self, record: plugin.Record, task: plugin.Task) -> TaskPart:
        wired = self._roots.get(id(task.run))
        return TaskPart(
            id=self._ids.of_task(record.name, task.name),
            plugin=self._ids.of_plugin(record.name),
            name=task.name,
            intake=task.intake,
            background=task.background,
            restart=None if task.restart is None else task.restart.when,
            workers=task.workers,
            place=_place_of_coroutine(task.run) if wired is None else wired.place,
            parameters=self._inputs(wired),
        )

    def _functions(self) -> Iterator[FunctionPart]:
        for root, wired in self._wiring.roots:
            if di.is_injected(root.function):
                yield FunctionPart(
                    id=self._ids.of_function(root.function),
                    plugin=self._home(root.function.__module__),
                    label=root.label,
                    place=wired.place,
                    parameters=self._inputs(wired),
                )

    def _inputs(self, wired: di.Wired | None) -> tuple[Input, ...]:
        return () if wired is None else tuple(self._input(*each) for each in wired.parameters)

    def _input(self, parameter: di.Parameter, filling: di.Filling) -> Input:
        annotation = _annotation(parameter)
        if filling.kind == "adapter" and filling.adapter is not None and _is_of_sections(filling.adapter):
            return Input(parameter.name, annotation, "section", tuple(self._of(filling)), filling.reason)
        return Input(parameter.name, annotation, filling.kind, tuple(self._of(filling)), filling.reason)

    def _of(self, filling: di.Filling) -> Iterator[str]:
        if filling.kind == "component":
            self._components.setdefault((filling.key, filling.name), None)
            yield self._ids.of_component(filling.key, filling.name)
        elif filling.adapter is not None and _is_of_sections(filling.adapter):
            yield self._ids.of_section(self._section_of(filling.key))
        elif filling.adapter is not None:
            yield self._ids.of_adapter(filling.adapter)
        for each in filling.inside:
            yield from self._of(each)

    def _all_sections(self) -> Mapping[str, type]:
        """Those that were asked for, and those that would be."""
        wired = (wired for _, wired in (*self._wiring.roots, *self._wiring.adapters))
        fillings = (filling for each in wired for _, filling in each.parameters)
        needed = [cls for filling in fillings for cls in _sections_in(filling)]
        readers = readers_of(self._rehearsal.source, needed)
        return {dotted(each.place): each.cls for each in readers}

    def _section_of(self, cls: type) -> str:
        return next((name for name, known in self._sections.items() if known is cls), name_of(cls))

    def _section_parts(self) -> Iterator[SectionPart]:
        for name, cls in self._sections.items():
            if not _is_core(cls.__module__):
                yield SectionPart(
                    id=self._ids.of_section(name),
                    plugin=self._home(cls.__module__),
                    name=name,
                    type=name_of(cls),
                )

    def _component_parts(self) -> Iterator[ComponentPart]:
        for (key, name), plugin_name in self._components.items():
            yield ComponentPart(
                id=self._ids.of_component(key, name),
                plugin=None if plugin_name is None else self._ids.of_plugin(plugin_name),
                type=name_of(key),
                name=name,
            )


def _needed(takers: Iterable[Taker]) -> Any:
    users: dict[str, dict[str, None]] = {}
    for taker in takers:
        for each in taker.parameters:
            for used in each.of:
                users.setdefault(used, {})[taker.id] = None

    def needed_by(part: str) -> tuple[str, ...]:
        return tuple(users.get(part, ()))

    return needed_by


def _headline(failure: BaseException) -> str:
    text = failure.wording().what if isinstance(failure, RostraError) else str(failure)
    return f"{type(failure).__name__}: {text}".rstrip(": ").partition("\n")[0]


def _place_of_coroutine(run: object) -> str:
    """Where the function of a coroutine stands; empty for any other awaitable."""
    code = getattr(run, "cr_code", None)
    return "" if code is None else f"{shortened(code.co_filename)}:{code.co_firstlineno}"


def _annotation(parameter: di.Parameter) -> str:
    """As a reader would write it."""
    return str(parameter).partition(": ")[2]


def _state(record: plugin.Record) -> str:
    if record.failure is None:
        return "prepared" if record.is_prepared else "unfinished"
    return "unfinished" if isinstance(record.failure.__cause__, asyncio.CancelledError) else "failed"


def _sections_in(filling: di.Filling) -> Iterator[type]:
    if filling.adapter is not None and _is_of_sections(filling.adapter):
        yield filling.key
    for each in filling.inside:
        yield from _sections_in(each)


def _is_of_sections(adapter: di.Adapter) -> bool:
    """Whether it is the one that makes every ``Config`` subclass, and so no part that anybody added."""
    return adapter.family is Config


def _is_ours(record: plugin.Record) -> bool:
    return record.plugin.module is not None and _is_core(record.plugin.module.__name__)


def _is_core(module: str) -> bool:
    return module.partition(".")[0] == __name__.partition(".")[0]
