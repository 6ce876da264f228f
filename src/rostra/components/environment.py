"""What does a layer see? The objects of all layers down from it in one list, and the shape that says where.

A layer to which nothing was added sees just what the one below sees. Layers on one that begin with the same things
differ in their lists only. Neither is known to anybody, and so a layer that comes and goes costs little. One that is
added to later, or has layers above, stands on its own: from then on the one below knows it.

What is added below layers reaches them, too: what they see is outdated then, and found out anew when somebody looks.

Threads may look while others add. A list begins with what says where things are in it, and never changes: who has taken a
list needs no lock to read it. What adds, and what finds out anew, makes another list, and has ``changing`` for itself.

A handler of a signal may add in the middle of an addition, in the same thread, which has the lock. So who has made another
list looks whether what it was made from is still there, and begins again if not. Python lets handlers run where something is
called and where a loop goes on; so none comes between such a question and the assignments after it.
"""

# ruff: noqa: SLF001  (layers know each other)

import sys
import weakref
from typing import Any, TypeAlias

from rostra.components.shapes import LIMIT, STALE, Added, Kinds, Level, Shape, changing

APART = "__rostra_shapes_apart__"
"""A class with this attribute decides by its instances what is found how: no two layers with one share a shape."""

_TIMES = 1_000
"""So often is begun again what handlers of signals come in the middle of."""

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

    def begin(self, before: Shape, kinds: Kinds, *, is_apart: bool) -> "Seen":
        """What the lists of layers above begin with to which these things were added; remembered, unless it is apart.

        Args:
            before: The shape as it was; if it is another meanwhile, what is given is outdated from the start.
            kinds: Under what was added.
            is_apart: It is for one layer only.
        """
        shape = before.started(kinds, is_apart=is_apart)
        seen = Seen(shape, shape)
        if not is_apart:
            if len(self.begun) >= LIMIT:
                self.outdate_begun()
            self.begun[kinds] = seen
            if self.begun.get(kinds) is not seen:
                seen.shape = STALE
        if self.shape is not before:
            seen.shape = STALE
        return seen

    def outdate(self) -> None:
        """Let all who have a list that begins with this look for another one."""
        self.shape = STALE
        self.outdate_begun()

    def outdate_begun(self) -> None:
        """The same for the layers above that began alike."""
        begun, self.begun = self.begun, {}
        for seen in begun.values():
            seen.shape = STALE


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
            self._limit = 8
            self._above = []
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
                values, shape = self._refresh()
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
            with changing:
                self.values, is_apart = self._begun_first(below, items, kinds)
                self._is_lent = False
                self._above = None
                if is_apart:
                    self._stand()
            return
        values[0] = seen  # stale from the moment in which what lies below is changed
        self.values = values
        self._is_lent = False  # not before its own list is there, which others may be about to take
        self._above = None

    def include(self, item: object, added: Added) -> None:
        """Let ``item`` be found by the type and name under which it was added."""
        is_apart = hasattr(type(item), APART)
        with changing:
            if not self._included(item, added, is_apart):
                self._insist(item, added, is_apart)

    def _insist(self, item: object, added: Added, is_apart: bool) -> None:
        for _ in range(_TIMES):
            if self._included(item, added, is_apart):
                return
        raise _disturbed()

    def _included(self, item: object, added: Added, is_apart: bool) -> bool:
        """Add one thing; not if another addition came in between."""
        known = self.values
        if self._is_lent and not is_apart:
            values = self._beginning(item, added)
            if self.values is not known:
                return False
            self.values = values
            self._is_lent = False
            self._above = None
            return True
        if self._above is None or self._is_lent or known[0].shape is STALE:
            self._stand()
            known = self.values
        before: Seen = known[0]
        shape_before = before.shape
        if shape_before is STALE:
            return False
        changing.keep(known)
        values = [*known]
        shape = shape_before if before.own is not None else shape_before.above.first
        slot = shape.slot_of(added)
        if slot is None:
            values.append(item)
            shape = shape.followed(added, is_apart=is_apart)
        else:
            values[slot] = item
            if is_apart or shape.hides(added):
                shape = shape.followed(added, is_apart=is_apart)
        values[0] = Seen(shape, shape)
        if self.values is not known or before.shape is not shape_before:
            return False
        self.values = values
        before.outdate()
        self._outdate_above()
        return True

    def _beginning(self, item: object, added: Added) -> list[Any]:
        """The list of a layer that begins with one thing."""
        below, kinds = self._parent, (added,)
        assert below is not None, "it lies on another"  # noqa: S101  (or it would have a list of its own)
        values = [*below.values, item]
        seen = None if below._above is None else values[0].begun.get(kinds)
        if seen is None:
            values, _ = self._begun_first(below, (item,), kinds)
            return values
        values[0] = seen
        return values

    def _begun_first(
        self, below: "Environment", items: tuple[object, ...], kinds: Kinds
    ) -> tuple[list[Any], bool]:
        """The list of the first layer that begins so, and whether it is apart."""
        below._stand()
        seen_below, shape = below._refresh()
        values = [*seen_below, *items]
        beneath: Seen = values[0]
        seen = beneath.begun.get(kinds)
        is_apart = seen is None and any(hasattr(type(each), APART) for each in items)
        values[0] = seen or beneath.begin(shape, kinds, is_apart=is_apart)
        return values, is_apart

    def _refresh(self) -> Sight:
        """See what was added below."""
        values = self.values
        shape: Shape = values[0].shape
        if shape is not STALE:
            return values, shape
        for _ in range(_TIMES):
            outdated: list[Environment] = []
            each: Environment | None = self
            while each is not None and each.values[0].shape is STALE:
                outdated.append(each)
                each = each._parent
            for each in reversed(outdated):
                each._renew()
            values = self.values
            shape = values[0].shape
            if shape is not STALE:
                return values, shape
        raise _disturbed()

    def _renew(self) -> None:
        """See what the layer below sees; or be outdated still, if something is added meanwhile."""
        below, known = self._parent, self.values
        assert below is not None, "the lowest is never outdated"  # noqa: S101  (nothing lies below it)
        if self._is_lent:
            self.values = below.values
            return
        if known[0].shape is not STALE:
            return  # a handler of a signal has renewed it, and others may have begun on that
        changing.keep(known)
        if self._above is None:
            self._limit = 8
            self._above = []
        below._bear(self)
        values_below = below.values
        before: Seen = values_below[0]
        shape_below = shape = before.shape
        if shape is STALE:
            return
        values, own = [*values_below], known[0].own
        if own is None:
            values[0] = Seen(shape, None)
        else:
            shape = shape.above.first
            slots = own.own
            values += map(known.__getitem__, slots.values())
            for added in (*slots, *(own.latest or ())):
                shape = shape.followed(added, is_apart=hasattr(type(known[slots[added]]), APART))
            values[0] = Seen(shape, shape)
        if self.values is known and before.shape is shape_below:
            self.values = values

    def _stand(self) -> None:
        """See what one sees in a way of one's own, of which the one below knows: to be added to, or to be lain upon."""
        for _ in range(_TIMES):
            known, shape = self._refresh()
            if self._above is not None or self._parent is None:
                return
            self._parent._bear(self)
            before: Seen = known[0]
            values = [Seen(shape, None if self._is_lent else before.own), *known[1:]]
            if self.values is known and before.shape is shape:
                self.values = values
                self._is_lent = False
                self._limit = 8
                self._above = []
                return
        raise _disturbed()

    def _bear(self, above: "Environment") -> None:
        ref = weakref.ref(above)
        if self._above is None:
            self._limit = 8
            self._above = []
        if len(self._above) >= self._limit:
            self._limit = sys.maxsize  # a handler of a signal that does the same adds to the end, which stays
            refs = self._above
            known = [*refs]
            alive = [each for each in known if each() is not None]
            refs[: len(known)] = alive
            self._limit = 2 * len(alive) + 8
        self._above.append(ref)

    def _outdate_above(self) -> None:
        waiting: list[Environment] = [self]
        while waiting:
            each = waiting.pop()
            refs, each._above = each._above, []
            for ref in refs or ():
                above = ref()
                if above is None:
                    continue
                seen: Seen = above.values[0]
                if seen.shape is not STALE:
                    seen.shape = STALE
                    seen.outdate_begun()
                    waiting.append(above)


def _disturbed() -> RuntimeError:
    msg = f"a signal handler, or the key of a component, has added components {_TIMES} times in the middle of one addition"
    return RuntimeError(msg)
