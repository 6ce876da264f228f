"""What does a layer see? The objects of all layers down from it in one list, and the shape that says where.

A layer to which nothing was added sees just what the one below sees. Layers on one that begin with the same things
differ in their lists only. Neither is known to anybody, and so a layer that comes and goes costs little. One that is
added to later, or has layers above, stands on its own: from then on the one below knows it.

What is added below layers reaches them, too: what they see is outdated then, and found out anew when somebody looks.

Threads may look while others add. A list begins with what says where things are in it, and never changes: who has taken a
list needs no lock to read it. What adds, and what finds out anew, makes another list, and has ``changing`` for itself.
"""

# ruff: noqa: SLF001  (layers know each other)

import weakref
from typing import Any, TypeAlias

from rostra.components.locking import changing
from rostra.components.shapes import LIMIT, STALE, Added, Kinds, Level, Shape

APART = "__rostra_shapes_apart__"
"""A class with this attribute decides by its instances what is found how: no two layers with one share a shape."""

Sight: TypeAlias = tuple[list[Any], Shape]
"""A list of values, and where things were in it when it was taken; both fit, whatever was added since."""


class Seen:
    """What a list of values begins with; lists of layers that see alike begin with the same one.

    Args:
        shape: Where things are in these lists. ``STALE`` once what the layers see has changed, and from then on for ever.
        own: What was added to these layers themselves; None if nothing was.

    ``begun`` are those of the layers above that began with the same things: known here, to be outdated with this one.
    """

    __slots__ = ("begun", "own", "shape")

    def __init__(self, shape: Shape, own: Shape | None) -> None:
        self.shape = shape
        self.own = own
        self.begun: dict[Kinds, Seen] = {}

    def begin(self, kinds: Kinds, *, is_apart: bool) -> "Seen":
        """What the lists of layers above begin with to which these things were added; remembered, unless it is apart."""
        shape = self.shape.started(kinds, is_apart=is_apart)
        seen = Seen(shape, shape)
        if not is_apart:
            if len(self.begun) >= LIMIT:
                self.outdate_begun()
            self.begun[kinds] = seen
        return seen

    def outdate(self) -> None:
        """Let all who have a list that begins with this look for another one."""
        self.shape = STALE
        self.outdate_begun()

    def outdate_begun(self) -> None:
        """The same for the layers above that began alike."""
        for seen in self.begun.values():
            seen.shape = STALE
        self.begun = {}


class Environment:
    """What a layer sees.

    Args:
        below: What it lies on.

    ``values`` is for others to read only: take it once, and the shape from what it begins with. ``_above`` is None until
    it stands on its own; only then what ``values`` begins with is its own as well.
    """

    __slots__ = ("__weakref__", "_above", "_is_lent", "_limit", "_parent", "values")

    _above: "list[weakref.ref[Environment]] | None"
    _is_lent: bool
    _limit: int
    _parent: "Environment | None"
    values: list[Any]

    def __init__(self, below: "Environment | None") -> None:
        self._parent = below
        if below is None:
            first = Level(None).first
            self.values = [Seen(first, first)]
            self._is_lent = False
            self._remember_above()
        else:
            if below._above is None:
                with changing:
                    below._stand()
            self.values = below.values
            self._is_lent = True
            self._above = None

    @property
    def shape(self) -> Shape:
        """Where things are in its list."""
        return self.look()[1]

    def look(self) -> Sight:
        """What is seen, up to date and ready for look-ups."""
        values = self.values
        shape: Shape = values[0].shape
        if shape is STALE:
            with changing:
                self._refresh()
                values = self.values
                shape = values[0].shape
        shape.prepare()
        return values, shape

    def begin(self, items: tuple[object, ...], kinds: Kinds) -> None:
        """Begin with these things, at a part of the price of adding them one by one; as the first that is done with it.

        Args:
            items: What is added, in this order.
            kinds: Under which type and name each is; one without a name by its type alone.
        """
        below = self._parent
        assert below is not None, "it lies on another"  # noqa: S101  (what does not begins with nothing)
        values = [*below.values, *items]
        seen = None if below._above is None else values[0].begun.get(kinds)
        if seen is None:
            self._begin_first(below, items, kinds)
            return
        values[0] = seen  # stale from the moment in which what lies below is changed
        self.values = values
        self._is_lent = False  # not before its own list is there, which others may be about to take
        self._above = None

    def _begin_first(self, below: "Environment", items: tuple[object, ...], kinds: Kinds) -> None:
        with changing:
            below._stand()
            values = [*below.values, *items]
            beneath: Seen = values[0]
            seen = beneath.begun.get(kinds)
            is_apart = seen is None and any(hasattr(type(each), APART) for each in items)
            values[0] = seen or beneath.begin(kinds, is_apart=is_apart)
            self.values = values
            self._is_lent = False
            self._above = None
            if is_apart:
                self._stand()

    def include(self, item: object, added: Added) -> None:
        """Let ``item`` be found by the type and name under which it was added."""
        is_apart = hasattr(type(item), APART)
        with changing:
            if self._is_lent and not is_apart:
                self.begin((item,), (added,))
                return
            self._stand()
            changing.keep(self.values)
            values = [*self.values]
            before: Seen = values[0]
            shape = before.shape if before.own is not None else before.shape.above.first
            slot = shape.slot_of(added)
            if slot is None:
                values.append(item)
                shape = shape.followed(added, is_apart=is_apart)
            else:
                values[slot] = item
                if is_apart or shape.hides(added):
                    shape = shape.followed(added, is_apart=is_apart)
            values[0] = Seen(shape, shape)
            self.values = values
            before.outdate()
            self._outdate_above()

    def _refresh(self) -> None:
        """See what was added below."""
        outdated: list[Environment] = []
        each: Environment | None = self
        while each is not None and each.values[0].shape is STALE:
            outdated.append(each)
            each = each._parent
        for each in reversed(outdated):
            each._renew()

    def _renew(self) -> None:
        below, known = self._parent, self.values
        assert below is not None, "the lowest is never outdated"  # noqa: S101  (nothing lies below it)
        if self._is_lent:
            self.values = below.values
            return
        changing.keep(known)
        if self._above is None:
            self._remember_above()
        below._bear(self)
        values = [*below.values]
        shape, own = values[0].shape, known[0].own
        if own is None:
            values[0] = Seen(shape, None)
        else:
            shape = shape.above.first
            slots = own.own
            values += map(known.__getitem__, slots.values())
            for added in (*slots, *(own.latest or ())):
                shape = shape.followed(added, is_apart=hasattr(type(known[slots[added]]), APART))
            values[0] = Seen(shape, shape)
        self.values = values

    def _stand(self) -> None:
        """See what one sees in a way of one's own, of which the one below knows: to be added to, or to be lain upon."""
        self._refresh()
        if self._above is not None or self._parent is None:
            return
        values = [*self.values]
        before: Seen = values[0]
        values[0] = Seen(before.shape, None if self._is_lent else before.own)
        self.values = values
        self._is_lent = False
        self._remember_above()
        self._parent._bear(self)

    def _remember_above(self) -> None:
        self._limit = 8
        self._above = []

    def _bear(self, above: "Environment") -> None:
        refs = self._above
        if refs is None or len(refs) >= self._limit:
            refs = self._above = [ref for ref in refs or () if ref() is not None]
            self._limit = 2 * len(refs) + 8
        refs.append(weakref.ref(above))

    def _outdate_above(self) -> None:
        waiting: list[Environment] = [self]
        while waiting:
            each = waiting.pop()
            refs, each._above = each._above, []
            for ref in refs or ():
                above = ref()
                if above is not None and above.values[0].shape is not STALE:
                    above.values[0].outdate()
                    waiting.append(above)
