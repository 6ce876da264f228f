"""What is a scope? A layer of the context, and what is to be closed when it ends.

Transports open one for each request or message, a stage is one for its ``prepare`` functions. Where there is
none, nothing that must be closed is made.
"""

from collections.abc import Mapping
from contextvars import Token
from types import TracebackType
from typing import Any, Self

from rostra import context
from rostra.components import Added, Components
from rostra.di.closing import Closing
from rostra.di.keeping import Kept
from rostra.di.plans import ScopeValue
from rostra.di.registry import here


class Scope(Kept):
    """What lives until the scope ends. A component of the scope's layer; it keeps what was made for all who ask.

    Args:
        closing: What is closed when it ends.
        given: What ``scope`` was given.
        below: The layer on which it lies; None for the one that is current when it is entered.

    As an async context manager, which ``scope`` gives, it is entered once, and left by the task that entered it.
    """

    __slots__ = ("_below", "_given", "_token", "closing")

    def __init__(
        self, closing: Closing, given: Mapping[str, Any] | None = None, below: Components | None = None
    ) -> None:
        self.values = {}
        self.flights = {}
        self.closing = closing
        self._given = given
        self._below = below

    @property
    def is_open(self) -> bool:
        """True where resources may be made."""
        return not self.closing.is_closed

    async def __aenter__(self) -> Self:
        below = self._below or context.peek(None) or here()
        layer = Components.with_one(below, "scope", self, OF_SCOPE)
        if self._given:
            _add(layer, self._given)
        self._token: Token[Components] = context.enter(layer)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        closing = self.closing
        closing.is_closed = True
        try:
            if closing.steps:
                await closing.close(error)
        finally:
            context.leave(self._token)
            del self._token  # it knows the layer, of which this is a component


OF_SCOPE: Added = (Scope, None)
"""Under what a scope is added to its layer."""


class Unscoped(Scope):
    """A component that says: there is no scope here, whatever lies below. For tasks, jobs and tests."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(Closing("scope"))


def scope(**given: Any) -> Scope:
    """A scope around the body of ``async with``: what is made in it for the scope is closed when it ends.

    It is closed by the task that entered it, last in first out, and what is closed sees the body's exception. A
    scope within a scope makes its own. The body runs in a context layer of the scope's own.

    Args:
        given: Components of the scope's layer, found by name and by type; by name only if there are two of a type.

    Raises:
        ExceptionGroup: Closing failed; the body's exception is its first member.
    """
    return Scope(Closing("scope"), given)


def scope_above(layer: Components) -> Scope:
    """A scope as ``scope`` opens it, but on top of ``layer`` instead of the current one: for transports."""
    return Scope(Closing("scope"), None, layer)


def _add(layer: Components, given: Mapping[str, Any]) -> None:
    types = [type(value) for value in given.values()]
    for name, value in given.items():
        layer.add(value, ScopeValue(name))
        layer.add(value, type(value), name=name)
        if types.count(type(value)) == 1:
            layer.add(value, type(value))


def nearest_scope(layer: Components) -> tuple[int, Scope | None]:
    """How many layers below ``layer`` the scope at hand lies, and the scope, if one is open."""
    for depth, each in enumerate(layer.layers()):
        for found in each.own(Scope).values():
            return depth, None if isinstance(found, Unscoped) else found
    return 0, None
