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

from rostra.di.keeping import MISSING, Kept

_ROW = 20
"""Tuples that are no longer than this cost the least: CPython has some of them in store."""
_FIRST = _ROW - 2
"""So many products are in the first one, besides what says where they are, and a further tuple."""


class Making:
    """What a plan makes for the scope that it is the first to ask; the same for all of its calls, which name it ``making``.

    Args:
        variables: By product, the name of the local variable that has it.

    What the plan leaves begins with this, whose ``places`` say where in it each product is. ``row`` is what follows, by the
    names of the variables; what is too many for one tuple is in tuples within that.
    """

    __slots__ = ("places", "row")

    def __init__(self, variables: Mapping[Any, str]) -> None:
        names = (*variables.values(),)
        further = (names[first : first + _ROW] for first in range(_FIRST, len(names), _ROW))
        self.row: tuple[str | tuple[str, ...], ...] = (*names[:_FIRST], *further)
        self.places = {product: _place(number) for number, product in enumerate(variables)}

    def kept(self, made: Any, scope: Any) -> Kept:
        """What ``scope`` keeps, of which ``made`` is what the plan has left, or this as long as it runs."""
        return KeptToo(self, made, scope)

    def so_far(self, variables: Mapping[str, Any]) -> tuple[Any, ...]:
        """What the plan leaves, as far as its local variables have it."""
        return (self, *_so_far(self.row, variables))

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


class KeptToo(Kept):
    """What a scope keeps besides what the first plan makes or has made.

    Args:
        making: What the plan makes.
        made: What it has left; ``making`` as long as it runs.
        scope: Of whom it was the first to ask.
    """

    __slots__ = ("_frame", "_made", "_making")

    def __init__(self, making: Making, made: Any, scope: Any) -> None:
        self.values, self.flights = {}, {}  # as ``super`` would, which takes longer than all this
        self._making = making
        self._frame: FrameType | None = None
        if made is making:
            self._frame = making.frame(scope)
            made = making.so_far({})
        self._made: tuple[Any, ...] = made

    def find(self, key: Any) -> Any:
        """What is kept under ``key``, or ``MISSING``."""
        frame, making = self._frame, self._making
        made = self._made if frame is None else making.so_far(frame.f_locals)
        place = making.places.get(key)
        if place is not None:
            where, within = place
            found = made[where] if within is None else made[where][within]
            if found is not MISSING:
                return found
        return self.values.get(key, MISSING)

    def end(self, made: tuple[Any, ...]) -> None:
        """The plan has ended, and left this."""
        self._made = made
        self._frame = None


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
