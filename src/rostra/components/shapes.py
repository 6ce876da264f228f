"""Where is what? The shape of a layer maps types and names to slots in a list of values.

Layers to which the same types were added, one after the other, have one shape, however many layers there are: a
thousand requests share theirs. So whatever is found out about a shape once holds for all of them, and a look-up is
one in the shape and one in the list, however deep the layers lie.
"""

from collections.abc import Iterable
from typing import Any, TypeAlias

from rostra.components.keys import Key, keys
from rostra.components.locking import changing
from rostra.values import Values

Added: TypeAlias = tuple[Key, str | None]
"""Under which type and name something was added."""

Kinds: TypeAlias = tuple[Added | type, ...]
"""Under which several things were added; a type alone stands for one without a name."""


class Under(Values):
    """In place of a type: several types and names under which one thing is found.

    It has one slot, and so it is known for one thing wherever all that there is is listed.
    """

    all: tuple[Added, ...]


LIMIT = 1_000
"""So many shapes are remembered for the layers above one shape; then they are found out anew."""


def found_under(added: Added) -> list[Added]:
    """Each type and name by which something is found that was added so."""
    key, name = added
    if isinstance(key, Under):
        return [found for each in key.all for found in found_under(each)]
    return [(each, name) for each in keys(key)]


class Shape:
    """What was added to a layer and to those below it, in which order; never the objects themselves.

    Args:
        level: Which layers have this shape: those above another shape.
        own: What was added to the layer itself, in the order of the first additions, and its slots.
        latest: The same in the order of the last additions, if that is another: the later hides the earlier one.
        source: A shape with the same additions but for the last one, from which the slots are copied.

    ``slots`` are those of components without a name, ``named`` those of the others. Both are empty until
    ``prepare``, and only a look-up that finds nothing need call it. ``next`` are the shapes that follow this one, for
    all who share them. ``plans`` belongs to the resolver, and so does ``at_hand``: the slots of the components that it
    takes as they are, and 0 for what it has a plan for.
    """

    __slots__ = (
        "__weakref__",
        "_above",
        "_index",
        "_source",
        "at_hand",
        "is_ready",
        "latest",
        "level",
        "named",
        "next",
        "own",
        "plans",
        "slots",
    )

    def __init__(
        self,
        level: "Level",
        own: dict[Added, int],
        latest: tuple[Added, ...] | None = None,
        source: "Shape | None" = None,
    ) -> None:
        self.level = level
        self.own = own
        self.latest = latest
        self.is_ready = False
        self.slots: dict[Key, int] = {}
        self.named: dict[str, dict[Key, int]] = {}
        self.plans: dict[Any, Any] = {}
        self.at_hand: dict[Key, int] = {}
        self._source = source
        self._above: Level | None = None
        self.next: dict[Added, Shape] = {}
        self._index: dict[Key, dict[str | None, int]] | None = None

    @property
    def size(self) -> int:
        """How many slots there are."""
        return self.level.base + len(self.own)

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
            for added in (*self.own, *(self.latest or ())):
                for key, name in found_under(added):
                    index.setdefault(key, {})[name] = self.own[added]
            self._index = index
        return self._index

    def forget(self) -> None:
        """Let the resolver find everything out anew."""
        self.plans.clear()
        self.at_hand.clear()

    def find(self, key: Key, name: str | None) -> int | None:
        """The slot of the nearest component of this type and name."""
        self.prepare()
        return self.slots.get(key) if name is None else self.named.get(name, {}).get(key)

    def hides(self, added: Added) -> bool:
        """Whether something that was added later is found instead, under one of its types."""
        return any(self.find(*each) != self.own[added] for each in found_under(added))

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
        shape = self._reordered(added, is_apart) if added in self.own else self._grown(added)
        if self.level.is_shared and not is_apart:
            self.next[added] = shape
        return shape

    def _grown(self, added: Added) -> "Shape":
        self.level.count += 1
        latest = None if self.latest is None else (*self.latest, added)
        return Shape(self.level, {**self.own, added: self.size}, latest, self)

    def _reordered(self, added: Added, is_apart: bool) -> "Shape":
        latest = (*(each for each in self.latest or self.own if each != added), added)
        key = (tuple(self.own), latest)
        known = None if is_apart else self.level.reordered.get(key)
        if known is not None:
            return known
        shape = Shape(self.level, self.own, latest)
        self.level.count += 1
        if self.level.is_shared and not is_apart:
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
        beneath = self._beneath
        slots = {} if beneath is None else {**beneath.slots}
        named = {} if beneath is None else {name: {**each} for name, each in beneath.named.items()}
        news: Iterable[Added] = self.latest or self.own
        if self._source is not None:
            news = [next(reversed(self.own))]
        for added in news:
            for key, name in found_under(added):
                found = slots if name is None else named.setdefault(name, {})
                found[key] = self.own[added]
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
