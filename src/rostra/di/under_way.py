"""What has the first plan of a scope made so far? It has all of it in local variables, as code by hand would.

When it is done it leaves everything to the scope at once, which costs little. In the middle of it an adapter may ask for what
is there already, and so may another thread. Then the running code is looked for, and its local variables are read: that
takes long, and hardly anybody ever asks.
"""

# ruff: noqa: SLF001  (what a plan makes belongs to its scope)

import sys
from collections.abc import Mapping
from types import FrameType
from typing import Any

from rostra.di.keeping import MISSING, KeptToo

_ROW = 20
"""Tuples that are no longer than this cost the least: CPython has some of them in store."""
_FIRST = _ROW - 2
"""So many products are in the first one, besides what says where they are, and a further tuple."""


class Making:
    """What a plan makes for the scope that it is the first to ask; the same for all of its calls, which name it ``making``.

    Args:
        variables: By product, the name of the local variable that has it.

    What the plan leaves begins with ``places``, which say where in it each product is. ``row`` is what follows, by the names
    of the variables; what is too many for one tuple is in tuples within that.
    """

    __slots__ = ("places", "row")

    def __init__(self, variables: Mapping[Any, str]) -> None:
        names = (*variables.values(),)
        further = (names[first : first + _ROW] for first in range(_FIRST, len(names), _ROW))
        self.row: tuple[str | tuple[str, ...], ...] = (*names[:_FIRST], *further)
        self.places = {product: _place(number) for number, product in enumerate(variables)}

    def so_far(self, variables: Mapping[str, Any]) -> tuple[Any, ...]:
        """What the plan leaves, as far as its local variables have it."""
        return (self.places, *_so_far(self.row, variables))

    def leave(self, scope: Any) -> None:
        """Somebody has asked ``scope`` while the plan was running; now it has ended, and what it leaves is in ``made``."""
        kept = scope._kept
        if isinstance(kept, KeptToo):
            kept.end(scope.made)

    def break_off(self, scope: Any, variables: Mapping[str, Any]) -> None:
        """The plan has failed: what it has made so far stays."""
        scope.made = self.so_far(variables)
        self.leave(scope)

    def frame(self, scope: Any) -> FrameType | None:
        """The code that makes it now for ``scope``, in whichever thread; None if it has just ended."""
        running: list[FrameType | None] = [*sys._current_frames().values()]
        while running:
            frame = running.pop()
            if frame is not None:
                if frame.f_globals.get("making") is self and frame.f_locals.get("scope") is scope:
                    return frame
                running.append(frame.f_back)
        return None


def _place(number: int) -> tuple[int, int | None]:
    """Where a product is, and where within that, if it is in one of the further tuples."""
    if number < _FIRST:
        return 1 + number, None
    row, within = divmod(number - _FIRST, _ROW)
    return 1 + _FIRST + row, within


def _so_far(row: tuple[str | tuple[str, ...], ...], variables: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(
        variables.get(each, MISSING) if isinstance(each, str) else _so_far(each, variables) for each in row
    )
