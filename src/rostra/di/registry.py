"""Who can make what?

A registry holds adapters by the type that they declare to make. A stage has one of its own on top of the
process's. For a type it finds all adapters that could make it, nearest first; which of them is taken is not
decided here.
"""

import itertools
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

import attrs

from rostra import context
from rostra.components import Components, Key, keys
from rostra.di.adapters import Adapter, Lifetime, adapter_of, identity, mark_of
from rostra.di.annotations import Bindings, Option, origin_of, substituted, type_parameters, unified
from rostra.di.signatures import Signature
from rostra.errors import AdapterError, AnnotationError, NoContextError

INJECTED = "__rostra_injected__"
"""The attribute by which a function that ``@di.inject`` made points to itself; a copy of its attributes does not."""

_FAMILY = 1000  # further away than any base class


@attrs.frozen(eq=False)
class Offer:
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
    make: Any = attrs.field(repr=False)
    signature: Signature = attrs.field(repr=False)
    is_override: bool = False

    @property
    def is_exact(self) -> bool:
        """True if it declares the very type that was asked for."""
        return self.rank[0] == 0

    @property
    def identity(self) -> tuple[Any, Key]:
        """The same for two offers that make the same thing."""
        return (identity(self.adapter.make), self.made)


@attrs.frozen
class Root:
    """A function that rostra will call, for ``di.check`` to start from.

    Args:
        function: Its parameters are what is needed.
        label: What errors call it.
        offers: The values that it will be given by name, and their types.
        provides: The types that will be in its context then.
        scoped: A scope is open when it is called.
    """

    function: Any
    label: str
    offers: Mapping[str, Any] = attrs.field(factory=dict)
    provides: tuple[Any, ...] = ()
    scoped: bool = False


class Registry:
    """Adapters by the type that they make. A component of the stage's layer.

    Args:
        parent: Where it looks, too: what is registered there is seen here, from the next look-up on.
    """

    def __init__(self, parent: "Registry | None" = None) -> None:
        self._parent = parent
        self._own: dict[Any, Adapter] = {}
        self._waiting: dict[Any, Adapter] = {}
        self._refused: list[AdapterError] = []
        self._roots: list[Root] = []
        self._class_names: dict[str, Any] = {}
        self._version = 0
        self._index = _Index((), ())

    def __repr__(self) -> str:
        return f"<Registry of {len(self._own)} adapters>"

    @property
    def names(self) -> Mapping[str, Any]:
        """The registered classes by name: where string annotations are looked up last."""
        return {**self._parent.names, **self._class_names} if self._parent else self._class_names

    @property
    def adapters(self) -> tuple[Adapter, ...]:
        """All adapters, the parent's first, then in the order in which they were registered."""
        below = self._parent.adapters if self._parent else ()
        return (*(each for each in below if identity(each.make) not in self._own), *self._own.values())

    @property
    def roots(self) -> tuple[Root, ...]:
        """What ``di.check`` starts from, the parent's first."""
        return (*(self._parent.roots if self._parent else ()), *self._roots)

    @property
    def problems(self) -> tuple[AdapterError | AnnotationError, ...]:
        """Why adapters serve nobody, because their return annotation cannot be read or says nothing."""
        self._settle()
        unreadable: list[AnnotationError] = []
        for adapter in self._waiting.values():
            try:
                adapter.settle(self.names)
            except AnnotationError as error:
                unreadable.append(error)
        return (*(self._parent.problems if self._parent else ()), *self._refused, *unreadable)

    def add_root(self, root: Root) -> None:
        """Let ``di.check`` start from ``root``, too."""
        self._roots.append(root)

    def register(
        self,
        *implementations: Any,
        replace: bool | None = None,
        lifetime: Lifetime | None = None,
        eager: bool | None = None,
    ) -> None:
        """Add adapters; see ``di.register``."""
        for implementation in implementations:
            made = adapter_of(implementation, lifetime, replace, eager)
            key = identity(implementation)
            self._waiting.pop(key, None)
            self._own.pop(key, None)  # it is the latest now
            try:
                made.settle(self.names)
            except AnnotationError:
                self._waiting[key] = made
            self._own[key] = made
            if isinstance(implementation, type):
                self._class_names[implementation.__name__] = implementation
            self._version += 1

    def collect(self, module: ModuleType) -> None:
        """Take over what ``module`` defines, not what it imports: adapters and ``@di.inject`` functions."""
        for item in list(vars(module).values()):
            if getattr(item, "__module__", None) != module.__name__:
                continue
            if mark_of(item) is not None:
                self.register(item)
            if is_injected(item):
                self.add_root(Root(item, item.__qualname__, scoped=True))
            if isinstance(item, type):
                self._collect_methods(item)

    def _collect_methods(self, cls: type) -> None:
        for name, item in list(vars(cls).items()):
            if isinstance(item, classmethod | staticmethod) and mark_of(item) is not None:
                self.register(getattr(cls, name))

    def offers(self, option: Option) -> tuple[Offer, ...]:
        """Every adapter that could make this type, nearest first, then in the order of registration."""
        version = self._settle()
        if self._index.version != version:
            self._index = _Index(version, self.adapters)
        return self._index.offers(option)

    def all_offers(self, option: Option) -> tuple[Offer, ...]:
        """Every adapter that could make this type, whatever its name, in the order of registration."""
        declared = (adapter.declares for adapter in self.adapters)
        names = {option.name} if option.name else {each.name for each in declared if each is not None}
        found = (self.offers(attrs.evolve(option, name=name)) for name in names)
        offers = {id(offer.adapter): offer for offer in itertools.chain.from_iterable(found)}
        return tuple(offers[id(adapter)] for adapter in self.adapters if id(adapter) in offers)

    def _settle(self) -> tuple[int, ...]:
        """Try again to read what could not be read before; returns what changes with each change."""
        below = self._parent._settle() if self._parent else ()  # noqa: SLF001  (another registry)
        for key, adapter in list(self._waiting.items()):
            try:
                adapter.settle(self.names)
            except AnnotationError:
                continue
            except AdapterError as error:
                self._refused.append(error)
                del self._own[key]
            del self._waiting[key]
            self._version += 1
        return (*below, self._version)


def is_injected(item: Any) -> bool:
    """True for what ``@di.inject`` made."""
    return getattr(item, INJECTED, None) is item


class _Index:
    """The adapters of a registry at one moment, by every form of what they make."""

    def __init__(self, version: tuple[int, ...], adapters: tuple[Adapter, ...]) -> None:
        self.version = version
        self._known: dict[Option, tuple[Offer, ...]] = {}
        self._forms: dict[Option, list[tuple[int, Key, Adapter]]] = {}
        self._families: list[Adapter] = []
        replacing = {each.declares: each for each in adapters if each.replace and each.declares}
        for adapter in adapters:
            if adapter.declares and replacing.get(adapter.declares, adapter) is adapter:
                self._add(adapter, adapter.declares)

    def _add(self, adapter: Adapter, declares: Option) -> None:
        if adapter.family is not None:
            self._families.append(adapter)
        for distance, form in enumerate(keys(declares.key)):
            found_by = origin_of(form) if type_parameters(form) else form
            self._forms.setdefault(Option(found_by, declares.name), []).append((distance, form, adapter))

    def offers(self, option: Option) -> tuple[Offer, ...]:
        if option not in self._known:
            self._known[option] = tuple(sorted(self._found(option), key=lambda offer: offer.rank))
        return self._known[option]

    def _found(self, option: Option) -> Iterator[Offer]:
        origin = origin_of(option.key)
        by_key = self._forms.get(option, ())
        by_origin = self._forms.get(Option(origin, option.name), ()) if origin else ()
        seen: set[int] = set()
        for distance, form, adapter in itertools.chain(by_key, by_origin):
            bindings: dict[Any, Any] = {}
            if id(adapter) in seen or not _matches(form, option.key, bindings):
                continue
            seen.add(id(adapter))
            nearness = 0 if adapter.make is option.key else distance
            yield _offer(adapter, (nearness, int(bool(bindings))), bindings)
        yield from self._of_families(option)

    def _of_families(self, option: Option) -> Iterator[Offer]:
        ancestors = option.key.__mro__[1:] if isinstance(option.key, type) else ()
        for adapter in self._families:
            if adapter.family in ancestors and adapter.declares and adapter.declares.name == option.name:
                make, signature = adapter.for_made(option.key, {})
                rank = (_FAMILY + ancestors.index(adapter.family), 0)
                yield Offer(adapter, option.key, rank, make, signature)


def _matches(form: Key, key: Key, bindings: dict[Any, Any]) -> bool:
    return unified(form, key, bindings) if type_parameters(form) and form != key else bool(form == key)


def _offer(adapter: Adapter, rank: tuple[int, int], bindings: Bindings) -> Offer:
    declared = adapter.declares.key if adapter.declares else None
    made = substituted(declared, bindings) if bindings else declared
    make, signature = adapter.for_made(made, bindings)
    return Offer(adapter, made, rank, make, signature)


PROCESS = Registry()
"""What stages inherit: where ``di.register`` writes outside of any stage."""


def here() -> Components:
    """The current layer; an empty one where there is no context."""
    try:
        return context.current_context()
    except NoContextError:
        return Components(None, "no context")


def registry_of(layer: Components) -> Registry:
    """The registry that is seen from ``layer``."""
    return layer.get(Registry, default=PROCESS)


def register(
    *implementations: Any,
    replace: bool | None = None,
    lifetime: Lifetime | None = None,
    eager: bool | None = None,
) -> None:
    """Let di make what these functions and classes return.

    In a stage they belong to the stage; outside of any, all stages inherit them. The same callable registered
    twice is one adapter, with the options of the last time. What is left out is what ``@di.adapter`` says.

    Args:
        implementations: Functions, coroutine functions, (async) generator functions, classes, bound methods,
            classmethods (one that returns its own class also makes its subclasses), ``functools.partial``.
            Functions must say what they return.
        replace: Stand in for every other adapter of exactly this declared type; of several the last one does.
        lifetime: One object per ``"call"`` (the default), ``"scope"`` (the default of generators) or ``"stage"``.
        eager: Build it before tasks start; for ``lifetime="stage"``.

    Raises:
        AdapterError: Something cannot be an adapter, such as an abstract class or a function that does not say
            what it returns.
    """
    registry_of(here()).register(*implementations, replace=replace, lifetime=lifetime, eager=eager)
