"""What is there *here*? The layer of components that the running code sees.

``add`` writes to the current layer, ``get`` and ``find`` look in it and in those below it. A stage opens the
layers: one for itself, one for each task, handler call, job and test. A thread that nobody gave a context sees
the layer of the running stage. The context variable is this room's alone.
"""

import contextvars
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, overload

from rostra import errors
from rostra.components import Components, Key

__all__ = [
    "add",
    "bound",
    "child",
    "current_context",
    "enter",
    "find",
    "get",
    "leave",
    "peek",
    "shown",
    "use",
]

Item = TypeVar("Item")
Default = TypeVar("Default")

_current: contextvars.ContextVar[Components] = contextvars.ContextVar("rostra_context")
_shown: list[Components] = []

peek = _current.get
"""``peek(None)`` is the layer that this task sees, or None: for the resolver, which has no time for more."""
enter = _current.set
"""What ``use`` does first: gives what ``leave`` needs."""
leave = _current.reset
"""What ``use`` does last."""


def current_context() -> Components:
    """The layer that the running code sees.

    In a thread of its own that is the layer of the stage that started last and still runs.

    Raises:
        NoContextError: No stage runs, and no layer was opened.
    """
    layer = _current.get(None)
    if layer is not None:
        return layer
    if _shown:
        return _shown[-1]
    raise errors.NoContextError


def add(item: Item, namespace: Key | None = None, *, name: str | None = None) -> Item:
    """Put ``item`` into the current layer and return it; see ``Components.add``."""
    return current_context().add(item, namespace, name=name)


@overload
def get(wanted: type[Item], *, name: str | None = None) -> Item: ...
@overload
def get(wanted: type[Item], *, name: str | None = None, default: Default) -> Item | Default: ...
@overload
def get(wanted: Key, *, name: str | None = None, default: Any = ...) -> Any: ...
def get(wanted: Key, *, name: str | None = None, default: Any = ...) -> Any:
    """The nearest component of this type and name; see ``Components.get``.

    Raises:
        NoContextError: There is no context here, and no default was given.
        ComponentNotFoundError: There is none and no default was given.
    """
    if name is None:  # what Components.get does first, without the call
        try:
            values = peek().values
            return values[values[0].shape.slots[wanted]]
        except LookupError:  # not seen here, or no context
            pass
    layer = peek(None)
    if layer is None:
        if default is not ... and not _shown:
            return default
        layer = current_context()
    return layer.get(wanted, name=name, default=default)


def find(wanted: type[Item]) -> dict[str | None, Item]:
    """All components of this type that are seen here, by name; see ``Components.find``."""
    return current_context().find(wanted)


@contextmanager
def child(label: str = "child") -> Iterator[Components]:
    """A layer of one's own for the body; what is added to it is gone afterwards.

    Where there is no context yet, this opens the lowest layer.
    """
    below = _current.get(None) or (_shown[-1] if _shown else None)
    with use(Components(below, label)) as layer:
        yield layer


@contextmanager
def use(layer: Components) -> Iterator[Components]:
    """Make ``layer`` the current one for the body. Enter and leave it in one task."""
    token = _current.set(layer)
    try:
        yield layer
    finally:
        _current.reset(token)


def bound(layer: Components) -> contextvars.Context:
    """A copy of the running code's context variables in which ``layer`` is the current one: for new tasks."""
    copy = contextvars.copy_context()
    if _current.get(None) is not layer:
        copy.run(_current.set, layer)
    return copy


@contextmanager
def shown(layer: Components) -> Iterator[None]:
    """Let threads without a context of their own see ``layer`` during the body: a stage does this."""
    _shown.append(layer)
    try:
        yield
    finally:
        _shown.remove(layer)
