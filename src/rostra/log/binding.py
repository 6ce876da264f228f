"""Keys that all lines of a task have: plugin, task, request."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")

_of_process: dict[str, Any] = {}

Known: TypeAlias = Mapping[str, Any] | tuple[Any, Callable[[Any], Mapping[str, Any]], Any]
"""What is bound: keys; or what was bound before, and what makes the keys of a thing that are added to it."""

_keys: ContextVar[Known] = ContextVar("rostra_log_keys", default={})  # noqa: B039  (it is never changed)


def bind(**keys: Any) -> None:
    """Add ``keys`` to all further lines of the running task and of the tasks that it starts."""
    _keys.set({**_ours(), **keys})


def bind_late(keys: Callable[[T], Mapping[str, Any]], thing: T) -> None:
    """Add ``keys(thing)`` as ``bind`` does, but call it only when a line is written.

    For transports, whose calls seldom write one: where each runs in a task of its own, nothing need be put back.
    """
    _keys.set((_keys.get(), keys, thing))


def bind_process(**keys: Any) -> None:
    """Add ``keys`` to all further lines of this process, whatever task, thread or library writes them."""
    _of_process.update(keys)


def process_keys() -> Mapping[str, Any]:
    """What all lines of this process have."""
    return _of_process


def unbind(*keys: str) -> None:
    """Take them away again; one that was not bound is nothing."""
    _keys.set({key: value for key, value in _ours().items() if key not in keys})


@contextmanager
def bound(**keys: Any) -> Iterator[None]:
    """Bind ``keys`` for the body. Whatever the body binds besides, by structlog too, is gone at its end."""
    before, theirs_before = _keys.get(), _theirs()
    bind(**keys)
    try:
        yield
    finally:
        _keys.set(before)
        if _theirs() != theirs_before:
            variables = sys.modules["structlog.contextvars"]
            variables.clear_contextvars()
            variables.bind_contextvars(**theirs_before)


def bound_keys() -> dict[str, Any]:
    """What the running task's lines have in common, in the order of its names.

    What was bound by ``structlog.contextvars`` is among it, and wins.
    """
    return dict(sorted({**_of_process, **_ours(), **_theirs()}.items()))


def add_bound_keys(fields: dict[str, Any]) -> None:
    """Add what is bound to a line that has not these keys yet, in no order; it looks up nothing else."""
    for bound_ones in (_theirs(), _ours(), _of_process):
        for key in bound_ones:
            if key not in fields:
                fields[key] = bound_ones[key]


def with_bound_keys(_logger: object, _method: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Add what is bound: a processor for those who configure structlog in their own way.

    It stands in place of ``structlog.contextvars.merge_contextvars``. What the line has already wins.
    """
    return bound_keys() | fields


def _theirs() -> dict[str, Any]:
    """What structlog itself has bound; nothing if nobody has imported it."""
    variables = sys.modules.get("structlog.contextvars")
    return variables.get_contextvars() if variables is not None else {}


def _ours() -> Mapping[str, Any]:
    """What was bound here, what was bound late included."""
    known, made = _keys.get(), list[Mapping[str, Any]]()
    while isinstance(known, tuple):
        known, keys, thing = known
        made.append(keys(thing))
    if not made:
        return known
    merged = dict(known)
    for each in reversed(made):
        merged |= each
    return merged
