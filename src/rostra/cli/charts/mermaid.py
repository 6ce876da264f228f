"""A stage as a flowchart of mermaid, which many renderers of Markdown draw."""

import re
from collections.abc import Iterator

from rostra.cli.charts.chart import Chart
from rostra.cli.charts.picture import Box, Frame, arrows, frames

__all__ = ["mermaid"]

_SHAPES = {
    "plugin": ("[[", "]]"),
    "section": ("[/", "/]"),
    "component": ("(", ")"),
    "adapter": ("[", "]"),
    "handler": ("([", "])"),
    "task": ("{{", "}}"),
    "function": (">", "]"),
}
_MEANING = re.compile(r"[^\w .,:()\[\]{}/|=+→…-]|(?<!\w)_|_(?!\w)|^[-+=]|^\d+(?=[.)])")
"""What could mean something to mermaid, or to the Markdown that it reads in labels."""


def mermaid(chart: Chart) -> str:
    """The text of the flowchart, without a line break at its end."""
    return "\n".join(_lines(chart))


def _lines(chart: Chart) -> Iterator[str]:
    framed = list(frames(chart))
    ids = {box.id: f"n{number}" for number, box in enumerate(box for frame in framed for box in frame.boxes)}
    yield "flowchart LR"
    for number, frame in enumerate(framed):
        yield from _frame(frame, f"p{number}", ids)
    for arrow in arrows(chart):
        yield f"  {ids[arrow.start]} -- {_text(arrow.label)} --> {ids[arrow.end]}"
    if wrong := [ids[box.id] for frame in framed for box in frame.boxes if box.is_wrong]:
        yield "  classDef wrong stroke:#c00,stroke-width:2px"
        yield f"  class {','.join(wrong)} wrong"


def _frame(frame: Frame, name: str, ids: dict[str, str]) -> Iterator[str]:
    boxes = (_box(box, ids[box.id]) for box in frame.boxes)
    if frame.title is None:
        yield from (f"  {each}" for each in boxes)
        return
    yield f"  subgraph {name}[{_text(frame.title)}]"
    yield from (f"    {each}" for each in boxes)
    yield "  end"


def _box(box: Box, name: str) -> str:
    begin, end = _SHAPES[box.kind]
    return f"{name}{begin}{_text(*box.lines)}{end}"


def _text(*lines: str) -> str:
    """Quoted text."""
    return f'"{"<br/>".join(_escaped(line) or " " for line in lines)}"'


def _escaped(line: str) -> str:
    """What could mean something is written by its number in Unicode."""
    return _MEANING.sub(lambda found: "".join(f"#{ord(each)};" for each in found[0]), line)
