"""Handlers of a stage: declared by modules, bound once to their transports."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeAlias

import attrs

from rostra.handlers.collecting import Declared


@attrs.define(eq=False)
class Bound:
    """A handler that knows where each of its parameters comes from."""

    declared: Declared


Bind: TypeAlias = Callable[[tuple[Bound, ...]], Awaitable[None] | None]
"""What a transport does with its handlers; it gets those that are new."""


class Handlers:
    """The handlers of a stage. A component.

    Plugins' modules declare, transports say in their ``prepare`` what binds their triggers, and once all plugins
    are prepared the stage binds.
    """

    def __init__(self) -> None:
        self._declared: list[Declared] = []
        self._binders: dict[type, Bind] = {}

    def declare(self, declared: Iterable[Declared]) -> None:
        """Keep handlers until they are bound."""
        self._declared.extend(declared)

    def on(self, trigger: type[Any], bind: Bind) -> None:
        """Let ``bind`` have the handlers whose trigger is of this type."""
        self._binders[trigger] = bind

    async def bind_all(self) -> None:
        """Bind what was declared since the last time.

        Raises:
            HandlerError: A handler cannot be bound; several are raised as an ExceptionGroup.
        """
