"""Who can make what?

A registry holds adapters by the type that they declare to make. A stage has one of its own on top of the
process's. For a type it finds all adapters that could make it, nearest first; which of them is taken is not
decided here.
"""

import itertools
import weakref
from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any, TypeAlias

from rostra import context, errors
from rostra.components import Components, Shape, changing
from rostra.di.adapters import Adapter, Lifetime, adapter_of, identity, mark_of
from rostra.di.annotations import Option
from rostra.di.offers import Index, Offer, Roster
from rostra.values import Values

_BOUND = classmethod, staticmethod

INJECTED = "__rostra_injected__"
"""The attribute by which a function that ``@di.inject`` made points to itself; a copy of its attributes does not."""


class Root(Values):
    """A function that rostra will call, for ``di.check`` to start from.

    Args:
        function: Its parameters are what is needed.
        label: What errors call it.
        offers: The values that it will be given by name, and their types.
        provides: The types that will be in its context then.
        scoped: A scope is open when it is called.
        is_called: ``di.call`` calls it, with no other values than those; what is found out is remembered for that.
    """

    function: Any
    label: str
    offers: Mapping[str, Any] = {}
    provides: tuple[Any, ...] = ()
    scoped: bool = False
    is_called: bool = False


class Registry:
    """Adapters by the type that they make. A component of the stage's layer.

    Args:
        parent: Where it looks, too: what is registered there is seen here, from the next look-up on.
        registered: Called with each adapter that is registered here.

    Threads may ask while others register: who asks takes the ``roster`` once. Who registers has ``changing`` for itself,
    and lets the plans be forgotten that were made from former rosters.
    """

    __rostra_shapes_apart__ = True

    def __init__(
        self, parent: "Registry | None" = None, registered: Callable[[Adapter], None] | None = None
    ) -> None:
        self._parent = parent
        self._shapes: weakref.WeakSet[Shape] = weakref.WeakSet()
        self._above: weakref.WeakSet[Registry] = weakref.WeakSet()
        self._registered = registered
        self._own: dict[Any, Adapter] = {}
        self._waiting: dict[Any, Adapter] = {}
        self._refused: list[errors.AdapterError] = []
        self._roots: list[Root] = []
        self._modules: set[str] = set()
        self._class_names: dict[str, Any] = {}
        self._names: ChainMap[str, Any] = ChainMap(self._class_names, parent.names if parent else {})
        self._numbers: dict[Any, int] = {}
        self._counter = itertools.count()
        self._index = Index()
        self._roster: Roster | None = None
        if parent is not None:
            with changing:
                parent._above.add(self)  # noqa: SLF001  (another registry)

    def __repr__(self) -> str:
        return f"<Registry of {len(self._own)} adapters>"

    @property
    def names(self) -> ChainMap[str, Any]:
        """The registered classes by name: where string annotations are looked up last."""
        return self._names

    @property
    def roster(self) -> Roster:
        """The adapters that are there now, here and below; what could not be read before is tried again."""
        below = self._parent.roster if self._parent else None
        roster = self._over(below)
        for key, adapter in roster.waiting.items():
            self._settle(key, adapter)
        return self._over(below) if roster.waiting else roster

    @property
    def adapters(self) -> tuple[Adapter, ...]:
        """All adapters, the parent's first, then in the order in which they were registered."""
        return self._over(self._parent.roster if self._parent else None).adapters

    @property
    def roots(self) -> tuple[Root, ...]:
        """What ``di.check`` starts from, the parent's first."""
        return (*(self._parent.roots if self._parent else ()), *self._roots)

    @property
    def modules(self) -> frozenset[str]:
        """The names of the modules that were collected, those of the parent included."""
        return (self._parent.modules if self._parent else frozenset()) | self._modules

    @property
    def problems(self) -> "tuple[errors.AdapterError | errors.AnnotationError, ...]":
        """Why adapters serve nobody, because their return annotation cannot be read or says nothing."""
        unreadable: list[errors.AnnotationError] = []
        for adapter in self.roster.waiting.values():
            try:
                adapter.settle(self.names)
            except errors.AnnotationError as error:
                unreadable.append(error)
        return (*(self._parent.problems if self._parent else ()), *self._refused, *unreadable)

    def remembers(self, shape: Shape) -> None:
        """Let the plans of ``shape`` be forgotten with the next registration, here or below.

        Who plans says so and takes the dictionary of the shape's plans in one hold of ``changing``, and the roster then. So
        what was planned from a roster that is out of date by then is written into a dictionary that nobody reads any more.
        """
        self._shapes.add(shape)

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
            if isinstance(implementation, type):
                self._class_names[implementation.__name__] = implementation
            try:  # noqa: SIM105  (``suppress`` would look the class up before anything is wrong)
                made.settle(self.names)
            except errors.AnnotationError:  # it waits
                pass
            with changing:
                self._put(identity(implementation), made)
            if self._registered is not None:
                self._registered(made)

    def collect(self, module: ModuleType, defined: "Iterable[Defined] | None" = None) -> None:
        """Take over what ``module`` defines, not what it imports: adapters and ``@di.inject`` functions.

        Args:
            module: Of a plugin.
            defined: What ``defined_in`` says, if that is known.
        """
        self._modules.add(module.__name__)
        for item, body, owner in defined_in(module) if defined is None else defined:
            if owner is None and mark_of(item) is not None:
                self.register(item)
            if body is None and is_injected(item):
                self.add_root(Root(item, item.__qualname__, scoped=True))

    def offers(self, option: Option) -> list[Offer]:
        """Every adapter that could make this type, nearest first, then in the order of registration."""
        return self.roster.offers(option)

    def _over(self, below: Roster | None) -> Roster:
        roster = self._roster
        if roster is None or roster.below is not below:
            with changing:
                changing.keep(self._roster)
                roster = Roster({**self._own}, self._index.copy(), {**self._waiting}, below)
                self._roster = roster
        return roster

    def _put(self, key: Any, made: Adapter) -> None:
        if key in self._own:
            changing.keep((self._own.pop(key), self._waiting.pop(key, None), self._index))
            self._index = Index()
            for each, adapter in self._own.items():
                self._index.add(adapter, self._numbers[each])
        self._own[key] = made
        self._numbers[key] = next(self._counter)
        if made.declares is None:
            self._waiting[key] = made
        else:
            self._index.add(made, self._numbers[key])
        self._outdate()

    def _outdate(self) -> None:
        """Have everything asked anew, here and above."""
        changing.keep(self._roster)
        self._roster = None
        if len(self._shapes):
            shapes = [*self._shapes]
            changing.keep(shapes)
            self._shapes.clear()
            for shape in shapes:
                shape.forget()
        if len(self._above):
            above = [*self._above]
            changing.keep(above)
            for registry in above:
                registry._outdate()  # noqa: SLF001  (another registry)

    def _settle(self, key: Any, adapter: Adapter) -> None:
        """Try again to read what could not be read before."""
        refusal: errors.AdapterError | None = None
        try:
            adapter.settle(self.names)
        except errors.AnnotationError:
            return
        except errors.AdapterError as error:
            refusal = error
        with changing:
            if self._waiting.get(key) is not adapter:
                return  # another thread did it
            changing.keep((self._waiting.pop(key), self._roster))
            if refusal is None:
                self._index.add(adapter, self._numbers[key])
            else:
                del self._own[key]
                self._refused.append(refusal)
            self._roster = None


Defined: TypeAlias = tuple[Any, type | None, type | None]
"""A function, class or the like; the class in whose body it stands; the class whose instance it needs to be called."""


def defined_in(module: ModuleType) -> list[Defined]:
    """What is defined in a module, not imported into it, and in the bodies of its classes; each once, in order."""
    name = module.__name__
    own = {id(item): item for item in [*vars(module).values()] if getattr(item, "__module__", None) == name}
    found: list[Defined] = []
    for item in own.values():
        found.append((item, None, None))
        if isinstance(item, type):
            found += _methods(item)
    return found


def _methods(cls: type) -> list[Defined]:
    return [
        (getattr(cls, name), cls, None) if isinstance(item, _BOUND) else (item, cls, cls)
        for name, item in [*vars(cls).items()]
        if callable(item) or isinstance(item, classmethod)
    ]


def is_injected(item: Any) -> bool:
    """True for what ``@di.inject`` made; that is never a class."""
    return not isinstance(item, type) and getattr(item, INJECTED, None) is item


PROCESS = Registry()
"""What stages inherit: where ``di.register`` writes outside of any stage."""


def here() -> Components:
    """The current layer; an empty one where there is no context."""
    try:
        return context.current_context()
    except errors.NoContextError:
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
    twice is one adapter, with the options of the last time. What is left out is what ``@di.adapter`` says. Threads may
    register while others ask; handlers of signals may not, since they may come in the middle of a registration.

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
