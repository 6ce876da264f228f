"""Which adapters are there at one moment, which of them could make a type, and how near is what each makes?

A registry may be added to while others ask it. So who plans takes its roster once, which never changes, and needs no
lock to read it; what is registered meanwhile stands in the next one. Once an adapter was called: is what it made what it
declares, and if it failed, for whom was it called?

A roster remembers what was planned from it, and what planning looked for in the context and found there. Where another
context says the same, the same plan is right: so a component that nobody on the way asked for plans nothing anew, and
compiles nothing.
"""

import itertools
import weakref
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from typing_extensions import is_protocol

from rostra import errors
from rostra.components import Key, keys, name_of
from rostra.di.adapters import Adapter, identity
from rostra.di.annotations import Option, origin_of, type_parameters
from rostra.di.signatures import Signature, called
from rostra.values import Values

LIMIT = 1_000
"""So many answers are remembered for one registry; then they are found out anew."""

_MOST_VARIANTS = 8
"""So many answers to one question; one that is answered otherwise in every context is better planned each time."""
_FAMILY = 1000  # further away than any base class
_NOTE = "while building "


class Product:
    """What one adapter makes of one type: under this, scopes and stages keep it. It is found faster than a tuple.

    Args:
        make: The adapter's function, which lives as long as this, so that no other takes its identity.
    """

    __slots__ = ("__weakref__", "make")

    def __init__(self, make: Any) -> None:
        self.make = make


_products: weakref.WeakValueDictionary[tuple[Any, Key], Product] = weakref.WeakValueDictionary()


class Offer(Values):
    """One adapter, for one type that it can make.

    Args:
        adapter: The adapter.
        made: What it makes here: what it declares, closed: ``Store[User]``.
        rank: How near that is to what was asked for; smaller is nearer, equal is a tie.
        make: What is called.
        signature: Its parameters, with type parameters filled in.
        is_override: It stands in for what was asked for, whatever it declares.
    """

    adapter: Adapter
    made: Key
    rank: tuple[int, int]
    make: Any
    signature: Signature
    is_override: bool = False

    @property
    def is_exact(self) -> bool:
        """True if it declares the very type that was asked for."""
        return self.rank[0] == 0

    @property
    def identity(self) -> tuple[Any, Key]:
        """The same for two offers that make the same thing."""
        return (identity(self.adapter.make), self.made)

    @property
    def product(self) -> Product:
        """The same object for two offers that make the same thing."""
        return _products.setdefault(self.identity, Product(self.adapter.make))


Way: TypeAlias = tuple[Offer, ...]
"""The adapters from the outermost to the one that is being called."""


class Entry(Values):
    """An adapter under one of the forms of what it makes.

    Args:
        adapter: The adapter.
        number: The how-manieth of its registry.
        form: ``Repo[User]`` for an adapter that makes Users; open, as ``Store[T]``, for a generic one.
        distance: How many forms are nearer.
    """

    adapter: Adapter
    number: int
    form: Key
    distance: int


class Index:
    """The adapters of one registry by every form of what they make. A copy stays as it is when one more is added."""

    def __init__(self) -> None:
        self._entries: dict[Option, tuple[Entry, ...]] = {}
        self._families: tuple[Entry, ...] = ()

    def copy(self) -> "Index":
        """As it is now."""
        copy = Index()
        copy._entries, copy._families = {**self._entries}, self._families
        return copy

    def add(self, adapter: Adapter, number: int) -> None:
        """Add an adapter whose return annotation could be read."""
        if adapter.declares is None:
            return
        if adapter.family is not None:
            self._families += (Entry(adapter, number, adapter.family, _FAMILY),)
        for distance, form in enumerate(keys(adapter.declares.key)):
            found_by = origin_of(form) if type_parameters(form) else form
            option = Option(found_by, adapter.declares.name)
            self._entries[option] = (*self._entries.get(option, ()), Entry(adapter, number, form, distance))

    def entries(self, option: Option) -> list[Entry]:
        """Those that may make this type, in the order of registration; the form may turn out not to fit."""
        if not self._entries:
            return []
        origin = origin_of(option.key)
        by_origin = self._entries.get(Option(origin, option.name), ()) if origin else ()
        families = (each for each in self._families if _is_of_family(each, option))
        found = itertools.chain(self._entries.get(option, ()), by_origin, families)
        return sorted(found, key=lambda entry: entry.number)


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
        return _offers(option, self._entries(option))

    def _entries(self, option: Option) -> list[Entry]:
        own = self._index.entries(option)
        below = self.below._entries(option) if self.below else ()  # noqa: SLF001  (another roster)
        return (
            [*(entry for entry in below if identity(entry.adapter.make) not in self._own), *own]
            if below
            else own
        )


def _offers(option: Option, entries: Iterable[Entry]) -> list[Offer]:
    """What these adapters offer for ``option``, nearest first, then in the order of the entries."""
    entries = list(entries)
    replacing = {entry.adapter.declares: entry.adapter for entry in entries if entry.adapter.replace}
    serving = (
        entry for entry in entries if replacing.get(entry.adapter.declares, entry.adapter) is entry.adapter
    )
    return sorted(_nearest(option, serving), key=lambda offer: offer.rank)


def _nearest(option: Option, entries: Iterable[Entry]) -> Iterator[Offer]:
    """One offer per adapter: that of its nearest form."""
    nearest: dict[Any, Offer] = {}
    for entry in entries:
        offer = _offer(option, entry)
        known = nearest.get(identity(entry.adapter.make))
        if offer is not None and (known is None or offer.rank < known.rank):
            nearest[identity(entry.adapter.make)] = offer
    yield from nearest.values()


def _offer(option: Option, entry: Entry) -> Offer | None:
    adapter = entry.adapter
    if entry.distance == _FAMILY:
        distance = _FAMILY + option.key.__mro__.index(entry.form)
        return Offer(adapter, option.key, (distance, 0), *adapter.for_made(option.key, {}))
    made = adapter.declares.key if adapter.declares else None
    bindings: dict[Any, Any] = {}
    if entry.form != option.key:
        if not type_parameters(entry.form):
            return None
        from rostra.di.generics import substituted, unified  # most adapters make no generic types

        if not unified(entry.form, option.key, bindings):
            return None
        made = substituted(made, bindings)
    distance = 0 if adapter.make is option.key else entry.distance
    return Offer(adapter, made, (distance, int(bool(bindings))), *adapter.for_made(made, bindings))


def _is_of_family(entry: Entry, option: Option) -> bool:
    declares, key = entry.adapter.declares, option.key
    if declares is None or declares.name != option.name or not isinstance(key, type):
        return False
    return key is not entry.form and entry.form in key.__mro__


def step_of(offer: Offer, parameter: str | None = None) -> str:
    """An adapter as a step of a path."""
    return called(offer.signature, parameter)


def product_class(offer: Offer) -> Any:
    """What the product must be an instance of."""
    return origin_of(offer.made) or offer.made


def check(offer: Offer, made: Any) -> None:
    """Do nothing if it is what was declared.

    Raises:
        WrongProductError: It is not.
    """
    cls = product_class(offer)
    if offer.is_override or not isinstance(cls, type) or is_protocol(cls) or isinstance(made, cls):
        return
    adapter = offer.adapter
    raise errors.WrongProductError(adapter.label, adapter.place, name_of(offer.made), name_of(type(made)))


def add_note(error: Exception, way: Way) -> None:
    """Say for whom it was built, once: the innermost call knows best. Rostra's own places alone say nothing."""
    if any(note.startswith(_NOTE) for note in getattr(error, "__notes__", ())) or all(map(_is_ours, way)):
        return
    steps = [f"{'  ' * depth}└ {step_of(offer)}   {offer.adapter.place}" for depth, offer in enumerate(way)]
    error.add_note("\n  ".join([f"{_NOTE}{name_of(way[0].made)}", *steps]))


def _is_ours(offer: Offer) -> bool:
    return str(getattr(offer.adapter.make, "__module__", "")).startswith("rostra.")
