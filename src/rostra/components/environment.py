"""What does a layer see? The objects of all layers down from it in one list, and the shape that says where.

A layer shares the environment of the one below until something is added to it. What is added below layers that
have their own reaches them, too: they are outdated then, and make theirs anew when somebody looks.
"""

# ruff: noqa: SLF001  (environments know each other)

import weakref
from typing import Any

from rostra.components.shapes import STALE, Added, Kinds, Level, Shape

_new = object.__new__

APART = "__rostra_shapes_apart__"
"""A class with this attribute decides by its instances what is found how: no two layers with one share a shape."""


class Environment:
    """The values and the shape of a layer.

    Args:
        below: What it lies on.

    Both are for others to read only. The list may grow, but a value that somebody may be about to read stays: a
    replacement is made in a copy.
    """

    __slots__ = ("__weakref__", "_above", "_has_own", "_known", "_limit", "below", "shape", "values")

    def __init__(self, below: "Environment | None" = None) -> None:
        self.below = below
        self._above: list[weakref.ref[Environment]] | None = None
        self._limit = 8
        self._has_own = below is None
        if below is None:
            self.values: list[Any] = []
            self._known: Shape = Level(None).first
            self.shape = self._known
        else:
            below.refresh()
            self._lie_on(below)

    @classmethod
    def begun(cls, below: "Environment", items: tuple[object, ...], kinds: Kinds) -> "Environment":
        """An environment above ``below`` to which things were added, at a part of the price of doing so one by one.

        Args:
            below: What it lies on.
            items: What is added, in this order.
            kinds: Under which type and name each is; one without a name by its type alone.
        """
        if below.shape is STALE:
            below.refresh()
        shape = below.shape.starts.get(kinds)
        if shape is None:
            shape = below.shape.started(kinds, is_apart=any(hasattr(type(each), APART) for each in items))
        made = _new(cls)
        made.below = below
        made.values = [*below.values, *items]
        made.shape = made._known = shape
        made._has_own = True
        made._above = None
        made._limit = 8
        below._bear(made)
        return made

    @property
    def own(self) -> Shape | None:
        """The shape that says what was added to the layer itself; None if nothing was."""
        return self._known if self._has_own else None

    def add(self, item: object, added: Added) -> None:
        """Let ``item`` be found by the type and name under which it was added."""
        self.refresh()
        if not self._has_own and self.below is not None:
            self._begin(self.below)
        shape = self.shape
        slot = shape.own.get(added)
        is_apart = hasattr(type(item), APART)
        if slot is None:
            self.values.append(item)
        else:
            self.values = [*self.values]
            self.values[slot] = item
        if slot is None or is_apart or shape.hides(added):
            self.shape = self._known = shape.followed(added, is_apart=is_apart)
        if self._above:
            self._outdate_above()

    def refresh(self) -> None:
        """See what was added below."""
        outdated: list[Environment] = []
        each: Environment | None = self
        while each is not None and each.shape is STALE:
            outdated.append(each)
            each = each.below
        for each in reversed(outdated):
            each._renew()

    def _begin(self, below: "Environment") -> None:
        self._has_own = True
        self.values = [*below.values]
        self.shape = self._known = below.shape.above.first

    def _renew(self) -> None:
        below, known, values = self.below, self._known, self.values
        if below is None:
            return
        self._lie_on(below)
        if not self._has_own:
            return
        self._begin(below)
        for added, slot in known.own.items():
            item = values[slot]
            self.values.append(item)
            self.shape = self.shape.followed(added, is_apart=hasattr(type(item), APART))
        for added in known.latest or ():
            is_apart = hasattr(type(values[known.own[added]]), APART)
            self.shape = self.shape.followed(added, is_apart=is_apart)
        self._known = self.shape

    def _lie_on(self, below: "Environment") -> None:
        self.values = below.values
        self.shape = self._known = below.shape
        below._bear(self)

    def _bear(self, above: "Environment") -> None:
        refs = self._above
        if refs is None:
            refs = self._above = []
        elif len(refs) >= self._limit:
            refs = self._above = [ref for ref in refs if ref() is not None]
            self._limit = 2 * len(refs) + 8
        refs.append(weakref.ref(above))

    def _outdate_above(self) -> None:
        waiting: list[Environment] = [self]
        while waiting:
            each = waiting.pop()
            refs, each._above = each._above, None
            for ref in refs or ():
                above = ref()
                if above is not None and above.shape is not STALE:
                    above.shape = STALE
                    waiting.append(above)
