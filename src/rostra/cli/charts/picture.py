"""What do the pictures of a stage show? Boxes in plugins, and arrows from what takes to what gives."""

from collections.abc import Iterator

import attrs

from rostra.cli.charts.chart import (
    AdapterPart,
    Chart,
    ComponentPart,
    FunctionPart,
    HandlerPart,
    Part,
    PluginPart,
    SectionPart,
    Taker,
    TaskPart,
    brought_by,
)

__all__ = ["Arrow", "Box", "Frame", "arrows", "frames"]


@attrs.frozen
class Box:
    """A part in a picture.

    Args:
        id: Of the part.
        kind: ``plugin``, ``section``, ``component``, ``adapter``, ``handler``, ``task``, ``function``.
        lines: What is written in it.
        is_wrong: It failed, or lacks something.
    """

    id: str
    kind: str
    lines: tuple[str, ...]
    is_wrong: bool = False


@attrs.frozen
class Frame:
    """A plugin in a picture, with what it brought; the boxes of no plugin have none around them.

    Args:
        title: The plugin's name; None for what no plugin brought.
        boxes: The plugin itself first.
    """

    title: str | None
    boxes: tuple[Box, ...]


@attrs.frozen
class Arrow:
    """From what takes or loads to what gives or is loaded.

    Args:
        start: The id of the one.
        end: The id of the other.
        label: The parameter; ``loads`` between plugins.
    """

    start: str
    end: str
    label: str


def frames(chart: Chart) -> Iterator[Frame]:
    """All boxes, by plugin; without rostra's own components, which most would point to."""
    for plugin in chart.plugins:
        yield Frame(plugin.name, (_box(plugin), *_boxes(chart, plugin)))
    rest = tuple(box for box in _boxes(chart, None) if box.kind != "component")
    if rest:
        yield Frame(None, rest)


def arrows(chart: Chart) -> Iterator[Arrow]:
    """All arrows, each once."""
    known = {box.id for frame in frames(chart) for box in frame.boxes}
    for plugin in chart.plugins:
        if plugin.plugin in known:
            yield Arrow(str(plugin.plugin), plugin.id, "loads")
    found = (
        Arrow(taker.id, each, given.name)
        for taker in chart.takers()
        for given in taker.parameters
        for each in given.of
        if each in known
    )
    yield from dict.fromkeys(found)


def _boxes(chart: Chart, plugin: PluginPart | None) -> Iterator[Box]:
    for parts in (
        chart.sections, chart.components, chart.adapters, chart.handlers, chart.tasks, chart.functions,
    ):  # fmt: skip
        brought: list[Part] = brought_by(plugin, parts)
        yield from map(_box, brought)


def _box(part: Part) -> Box:
    kind, *lines = _written(part)
    lacks = isinstance(part, Taker) and any(each.source == "missing" for each in part.parameters)
    has_failed = isinstance(part, PluginPart) and part.state != "prepared"
    return Box(part.id, kind, tuple(lines), lacks or has_failed)


def _written(part: Part) -> tuple[str, ...]:
    """The kind of a part, and the lines in its box."""
    match part:
        case PluginPart():
            return "plugin", f"plugin {part.name}", *((part.state,) if part.state != "prepared" else ())
        case SectionPart():
            return "section", f"[{part.name}]" if part.name else "the root", part.type
        case ComponentPart():
            return "component", part.type, *((f'"{part.name}"',) if part.name else ())
        case AdapterPart():
            made = part.type + (f' "{part.name}"' if part.name else "")
            return "adapter", made, f"{part.label}, one per {part.lifetime}"
        case HandlerPart():
            return "handler", part.trigger, part.label
        case TaskPart():
            return "task", f"task {part.name}"
        case FunctionPart():
            return "function", f"function {part.label}"
        case _:
            raise AssertionError(part)
