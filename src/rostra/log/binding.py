"""Keys that all lines of a task have: plugin, task, request."""

import sys
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeAlias, TypeVar

Thing = TypeVar("Thing")

Keys: TypeAlias = Callable[[Any], Mapping[str, Any]]
"""Makes the keys of a thing."""

_keys: ContextVar[Any] = ContextVar("rostra_log_keys", default={})  # noqa: B039  (it is never changed)
"""A mapping; or what was bound before, what makes the keys that come on top, and of which thing."""


class _Process:
    keys: Mapping[str, Any] = {}


_process = _Process()


def bind(**keys: Any) -> None:
    """Add ``keys`` to all further lines of the running task and of the tasks that it starts."""
    _keys.set({**_ours(), **keys})


def bind_late(keys: Callable[[Thing], Mapping[str, Any]], thing: Thing) -> None:
    """Add ``keys(thing)`` as ``bind`` does, but call it only when a line is written.

    For transports, whose calls seldom write one: where each runs in a task of its own, nothing need be put back.
    """
    _keys.set((_keys.get(), keys, thing))


def bind_process(**keys: Any) -> None:
    """Add ``keys`` to all further lines of this process, whatever task, thread or library writes them."""
    _process.keys = {**_process.keys, **keys}


def process_keys() -> Mapping[str, Any]:
    """What all lines of this process have."""
    return _process.keys


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
    return dict(sorted({**_process.keys, **_ours(), **_theirs()}.items()))


def bound_besides(names: Container[str], covered: Keys | None = None) -> Mapping[str, Any]:
    """What is bound to the running task, but for these names, in no order.

    Args:
        names: What the line has already.
        covered: What ``bind_late`` was given whose keys are all among them, so that it need not be called.
    """
    here, theirs = _bound_here(covered), _theirs()
    found: dict[str, Any] = {}
    if here or theirs or _process.keys:
        for source in (theirs, *here, _process.keys):
            for key in source:
                if key not in names and key not in found:
                    found[key] = source[key]
    return found


def bound_in(covered: Keys | None) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """Where ``bound_besides`` would look: what is bound to the running task and to the process, neither of which ever changes.

    None where something else is bound: late, unless it is ``covered``, or by structlog itself.
    """
    known = _keys.get()
    while known.__class__ is tuple:
        known, keys, _ = known
        if keys is not covered:
            return None
    return None if _theirs() else (known, _process.keys)


def with_bound_keys(_logger: object, _method: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Add what is bound: a processor for those who configure structlog in their own way.

    It stands in place of ``structlog.contextvars.merge_contextvars``. What the line has already wins.
    """
    return bound_keys() | fields


def _theirs() -> dict[str, Any]:
    """What structlog itself has bound; nothing if nobody has imported it."""
    variables = sys.modules.get("structlog.contextvars")
    return variables.get_contextvars() if variables is not None else {}


def _ours() -> dict[str, Any]:
    """What was bound here, what was bound late included."""
    found: dict[str, Any] = {}
    for source in reversed(_bound_here()):
        found |= source
    return found


def _bound_here(covered: Keys | None = None) -> list[Mapping[str, Any]]:
    """The nearest first."""
    known = _keys.get()
    found: list[Mapping[str, Any]] = []
    while known.__class__ is tuple:
        known, keys, thing = known
        if keys is not covered:
            found.append(keys(thing))
    if known:
        found.append(known)
    return found
