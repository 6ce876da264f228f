"""What lives longer than a call? What is made for a scope, and what is made for the stage.

A scope is a layer of the context, and what is to be closed when it ends. Transports open one for each request or
message, a stage is one for its ``prepare`` functions. Where there is none, nothing that must be closed is made.
"""

# ruff: noqa: SLF001  (what makes a scope fills it)

import functools
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from contextvars import Token
from types import TracebackType
from typing import Any, Self, TypeAlias, TypeVar

from rostra.components import Added, Blank, Components, Key, Kinds, Under, changing
from rostra.context import enter, leave, peek, use
from rostra.di.annotations import Want
from rostra.di.closing import DONE, Closing, Stack, Steps
from rostra.di.keeping import Flight, Kept
from rostra.di.plans import ScopeValue
from rostra.di.registry import here, registry_of
from rostra.di.under_way import KeptMeanwhile, Made, handed_over

Entered = TypeVar("Entered")
Make: TypeAlias = Callable[[Closing], Awaitable[Any]]
"""Makes something, and pushes what is to be closed onto the closing that it is passed."""

_WHEN_OPEN = frozenset(("values", "_above", "_is_lent"))


class Scope(Stack):
    """What lives until the scope ends. A component of the scope's layer; it keeps what was made for all who ask.

    As an async context manager, which ``scope`` gives, it is entered once, and left by the task that entered it.

    ``made`` is None until somebody asks for something that the scope keeps. The plan that is the first to do so leaves there
    what it has made (``under_way``). Everybody else looks into ``kept``, and finds that there, too.
    """

    __slots__ = ("_given", "_kept", "_token", "made")

    made: Made
    _given: Mapping[str, Any] | None
    _kept: KeptMeanwhile | None
    _token: Any

    @property
    def is_open(self) -> bool:
        """True where resources may be made."""
        return not self.is_closed

    @property
    def kept(self) -> KeptMeanwhile:
        """What the scope keeps, by product."""
        kept = self._kept
        if kept is None:
            if self.made is None:
                self.made = ()
            kept = self._kept = KeptMeanwhile(self.made)
            if self.made is not kept.made:  # the plan has gone on meanwhile, in another thread
                handed_over(self)
        return kept

    @property
    def flight(self) -> Flight | None:
        """What the first plan makes now, to be waited for by others."""
        return self.kept.flight

    async def __aenter__(self) -> Self:
        try:
            below = peek()
        except LookupError:
            below = here()
        layer = Blank()
        layer._parent = below
        layer._label = "scope"
        if below._above is None:
            layer.begin((self,), OF_SCOPE)
        else:  # the same without the call, which takes as long as all this
            values = [*below.values, self]
            try:
                values[0] = values[0].begun[OF_SCOPE]
            except KeyError:  # it is the first
                layer.begin((self,), OF_SCOPE)
            else:
                layer.values = values
                layer._is_lent = False
                layer._above = None
        if self._given is not None:
            _add(layer, self._given)
        self._token = enter(layer)
        return self

    def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Awaitable[None]:
        self.is_closed = True
        if self.steps is not None:
            return self._closed(error)
        leave(self._token)
        self._token = None
        return DONE

    async def _closed(self, error: BaseException | None) -> None:
        try:
            await self.close(error)
        finally:
            token, self._token = self._token, None  # it knows the layer, of which this is a component
            leave(token)


OF_SCOPE: Kinds = (Scope,)
"""Under what a scope is added to its layer."""


class Unscoped(Scope):
    """A component that says: there is no scope here, whatever lies below. For tasks, jobs and tests."""

    __slots__ = ()

    def __init__(self) -> None:
        self.label = "scope"
        self.is_closed = False
        self.steps = None
        self.made = self._kept = None


class ScopeWithin(Scope):
    """A scope that ends with another stack, in one order with all that is closed there: that of a stage.

    Args:
        stack: Onto this everything is pushed.
    """

    __slots__ = ("_stack",)

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.label = stack.label
        self.made = None
        self._kept = None

    @property
    def is_closed(self) -> bool:  # type: ignore[override]  # always that of the stack
        """True from the moment in which closing began."""
        return self._stack.is_closed

    @property
    def steps(self) -> Steps:
        """What is still to be done."""
        return self._stack.steps

    @steps.setter
    def steps(self, steps: Steps) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]  (as above)
        self._stack.steps = steps

    def push(self, step: Callable[[], Awaitable[Any] | Any], label: str = "") -> None:
        """As the stack does it."""
        self._stack.push(step, label)

    async def enter(self, manager: AbstractAsyncContextManager[Entered], label: str = "") -> Entered:
        """As the stack does it."""
        return await self._stack.enter(manager, label)


def scope(**given: Any) -> Scope:
    """A scope around the body of ``async with``: what is made in it for the scope is closed when it ends.

    It is closed by the task that entered it, last in first out, and what is closed sees the body's exception. A
    scope within a scope makes its own. The body runs in a context layer of the scope's own.

    Args:
        given: Components of the scope's layer, found by name and by type, and in a ``list`` of all once, by name; found by
            name only if there are two of a type. That one object is given by two names makes no difference: then it is two
            components, as with ``context.add``.

    Raises:
        ExceptionGroup: Closing failed; the body's exception is its first member.
    """
    made = Scope()  # which has no __init__, since that would take as long as all this
    made.label = "scope"
    made.is_closed = False
    made.steps = None
    made.made = None
    made._kept = None
    made._given = given or None
    return made


def _add(layer: Components, given: Mapping[str, Any]) -> None:
    types: list[Key] = [type(value) for value in given.values()]
    for (name, value), kind in zip(given.items(), types, strict=True):
        layer.include(value, _found_under(name, kind, types.count(kind) == 1))


@functools.lru_cache(maxsize=1024)
def _found_under(name: str, kind: Key, is_alone: bool) -> Added:
    """Under what a scope has a given value."""
    by_name: tuple[Added, ...] = ((ScopeValue(name), None), (kind, name))
    return Under((*by_name, (kind, None)) if is_alone else by_name), None


def nearest_scope(layer: Components) -> tuple[int, Scope | None]:
    """How many layers below ``layer`` the scope at hand lies, and the scope, if one is open."""
    for depth, each in enumerate(layer.layers()):
        for found in each.own(Scope).values():
            return depth, None if isinstance(found, Unscoped) else found
    return 0, None


class LateScope(Components):
    """A layer of the context that is a scope, as ``di.scope`` opens it, and costs nothing until somebody looks for it.

    For transports, whose calls often need none. What a call comes with, and the scope itself, become components when the
    layer is first looked into. Until then it is a layer with a parent and nothing else.

    Several may share one: each adds one to ``holders``, and the last that lets go closes it. ``is_over`` is true from
    then on.

    Args:
        below: The layer on which it lies.
        items: Components of the layer.

    ``closing`` is None as long as nobody has looked into it. As an async context manager it is entered once, is the
    current layer of the body, and is closed by the task that entered it.
    """

    __slots__ = ("_token", "below", "closing", "holders", "is_over", "items")

    def __init__(self, below: Components, items: tuple[object, ...] = ()) -> None:
        # The slots that look-ups read stay empty, and so the first look-up ends in __getattr__.
        self._parent = self.below = below
        self._label = "scope"
        self.items = items
        self.closing: Stack | None = None
        self.holders = 0
        self.is_over = False

    def __getattr__(self, name: str) -> Any:
        if name not in _WHEN_OPEN:
            raise AttributeError(name=name, obj=self)
        self.opened()
        return object.__getattribute__(self, name)

    def opened(self) -> None:
        """Open it: for who knows that nobody has looked yet, which to find out takes longer."""
        with changing:
            if self.closing is None:
                self._open()

    async def __aenter__(self) -> Self:
        self._token: Token[Components] = enter(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if (closing := self.end()) is not None:
                await closing.close(error)
        finally:
            leave(self._token)
            del self._token  # it may know this very layer

    def let_go(self) -> Stack | None:
        """One of ``holders`` less.

        Returns:
            What is to be closed now; None if there is nothing, or if others hold it.
        """
        self.holders -= 1
        return None if self.holders > 0 else self.end()

    def end(self) -> Stack | None:
        """Nothing can be made in it any more. What is to be closed, if there is anything."""
        self.is_over = True
        closing = self.closing
        if closing is None or closing.is_closed:
            return None
        closing.is_closed = True
        return closing if closing.steps is not None else None

    def _open(self) -> None:
        closing = scope()
        closing.is_closed = self.is_over
        items = (closing, *self.items)
        kinds = tuple(map(type, items))
        if len(set(kinds)) < len(kinds):  # of two of a type the last one counts
            kinds, items = zip(*dict(zip(kinds, items, strict=True)).items(), strict=True)
        self.begin(items, kinds)
        self.closing = closing


class StageObjects:
    """The objects of one stage: pools, clients, whatever is costly to open. A component of its layer.

    Each is made once, when it is first asked for, out of the stage's layer and other such objects. One that needs
    ``await`` is made in a task of its own (``residents``).

    Args:
        layer: The stage's layer; what is made sees it and what is below.
        closing: The stage's; each object is closed with it, last made first.
        ask: How an object of the stage is asked for by its type.
    """

    __rostra_shapes_apart__ = True
    __slots__ = ("ask", "closing", "kept", "layer")

    def __init__(
        self,
        layer: Components,
        closing: Closing,
        ask: Callable[[Components, tuple[Want, ...]], Awaitable[Any]],
    ) -> None:
        self.layer = layer
        self.closing = closing
        self.ask = ask
        self.kept: Kept = Kept()

    async def build_eager(self) -> None:
        """Make, one after the other, what was registered with ``eager=True`` and is not there yet.

        Raises:
            ResolveError: One cannot be built; the others before it are kept.
        """
        for adapter in registry_of(self.layer).adapters:
            if adapter.eager and adapter.declares is not None:
                await self.ask(self.layer, (Want((adapter.declares,)),))

    async def take(self, key: Any, label: str, make: Make, *, waits: bool, grows: bool) -> Any:
        """The object kept under ``key``.

        Args:
            key: Adapter and type.
            label: What errors and tasks call it.
            make: Makes it.
            waits: Making it needs ``await``: then it gets a task of its own.
            grows: It may open more later on, since it has a ``Lazy``.

        Raises:
            ClosedError: The stage is being closed.
            CycleError: It is asked for by what is needed to make it.
        """
        if not self.kept.has(key):
            self.closing.check_open()

        if waits:
            from rostra.di.residents import Resident, shared

            async def resident(flight: Flight) -> Any:
                return await self.closing.enter(Resident(label, make, self.layer, flight, grows), label)

            return await shared(self.kept, key, resident, label)

        async def made(_: Flight) -> Any:
            own = Closing(label)
            try:
                with use(self.layer):
                    value = await make(own)
            except BaseException as error:
                await own.close(error)
                raise
            await self.closing.enter(own, label)
            return value

        return await self.kept.take(key, made, label)
