"""Keys that all lines of a task have: plugin, task, request."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeAlias, TypeVar

Thing = TypeVar("Thing")

Keys: TypeAlias = Callable[[Any], Mapping[str, Any]]
"""Makes the keys of a thing."""

known_keys: ContextVar[Any] = ContextVar("rostra_log_keys", default={})  # noqa: B039  (it is never changed)
"""A mapping; or what was bound before, what makes the keys that come on top, and of which thing."""


class _Process:
    """What all lines of this process have; the mapping is replaced, and never changed."""

    keys: Mapping[str, Any] = {}


process = _Process()


def bind(**keys: Any) -> None:
    """Add ``keys`` to all further lines of the running task and of the tasks that it starts."""
    known_keys.set({**_ours(), **keys})


def bind_late(keys: Callable[[Thing], Mapping[str, Any]], thing: Thing) -> None:
    """Add ``keys(thing)`` as ``bind`` does, but call it only when a line is written.

    For transports, whose calls seldom write one: where each runs in a task of its own, nothing need be put back.
    """
    known_keys.set((known_keys.get(), keys, thing))


def bind_process(**keys: Any) -> None:
    """Add ``keys`` to all further lines of this process, whatever task, thread or library writes them."""
    process.keys = {**process.keys, **keys}


def process_keys() -> Mapping[str, Any]:
    """What all lines of this process have."""
    return process.keys


def unbind(*keys: str) -> None:
    """Take them away again; one that was not bound is nothing."""
    known_keys.set({key: value for key, value in _ours().items() if key not in keys})


@contextmanager
def bound(**keys: Any) -> Iterator[None]:
    """Bind ``keys`` for the body. Whatever the body binds besides, by structlog too, is gone at its end."""
    before, theirs_before = known_keys.get(), structlog_keys()
    bind(**keys)
    try:
        yield
    finally:
        known_keys.set(before)
        if structlog_keys() != theirs_before:
            variables = sys.modules["structlog.contextvars"]
            variables.clear_contextvars()
            variables.bind_contextvars(**theirs_before)


def bound_keys() -> dict[str, Any]:
    """What the running task's lines have in common, in the order of its names.

    What was bound by ``structlog.contextvars`` is among it, and wins.
    """
    return dict(sorted({**process.keys, **_ours(), **structlog_keys()}.items()))


def with_bound_keys(_logger: object, _method: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Add what is bound: a processor for those who configure structlog in their own way.

    It stands in place of ``structlog.contextvars.merge_contextvars``. What the line has already wins.
    """
    return bound_keys() | fields


def structlog_keys() -> dict[str, Any]:
    """What structlog itself has bound; nothing if nobody has imported it."""
    variables = sys.modules.get("structlog.contextvars")
    return variables.get_contextvars() if variables is not None else {}


def _ours() -> dict[str, Any]:
    """What was bound here, what was bound late included."""
    found: dict[str, Any] = {}
    for source in reversed(bound_here()):
        found |= source
    return found


def bound_here(covered: Keys | None = None) -> list[Mapping[str, Any]]:
    """The nearest first."""
    known = known_keys.get()
    found: list[Mapping[str, Any]] = []
    while known.__class__ is tuple:
        known, keys, thing = known
        if keys is not covered:
            found.append(keys(thing))
    if known:
        found.append(known)
    return found
