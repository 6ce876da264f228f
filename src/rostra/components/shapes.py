"""Where is what? The shape of a layer maps types and names to slots in a list of values.

Layers to which the same types were added, one after the other, have one shape, however many layers there are: a
thousand requests share theirs. So whatever is found out about a shape once holds for all of them, and a look-up is
one in the shape and one in the list, however deep the layers lie. One thread at a time finds out: who is ``changing``.
"""

import gc
import os
import threading
from typing import Any, TypeAlias

from rostra.components.keys import Key, keys
from rostra.values import Values

Added: TypeAlias = tuple[Key, str | None]
"""Under which type and name something was added."""

Kinds: TypeAlias = tuple[Added | type, ...]
"""Under which several things were added; a type alone stands for one without a name."""


class _Changing:
    """A lock, in whose hold nothing is put away that is nobody's any more: to put it away may take any other lock, and whoever
    has that one may be waiting for this one.

    A handler of a signal may take it in the middle of what its thread does with it.
    """

    __slots__ = ("_depth", "_is_collecting", "_kept", "_lock")

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._is_collecting = False
        self._kept: list[object] = []

    def __enter__(self) -> None:
        self._lock.acquire()
        # First of all, and given back last: a handler in between leaves the collector as it is.
        self._depth += 1
        if self._depth == 1:
            self._is_collecting = gc.isenabled()
            gc.disable()

    def __exit__(self, *_: object) -> None:
        kept: list[object] = []
        if self._depth == 1:
            if self._kept:
                kept, self._kept = self._kept, kept
            if self._is_collecting:
                gc.enable()
        self._depth -= 1
        self._lock.release()
        kept.clear()

    def keep(self, item: object) -> None:
        """Have it until nobody holds the lock."""
        self._kept.append(item)


changing = _Changing()
"""Held by what changes what layers see, and by what finds it out. Who looks need not hold it. A process is not forked while
another thread holds it: nobody would let go of it in the child.
"""
os.register_at_fork(
    before=changing.__enter__, after_in_parent=changing.__exit__, after_in_child=changing.__exit__
)


class Under(Values):
    """In place of a type: several types and names under which one thing is found.

    It has one slot, and so it is known for one thing wherever all that there is is listed.
    """

    all: tuple[Added, ...]


LIMIT = 1_000
"""So many shapes are remembered for the layers above one shape; then they are found out anew."""

ALIKE = 100
"""Layers share the shapes of so many additions; what has more is hardly like any other."""


def parts(added: Added) -> tuple[Added, ...]:
    """Each type and name under which something was added."""
    key, _ = added
    return key.all if isinstance(key, Under) else (added,)


class Shape:
    """What was added to a layer and to those below it, in which order; never the objects themselves.

    Args:
        level: Which layers have this shape: those above another shape.
        order: What was added to the layer itself, in the order of the first additions, and its slots. Shapes that begin
            alike have one of it in common, which goes on with what only the longer ones have.
        count: How many of these are its own.
        latest: Its own in the order of the last additions, if that is another: the later hides the earlier one.
        source: A shape with its first additions, from which the slots are copied; those after them are the latest, too.

    ``slots`` are those of components without a name, ``named`` those of the others. Both are empty until
    ``prepare``, and only a look-up that finds nothing need call it. ``next`` are the shapes that follow this one, for
    all who share them. ``plans`` belongs to the resolver, and so does ``at_hand``: the slots of the components that it
    takes as they are, and 0 for what it has a plan for.
    """

    __slots__ = (
        "__weakref__",
        "_above",
        "_index",
        "_is_continued",
        "_order",
        "_source",
        "at_hand",
        "count",
        "is_ready",
        "latest",
        "level",
        "named",
        "next",
        "plans",
        "slots",
    )

    def __init__(
        self,
        level: "Level",
        order: dict[Added, int],
        count: int = 0,
        latest: tuple[Added, ...] | None = None,
        source: "Shape | None" = None,
    ) -> None:
        self.level = level
        self.count = count
        self.latest = latest
        self.is_ready = False
        self.slots: dict[Key, int] = {}
        self.named: dict[str, dict[Key, int]] = {}
        self.plans: dict[Any, Any] = {}
        self.at_hand: dict[Key, int] = {}
        self._order = order
        self._is_continued = False
        self._source = source
        self._above: Level | None = None
        self.next: dict[Added, Shape] = {}
        self._index: dict[Key, dict[str | None, int]] | None = None

    @property
    def size(self) -> int:
        """How many slots there are."""
        return self.level.base + self.count

    @property
    def own(self) -> dict[Added, int]:
        """What was added to the layer itself, in the order of the first additions, and its slots."""
        with changing:  # who adds may go on with it
            return {added: self._order[added] for added in self._after(0)}

    def _after(self, count: int) -> list[Added]:
        """What was added to the layer itself after so many others."""
        return [*self._order][count : self.count]

    def slot_of(self, added: Added) -> int | None:
        """The slot of what was added so to the layer itself."""
        slot = self._order.get(added)
        return None if slot is None or slot >= self.size else slot

    @property
    def above(self) -> "Level":
        """The shapes of the layers above."""
        if self._above is None or self._above.count > LIMIT:
            self._above = Level(self)
        return self._above

    def started(self, kinds: Kinds, *, is_apart: bool) -> "Shape":
        """The shape of a layer above to which these things, each of another kind, were added."""
        above = self.above
        shape = above.first
        for kind in kinds:
            shape = shape.followed(kind if isinstance(kind, tuple) else (kind, None), is_apart=is_apart)
        return shape

    @property
    def index(self) -> dict[Key, dict[str | None, int]]:
        """The slots of what was added to the layer itself: by type, then by name in the order of first additions."""
        if self._index is None:
            index: dict[Key, dict[str | None, int]] = {}
            own = self.own
            for added in (*own, *(self.latest or ())):
                for key, name in parts(added):
                    for each in keys(key):
                        index.setdefault(each, {})[name] = own[added]
            self._index = index
        return self._index

    def forget(self) -> None:
        """Let the resolver find everything out anew; what is written meanwhile into the former dictionaries is lost."""
        with changing:
            changing.keep((self.plans, self.at_hand))
            self.plans = {}
            self.at_hand = {}

    def find(self, key: Key, name: str | None) -> int | None:
        """The slot of the nearest component of this type and name."""
        self.prepare()
        return self.slots.get(key) if name is None else self.named.get(name, {}).get(key)

    def hides(self, added: Added) -> bool:
        """Whether something that was added later is found instead, under one of its types."""
        slot = self.slot_of(added)
        return any(self.find(each, name) != slot for key, name in parts(added) for each in keys(key))

    def is_named_too(self, key: Key) -> bool:
        """Whether what is found by this type without a name is one thing with something that is found by a name."""
        slot = self.find(key, None)
        return slot is not None and any(each.get(key) == slot for each in self.named.values())

    def followed(self, added: Added, *, is_apart: bool) -> "Shape":
        """The shape of a layer of this shape after one more addition.

        Args:
            added: What was added.
            is_apart: No other layer is to have this shape.
        """
        known = None if is_apart else self.next.get(added)
        if known is not None:
            return known
        is_remembered = self.level.is_shared and not is_apart and self.count < ALIKE
        follow = self._grown if self.slot_of(added) is None else self._reordered
        shape = follow(added, is_remembered)
        if is_remembered:
            self.next[added] = shape
        return shape

    def _grown(self, added: Added, is_remembered: bool) -> "Shape":
        self.level.count += 1
        order = self._order
        # what is remembered for others holds on to nothing that only one layer goes on with
        is_for_one = not is_remembered and self.level.is_shared and self.count <= ALIKE
        if self._is_continued or is_for_one:
            order = self.own
        else:
            # Nothing is called since it was asked for, so no handler of a signal has gone on with it, too.
            self._is_continued = True
        order[added] = self.size
        latest = None if self.latest is None else (*self.latest, added)
        source = self._source or (self if self.count else None)
        return Shape(self.level, order, self.count + 1, latest, source)

    def _reordered(self, added: Added, is_remembered: bool) -> "Shape":
        own = self.own
        latest = (*(each for each in self.latest or own if each != added), added)
        key = (tuple(own), latest)
        known = self.level.reordered.get(key) if is_remembered else None
        if known is not None:
            return known
        shape = Shape(self.level, own, self.count, latest)
        self.level.count += 1
        if is_remembered:
            self.level.reordered[key] = shape
        return shape

    def prepare(self) -> None:
        """Find out the slots, unless they are known."""
        if self.is_ready:
            return
        with changing:
            self._find_out()

    def _find_out(self) -> None:
        waiting: list[Shape] = [self]
        while (source := waiting[-1]._beneath) is not None and not source.is_ready:  # noqa: SLF001  (a shape, too)
            waiting.append(source)
        for shape in reversed(waiting):
            shape._fill()  # noqa: SLF001  (as above)

    @property
    def _beneath(self) -> "Shape | None":
        return self._source or self.level.below

    def _fill(self) -> None:
        """Find out the slots from those of the shape beneath, and show them all at once to whoever looks meanwhile."""
        source = self._source
        beneath = source or self.level.below
        slots = {} if beneath is None else {**beneath.slots}
        named = {} if beneath is None else {**beneath.named}
        news = (self.latest or self._after(0)) if source is None else self._after(source.count)
        more: dict[str, dict[Key, int]] = {}
        for added in news:
            for key, name in parts(added):
                found = slots if name is None else more.setdefault(name, {})
                found.update(dict.fromkeys(keys(key), self._order[added]))
        for name, found in more.items():
            named[name] = {**named.get(name, {}), **found}
        self.slots, self.named = slots, named
        self._source = None
        self.is_ready = True


class Level:
    """The shapes of the layers directly above one shape. The first slot of all is that of the ``Seen``.

    Args:
        below: That shape. The lowest layers have none, and a level for each; it remembers no former shapes.
    """

    __slots__ = ("base", "below", "count", "first", "is_shared", "reordered")

    def __init__(self, below: Shape | None) -> None:
        self.below = below
        self.base = 1 if below is None else below.size
        self.is_shared = below is not None
        self.count = 0
        self.reordered: dict[tuple[tuple[Added, ...], tuple[Added, ...]], Shape] = {}
        self.first = Shape(self, {})


STALE = Shape(Level(None), {})
"""The shape of layers whose environment has to be found out anew. Nothing is ever found in it."""
