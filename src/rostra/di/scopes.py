"""What is a scope? A layer of the context, and what is to be closed when it ends.

Transports open one for each request or message, a stage is one for its ``prepare`` functions. Where there is
none, nothing that must be closed is made.
"""

# ruff: noqa: SLF001  (what makes a scope fills it)

import functools
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Self, TypeVar

from rostra.components import Added, Blank, Components, Key, Kinds, Under
from rostra.context import enter, leave, peek
from rostra.di.closing import DONE, Stack, Steps
from rostra.di.keeping import Kept, KeptToo
from rostra.di.plans import ScopeValue
from rostra.di.registry import here

Entered = TypeVar("Entered")


class Scope(Stack):
    """What lives until the scope ends. A component of the scope's layer; it keeps what was made for all who ask.

    As an async context manager, which ``scope`` gives, it is entered once, and left by the task that entered it.

    ``made`` is None until somebody asks for something that the scope keeps. The plan that is the first to do so has it
    for itself: as long as it runs that is a ``Making``, and then the tuple that it has left. Everybody else looks into ``kept``,
    and finds that there, too.
    """

    __slots__ = ("_given", "_kept", "_token", "made")

    made: Any
    _given: Mapping[str, Any] | None
    _kept: Kept | None
    _token: Any

    @property
    def is_open(self) -> bool:
        """True where resources may be made."""
        return not self.is_closed

    @property
    def kept(self) -> Kept:
        """What the scope keeps, by product."""
        kept = self._kept
        if kept is None:
            made = self.made
            if made:
                kept = self._kept = KeptToo(made, self)
            else:
                kept, self.made = Kept(), ()
                self._kept = kept
            if made and self.made is not made:  # the plan has ended meanwhile, in another thread
                made.leave(self)
        return kept

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
