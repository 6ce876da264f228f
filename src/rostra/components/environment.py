"""What does a layer see? The objects of all layers down from it in one list, and the shape that says where.

A layer to which nothing was added sees just what the one below sees. Layers on one that begin with the same things
differ in their lists only. Neither is known to anybody, and so a layer that comes and goes costs little. One that is
added to later, or has layers above, stands on its own: from then on the one below knows it.

What is added below layers reaches them, too: what they see is outdated then, and found out anew when somebody looks.
"""

# ruff: noqa: SLF001  (layers know each other)

import weakref
from typing import Any

from rostra.components.shapes import LIMIT, STALE, Added, Kinds, Level, Shape

APART = "__rostra_shapes_apart__"
"""A class with this attribute decides by its instances what is found how: no two layers with one share a shape."""


class Seen:
    """The shape of all layers that see alike; each of them may have a list of its own.

    Args:
        shape: Where things are in their lists. ``STALE`` once what lies below has changed, and from then on for ever.
        own: What was added to these layers themselves; None if nothing was.
    """

    __slots__ = ("own", "shape")

    def __init__(self, shape: Shape, own: Shape | None) -> None:
        self.shape = shape
        self.own = own


class Environment:
    """What a layer sees.

    Args:
        below: What it lies on.

    ``seen`` and ``values`` are for others to read only. The list may grow, but a value that somebody may be about to
    read stays: a replacement is made in a copy. A list that is replaced comes with another ``seen``, by which those that
    have both from here notice it. ``_above`` is None until it stands on its own.
    """

    __slots__ = ("__weakref__", "_above", "_begun", "_is_lent", "_limit", "_parent", "seen", "values")

    _above: "list[weakref.ref[Environment]] | None"
    _begun: dict[Kinds, Seen]
    _is_lent: bool
    _limit: int
    _parent: "Environment | None"
    seen: Seen
    values: list[Any]

    def __init__(self, below: "Environment | None") -> None:
        self._parent = below
        if below is None:
            first = Level(None).first
            self.values, self.seen = [], Seen(first, first)
            self._is_lent = False
            self._remember_above()
        else:
            below._stand()
            self.values, self.seen = below.values, below.seen
            self._is_lent = True
            self._above = None

    @property
    def shape(self) -> Shape:
        """Where things are in its list."""
        return self.seen.shape

    def begin(self, items: tuple[object, ...], kinds: Kinds) -> None:
        """Begin with these things, at a part of the price of adding them one by one; as the first that is done with it.

        Args:
            items: What is added, in this order.
            kinds: Under which type and name each is; one without a name by its type alone.
        """
        below = self._parent
        assert below is not None, "it lies on another"  # noqa: S101  (what does not begins with nothing)
        if below._above is None:
            below._stand()
        self._above = None
        self._is_lent = False
        seen = below._begun.get(kinds)
        if seen is not None:
            self.seen = seen
            self.values = [*below.values, *items]
        else:
            self._begin_first(below, items, kinds)

    def _begin_first(self, below: "Environment", items: tuple[object, ...], kinds: Kinds) -> None:
        below.refresh()
        is_apart = any(hasattr(type(each), APART) for each in items)
        shape = below.seen.shape.started(kinds, is_apart=is_apart)
        self.seen = Seen(shape, shape)
        self.values = [*below.values, *items]
        if is_apart:
            self._stand()
            return
        if len(below._begun) >= LIMIT:
            below._outdate_begun()
        below._begun[kinds] = self.seen

    def include(self, item: object, added: Added) -> None:
        """Let ``item`` be found by the type and name under which it was added."""
        is_apart = hasattr(type(item), APART)
        if self._is_lent and not is_apart:
            self.begin((item,), (added,))
            return
        self._stand()
        self.refresh()
        if self.seen.own is None and self._parent is not None:
            self._replace([*self._parent.values], self._parent.seen.shape.above.first)
        seen = self.seen
        slot = seen.shape.own.get(added)
        if slot is None:
            self.values.append(item)
            seen.shape = seen.own = seen.shape.followed(added, is_apart=is_apart)
        else:
            values = [*self.values]
            values[slot] = item
            hides = is_apart or seen.shape.hides(added)
            self._replace(values, seen.shape.followed(added, is_apart=is_apart) if hides else seen.shape)
        self._outdate_above()

    def refresh(self) -> None:
        """See what was added below."""
        outdated: list[Environment] = []
        each: Environment | None = self
        while each is not None and each.seen.shape is STALE:
            outdated.append(each)
            each = each._parent
        for each in reversed(outdated):
            each._renew()

    def _renew(self) -> None:
        below, known, values = self._parent, self.seen.own, self.values
        if below is None:
            return
        self.values, self.seen = below.values, below.seen
        if self._is_lent:
            return
        if self._above is None:
            self._remember_above()
        below._bear(self)
        self.seen = Seen(below.seen.shape, None)
        if known is None:
            return
        shape = below.seen.shape.above.first
        self.values = [*below.values]
        for added, slot in known.own.items():
            item = values[slot]
            self.values.append(item)
            shape = shape.followed(added, is_apart=hasattr(type(item), APART))
        for added in known.latest or ():
            shape = shape.followed(added, is_apart=hasattr(type(values[known.own[added]]), APART))
        self.seen = Seen(shape, shape)

    def _stand(self) -> None:
        """See what one sees in a way of one's own, of which the one below knows: to be added to, or to be lain upon."""
        self.refresh()
        if self._above is not None or self._parent is None:
            return
        self._remember_above()
        self.seen = Seen(self.seen.shape, None if self._is_lent else self.seen.own)
        self._is_lent = False
        self._parent._bear(self)

    def _replace(self, values: list[Any], shape: Shape) -> None:
        self.seen.shape = STALE
        self.seen = Seen(shape, shape)
        self.values = values

    def _remember_above(self) -> None:
        self._above = []
        self._begun = {}
        self._limit = 8

    def _bear(self, above: "Environment") -> None:
        refs = self._above
        if refs is None or len(refs) >= self._limit:
            refs = self._above = [ref for ref in refs or () if ref() is not None]
            self._limit = 2 * len(refs) + 8
        refs.append(weakref.ref(above))

    def _outdate_begun(self) -> None:
        for seen in self._begun.values():
            seen.shape = STALE
        self._begun = {}

    def _outdate_above(self) -> None:
        waiting: list[Environment] = [self]
        while waiting:
            each = waiting.pop()
            each._outdate_begun()
            refs, each._above = each._above, []
            for ref in refs or ():
                above = ref()
                if above is not None and above.seen.shape is not STALE:
                    above.seen.shape = STALE
                    waiting.append(above)
