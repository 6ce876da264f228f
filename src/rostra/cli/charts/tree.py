"""How does a stage look as a tree? Plugins below those that loaded them, each with what it brought."""

from collections.abc import Iterable, Iterator, Sequence

from rostra.cli.charts.chart import (
    AdapterPart,
    Chart,
    ComponentPart,
    FunctionPart,
    HandlerPart,
    Input,
    Part,
    PluginPart,
    SectionPart,
    Taker,
    TaskPart,
    brought_by,
)
from rostra.cli.look import Line, Node, Styled, name, origin, quiet, wrong

__all__ = ["trees"]

_HIDDEN = ("given",)
"""Rostra, or a caller, gives it: that is no news."""


def trees(chart: Chart) -> Iterator[Node]:
    """A tree for each plugin that no plugin loaded, and one for what no plugin brought."""
    labels = {part.id: _called(part) for part in chart.parts()}
    drawing = _Drawing(chart, labels)
    yield from (drawing.plugin(each) for each in brought_by(None, chart.plugins))
    rest = tuple(drawing.brought(None))
    if rest:
        yield Node(quiet("brought by no plugin"), rest)


class _Drawing:
    """Draws one chart.

    Args:
        chart: What is drawn.
        labels: What a part is called where another one takes it, by id.
    """

    def __init__(self, chart: Chart, labels: dict[str, str]) -> None:
        self._chart = chart
        self._labels = labels

    def plugin(self, plugin: PluginPart) -> Node:
        """A plugin with all below it."""
        loaded = (self.plugin(each) for each in brought_by(plugin, self._chart.plugins))
        inputs = self._inputs(plugin.parameters)
        return Node(_headline(plugin), (*inputs, *self.brought(plugin), *loaded))

    def brought(self, plugin: PluginPart | None) -> Iterator[Node]:
        """What a plugin brought, or what none did."""
        chart = self._chart
        for section in brought_by(plugin, chart.sections):
            yield Node(_section(section), self._users(section.needed_by))
        components = brought_by(plugin, chart.components) if plugin is not None else ()
        for component in components:
            yield Node(_component(component), self._users(component.needed_by))
        for adapter in brought_by(plugin, chart.adapters):
            yield self._taker(adapter, _adapter(adapter), self._users(adapter.needed_by))
        for handler in brought_by(plugin, chart.handlers):
            yield self._taker(handler, _handler(handler))
        for task in brought_by(plugin, chart.tasks):
            yield self._taker(task, _task(task))
        for function in brought_by(plugin, chart.functions):
            yield self._taker(function, _function(function))

    def _taker(self, taker: Taker, line: tuple[str | Styled, ...], users: tuple[Node, ...] = ()) -> Node:
        place = ("  ", origin(taker.place)) if taker.place else ()
        return Node((*line, *place), (*self._inputs(taker.parameters), *users))

    def _inputs(self, inputs: Iterable[Input]) -> tuple[Node, ...]:
        shown = [each for each in inputs if each.source not in _HIDDEN]
        written = [f"{each.name}: {each.type}" if each.type else each.name for each in shown]
        width = max(map(len, written), default=0)
        return tuple(
            Node((f"{text:<{width}}  ", *self._source(each)))
            for text, each in zip(written, shown, strict=True)
        )

    def _source(self, given: Input) -> tuple[str | Styled, ...]:
        found = ", ".join(self._labels[each] for each in given.of)
        if given.source == "missing":
            return (wrong(f"missing: {given.reason}"),)
        if given.source in {"list", "lazy"}:
            said: tuple[str | Styled, ...] = (quiet(given.source), f" {found or 'of nothing'}")
        else:
            said = (found or given.source,)
        return (*said, "  ", wrong(given.reason)) if given.reason else said

    def _users(self, users: Sequence[str]) -> tuple[Node, ...]:
        if not users:
            return (Node(quiet("nothing needs it")),)
        called = ", ".join(self._labels[each] for each in users)
        return (Node((quiet("needed by "), called)),)


def _headline(plugin: PluginPart) -> Line:
    took = _seconds(plugin.own_seconds)
    if _seconds(plugin.seconds) != took:
        took = f"{took} ({_seconds(plugin.seconds)} with what it loads)"
    line: list[str | Styled] = ["plugin ", name(plugin.name)]
    if plugin.alias not in {None, plugin.name}:
        line.append(f" as {plugin.alias}")
    if plugin.place:  # what could not be imported has neither
        line += ["  ", quiet(took), "  ", origin(plugin.place)]
    if plugin.error is not None:
        line += ["  ", wrong(f"{plugin.state}: {plugin.error}")]
    elif plugin.state != "prepared":
        line += ["  ", wrong(plugin.state)]
    return tuple(line)


def _section(section: SectionPart) -> Line:
    return "section ", name(f"[{section.name}]" if section.name else "the root"), f" {section.type}"


def _component(component: ComponentPart) -> Line:
    named = f' "{component.name}"' if component.name else ""
    return "component ", name(f"{component.type}{named}")


def _adapter(adapter: AdapterPart) -> tuple[str | Styled, ...]:
    named = f' "{adapter.name}"' if adapter.name else ""
    makes = f" → {adapter.type}{named}" if adapter.label != adapter.type or named else ""
    eager = ", built at the start" if adapter.eager else ""
    return "adapter ", name(adapter.label), makes, "  ", quiet(f"one per {adapter.lifetime}{eager}")


def _handler(handler: HandlerPart) -> tuple[str | Styled, ...]:
    return "handler ", name(handler.trigger), f" → {handler.label}"


def _task(task: TaskPart) -> tuple[str | Styled, ...]:
    wishes = [
        *(["intake"] if task.intake else []),
        *(["background"] if task.background else []),
        *([f"restart {task.restart}"] if task.restart else []),
        *(["in one worker"] if task.workers == "one" else []),
    ]
    return "task ", name(task.name), *(("  ", quiet(", ".join(wishes))) if wishes else ())


def _function(function: FunctionPart) -> tuple[str | Styled, ...]:
    return "function ", name(function.label)


def _called(part: Part) -> str:
    """What a part is called where another one takes it."""
    match part:
        case PluginPart():
            return f"plugin {part.name}"
        case SectionPart():
            return f"section {f'[{part.name}]' if part.name else 'the root'}"
        case ComponentPart():
            return f"component {part.type}" + (f' "{part.name}"' if part.name else "")
        case AdapterPart():
            return f"adapter {part.label}"
        case HandlerPart():
            return f"handler {part.trigger}"
        case TaskPart():
            return f"task {part.name}"
        case FunctionPart():
            return f"function {part.label}"
        case _:
            raise AssertionError(part)


def _seconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
