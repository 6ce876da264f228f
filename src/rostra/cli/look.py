"""How does what a command prints look? Lines, trees and tables, of parts that say what they mean.

On a terminal they have colours and fit its width, if rich is installed; in a pipe or a file, without rich, or with
``TERM=dumb`` they are plain text. What is said is the same. ``NO_COLOR`` and ``--no-color`` take the colours away.
"""

import io
import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, Protocol, TextIO, TypeAlias, cast

import attrs

__all__ = ["Line", "Look", "Node", "Styled", "good", "look", "name", "origin", "quiet", "wrong"]

Style: TypeAlias = Literal["name", "origin", "wrong", "good", "quiet"]

_COLOURS = {"name": "bold", "origin": "cyan", "wrong": "bold red", "good": "green", "quiet": "dim"}
_GAP = "   "
_LINES = ("├── ", "└── ", "│   ")
_ASCII_LINES = ("|-- ", "`-- ", "|   ")
_ESCAPED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@attrs.frozen
class Styled:
    """A part of a line, and what it means.

    Args:
        text: Without line breaks.
        style: ``name``, ``origin`` (who said it, where it stands), ``wrong``, ``good`` or ``quiet``.
    """

    text: str
    style: Style


Line: TypeAlias = "str | Styled | tuple[str | Styled, ...]"
"""One line: text, a part with a meaning, or several of them, which are joined as they are."""


@attrs.frozen
class Node:
    """A line of a tree, with those below it."""

    line: Line
    below: "tuple[Node, ...]" = ()


class Look(Protocol):
    """Writes to a stream."""

    def line(self, *parts: "str | Styled") -> None:
        """Write a line; on a terminal it is wrapped between words."""
        ...

    def lines(self, lines: Iterable[Line]) -> None:
        """Write lines that are laid out already; on a terminal what is too long goes on below its last column."""
        ...

    def tree(self, node: Node) -> None:
        """Write a tree."""
        ...

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Line]]) -> None:
        """Write a table with a line above it that names the columns."""
        ...


def name(text: object) -> Styled:
    """What something is called."""
    return Styled(str(text), "name")


def origin(text: object) -> Styled:
    """Who said it, or where it stands."""
    return Styled(str(text), "origin")


def wrong(text: object) -> Styled:
    """What is wrong."""
    return Styled(str(text), "wrong")


def good(text: object) -> Styled:
    """What is as it should be."""
    return Styled(str(text), "good")


def quiet(text: object) -> Styled:
    """What need not be read."""
    return Styled(str(text), "quiet")


def look(*, color: bool = True, stream: TextIO | None = None) -> Look:
    """What to write with.

    Args:
        color: False for ``--no-color``.
        stream: Standard output, if it is left out.
    """
    stream = stream or cast("TextIO", sys.stdout)  # the front door has opened it, if it was closed
    if not _has_lines(stream) and isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")  # an arrow that cannot be written is no reason to fail
    if not stream.isatty() or os.environ.get("TERM") in {None, "", "dumb"}:
        return _Plain(stream)
    try:
        import rich  # noqa: F401  (asked for here, used below)
    except ImportError:
        return _Plain(stream)
    return _Rich(stream, color=color and not os.environ.get("NO_COLOR"))


@attrs.frozen(eq=False)
class _Plain:
    stream: TextIO

    def line(self, *parts: str | Styled) -> None:
        print(_text(parts), file=self.stream)

    def lines(self, lines: Iterable[Line]) -> None:
        for each in lines:
            print(_text(each), file=self.stream)

    def tree(self, node: Node) -> None:
        for drawn in _drawn(node, _LINES if _has_lines(self.stream) else _ASCII_LINES):
            print(drawn.rstrip(), file=self.stream)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Line]]) -> None:
        lines = [list(columns), *([_text(cell) for cell in row] for row in rows)]
        widths = [max(map(_cells, column)) for column in zip(*lines, strict=True)]
        for each in lines:
            padded = (cell + " " * (width - _cells(cell)) for cell, width in zip(each, widths, strict=True))
            print(_GAP.join(padded).rstrip(), file=self.stream)


class _Rich:
    def __init__(self, stream: TextIO, *, color: bool) -> None:
        from rich.console import Console

        self._console = Console(
            file=stream,
            force_terminal=True,
            no_color=not color,
            color_system="auto" if color else None,
            width=shutil.get_terminal_size().columns,
            highlight=False,
            markup=False,
            emoji=False,
        )

    def line(self, *parts: str | Styled) -> None:
        self._console.print(_rich(parts))

    def lines(self, lines: Iterable[Line]) -> None:
        from rich.text import Text

        for each in map(_rich, lines):
            indent = _last_column(each.plain, self._console.width)
            begin, rest = each[:indent], each[indent:]
            for line in rest.wrap(self._console, self._console.width - indent) or [rest]:
                line.rstrip()
                self._console.print(begin + line, soft_wrap=True)
                begin = Text(" " * indent)

    def tree(self, node: Node) -> None:
        self._console.print(_branch(node))

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Line]]) -> None:
        from rich.table import Table

        table = Table(box=None, pad_edge=False, padding=(0, len(_GAP), 0, 0), header_style=_COLOURS["quiet"])
        cells = [[_rich(cell) for cell in row] for row in rows]
        names = max((row[0].cell_len for row in cells), default=0)
        for number, column in enumerate(columns):
            # What the first column has is copied; it is broken only where it would leave no room for the others.
            whole = number == 0 and names <= self._console.width // 2
            table.add_column(column, overflow="fold", no_wrap=whole)
        for row in cells:
            table.add_row(*row)
        self._console.print(table)


def _parts(line: Line) -> tuple[str | Styled, ...]:
    return line if isinstance(line, tuple) else (line,)


def _text(line: Line) -> str:
    return "".join(_printable(each if isinstance(each, str) else each.text) for each in _parts(line))


def _rich(line: Line) -> Any:
    from rich.text import Text

    styled = (
        (_printable(each), "") if isinstance(each, str) else (_printable(each.text), _COLOURS[each.style])
        for each in _parts(line)
    )
    return Text.assemble(*styled, overflow="fold")


def _branch(node: Node) -> Any:
    from rich.tree import Tree

    branch = Tree(_rich(node.line), guide_style=_COLOURS["quiet"])
    branch.children.extend(map(_branch, node.below))
    return branch


def _has_lines(stream: TextIO) -> bool:
    """Whether the lines of trees can be written there: not in ASCII and Latin-1."""
    try:
        "".join(_LINES).encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _drawn(node: Node, lines: tuple[str, str, str]) -> Iterator[str]:
    branch, last, beside = lines
    yield _text(node.line)
    for position, each in enumerate(node.below):
        is_last = position == len(node.below) - 1
        first, *rest = _drawn(each, lines)
        yield f"{last if is_last else branch}{first}"
        yield from (f"{'    ' if is_last else beside}{line}" for line in rest)


def _last_column(line: str, width: int) -> int:
    """Where the last column of a line begins that leaves room: after two blanks, in the left two thirds."""
    found = [gap.end() for gap in re.finditer(r"^ *|  +", line) if gap.end() <= width * 2 // 3]
    return max(found, default=0)


def _printable(text: str) -> str:
    """What a terminal would obey, and line breaks, as Python writes them."""
    return _ESCAPED.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _cells(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1
        for each in text
    )
