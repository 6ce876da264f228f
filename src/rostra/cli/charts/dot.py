"""A stage as a graph for graphviz: ``rostra graph --format dot myapp | dot -Tsvg``."""

import re
from collections.abc import Iterator

from rostra.cli.charts.chart import Chart
from rostra.cli.charts.picture import Box, Frame, arrows, frames

__all__ = ["dot"]

_SHAPES = {
    "plugin": "tab",
    "section": "note",
    "component": "ellipse",
    "adapter": "box",
    "handler": "cds",
    "task": "hexagon",
    "function": "rarrow",
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def dot(chart: Chart) -> str:
    """The text of the graph, without a line break at its end."""
    return "\n".join(_lines(chart))


def _lines(chart: Chart) -> Iterator[str]:
    yield "digraph stage {"
    yield "  rankdir=LR;"
    yield '  node [fontname="sans-serif", fontsize=10];'
    yield '  edge [fontname="sans-serif", fontsize=8];'
    for number, frame in enumerate(frames(chart)):
        yield from _frame(frame, number)
    for arrow in arrows(chart):
        yield f"  {_id(arrow.start)} -> {_id(arrow.end)} [label={_quoted(arrow.label)}];"
    yield "}"


def _frame(frame: Frame, number: int) -> Iterator[str]:
    if frame.title is None:
        yield from (f"  {_box(box)}" for box in frame.boxes)
        return
    yield f"  subgraph cluster_{number} {{"
    yield f"    label={_quoted(frame.title)};"
    yield from (f"    {_box(box)}" for box in frame.boxes)
    yield "  }"


def _box(box: Box) -> str:
    color = ", color=red" if box.is_wrong else ""
    return f"{_id(box.id)} [label={_quoted(*box.lines)}, shape={_SHAPES[box.kind]}{color}];"


def _id(text: str) -> str:
    """An id of graphviz: two that differ in a control character differ here, too."""
    return _quoted(_CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text.replace("\\", "\\\\")))


def _quoted(*lines: str) -> str:
    r"""A quoted string. A backslash is one of the text, not the beginning of ``\N`` and the like."""
    return '"' + r"\n".join(map(_escaped, lines)) + '"'


def _escaped(line: str) -> str:
    return _CONTROL.sub("·", line).replace("\\", "\\\\").replace('"', '\\"')
