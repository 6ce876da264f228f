"""What is a scope? A layer of the context, and what is to be closed when it ends.

Transports open one for each request or message, a stage is one for its ``prepare`` functions. Where there is
none, nothing that must be closed is made.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from rostra import context
from rostra.components import Components
from rostra.di.closing import Closing
from rostra.di.keeping import Kept
from rostra.di.plans import ScopeValue
from rostra.di.registry import here


class Scope:
    """What lives until the scope ends. A component of the scope's layer.

    Args:
        layer: The scope's layer of the context.
        closing: What is closed when it ends.
    """

    __slots__ = ("closing", "kept", "layer")

    def __init__(self, layer: Components, closing: Closing) -> None:
        self.layer = layer
        self.closing = closing
        self.kept: Kept = Kept()

    @property
    def is_open(self) -> bool:
        """True where resources may be made."""
        return not self.closing.is_closed


class Unscoped(Scope):
    """A component that says: there is no scope here, whatever lies below. For tasks, jobs and tests."""

    def __init__(self) -> None:
        super().__init__(Components(None, "unscoped"), Closing("scope"))


@asynccontextmanager
async def scope(**given: Any) -> AsyncIterator[Scope]:
    """A scope around the body: what is made in it for the scope is closed when it ends.

    It is closed by the task that entered it, last in first out, and what is closed sees the body's exception. A
    scope within a scope makes its own.

    Args:
        given: Components of the scope's layer, found by name and by type; by name only if there are two of a type.

    Raises:
        ExceptionGroup: Closing failed; the body's exception is its first member.
    """
    layer = here().push("scope")
    opened = layer.add(Scope(layer, Closing("scope")))
    types = [type(value) for value in given.values()]
    for name, value in given.items():
        layer.add(value, ScopeValue(name))
        layer.add(value, type(value), name=name)
        if types.count(type(value)) == 1:
            layer.add(value, type(value))
    with context.use(layer):
        async with opened.closing:
            yield opened


def nearest_scope(layer: Components) -> tuple[int, Scope | None]:
    """How many layers below ``layer`` the scope at hand lies, and the scope, if one is open."""
    for depth, each in enumerate(layer.layers()):
        for found in each.own(Scope).values():
            return depth, None if isinstance(found, Unscoped) else found
    return 0, None
