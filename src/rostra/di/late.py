"""A scope that costs nothing until somebody looks for it: for transports, whose calls often need none.

What a call comes with, and the scope itself, become components when the layer is first looked into. Until then it
is a layer with a parent and nothing else.
"""

from contextvars import Token
from types import TracebackType
from typing import Any, Self

from rostra import context
from rostra.components import Components, changing
from rostra.di.closing import Stack
from rostra.di.scopes import scope

_WHEN_OPEN = frozenset(("values", "_above", "_is_lent"))


class LateScope(Components):
    """A layer of the context that is a scope, as ``di.scope`` opens it.

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
        self._token: Token[Components] = context.enter(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if (closing := self.end()) is not None:
                await closing.close(error)
        finally:
            context.leave(self._token)
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
