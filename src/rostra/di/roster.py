"""Which adapters are there at one moment?

A registry may be added to while others ask it. So who plans takes its roster once, which never changes, and needs no
lock to read it; what is registered meanwhile stands in the next one.

A roster remembers what was planned from it, and what planning looked for in the context and found there. Where another
context says the same, the same plan is right: so a component that nobody on the way asked for plans nothing anew, and
compiles nothing.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from rostra.components import Key
from rostra.di.adapters import Adapter, identity
from rostra.di.annotations import Option
from rostra.di.offers import Entry, Index, Offer, offers

LIMIT = 1_000
"""So many answers are remembered for one registry; then they are found out anew."""

_MOST_VARIANTS = 8
"""So many answers to one question; one that is answered otherwise in every context is better planned each time."""

Found: TypeAlias = bool | None
"""Whether a component came from above the scope; None if there was none."""


class Facts:
    """What was asked of the context, and what it said; ``True`` in a key stands for what the stage's objects see.

    ``seen`` is by type and name, ``names`` are those of all components of one type, from the lowest layer up.
    """

    __slots__ = ("names", "seen")

    def __init__(self) -> None:
        self.seen: dict[tuple[bool, Option], Found] = {}
        self.names: dict[tuple[bool, Key], list[str | None]] = {}


class Remembered:
    """Answers by question, for all contexts in which the facts are those from which each was found."""

    __slots__ = ("_answers",)

    def __init__(self) -> None:
        self._answers: dict[Any, list[tuple[Facts, Any]]] = {}

    def of(self, question: Any) -> list[tuple[Facts, Any]]:
        """The answers that a question has had, the latest first."""
        return self._answers.get(question, [])

    def add(self, question: Any, facts: Facts, answer: Any) -> None:
        """One more."""
        if len(self._answers) >= LIMIT:
            self._answers.clear()
        self._answers[question] = [(facts, answer), *self.of(question)[: _MOST_VARIANTS - 1]]


class Roster:
    """The adapters of a registry and of those below it, at one moment.

    Args:
        own: What was registered there itself, by identity, in order.
        index: The same by what they make.
        waiting: Those of its own whose return annotation cannot be read yet.
        below: The roster of the registry below.

    ``remembered`` are answers to questions. They go with the roster from which they were found.
    """

    __slots__ = ("_index", "_own", "below", "remembered", "waiting")

    def __init__(
        self, own: Mapping[Any, Adapter], index: Index, waiting: Mapping[Any, Adapter], below: "Roster | None"
    ) -> None:
        self._own = own
        self._index = index
        self.waiting = waiting
        self.below = below
        self.remembered = Remembered()

    @property
    def adapters(self) -> tuple[Adapter, ...]:
        """All adapters, those below first, then in the order in which they were registered."""
        below = self.below.adapters if self.below else ()
        return (*(each for each in below if identity(each.make) not in self._own), *self._own.values())

    @property
    def is_waiting(self) -> bool:
        """Whether there are adapters whose return annotation cannot be read yet, so that answers may still change."""
        return bool(self.waiting) or (self.below is not None and self.below.is_waiting)

    def offers(self, option: Option) -> list[Offer]:
        """Every adapter that could make this type, nearest first, then in the order of registration."""
        return offers(option, self._entries(option))

    def all_offers(self, option: Option) -> list[Offer]:
        """Every adapter that could make this type, whatever its name, in the order of registration."""
        adapters = self.adapters
        declared = (adapter.declares for adapter in adapters)
        names = {option.name} if option.name else {each.name for each in declared if each is not None}
        found = [offer for name in names for offer in self.offers(option._replace(name=name))]
        order = {identity(adapter.make): number for number, adapter in enumerate(adapters)}
        return sorted(found, key=lambda offer: order[identity(offer.adapter.make)])

    def _entries(self, option: Option) -> list[Entry]:
        own = self._index.entries(option)
        below = self.below._entries(option) if self.below else ()  # noqa: SLF001  (another roster)
        return (
            [*(entry for entry in below if identity(entry.adapter.make) not in self._own), *own]
            if below
            else own
        )
