"""Keys that all lines of a task have: plugin, task, request. They are structlog's context variables."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rostra.log.structured import structlog


def bind(**keys: Any) -> None:
    """Add ``keys`` to all further lines of the running task and of the tasks that it starts."""
    structlog().contextvars.bind_contextvars(**keys)


def unbind(*keys: str) -> None:
    """Take them away again; one that was not bound is nothing."""
    structlog().contextvars.unbind_contextvars(*keys)


@contextmanager
def bound(**keys: Any) -> Iterator[None]:
    """Bind ``keys`` for the body. Whatever the body binds besides is gone at its end, too."""
    variables = structlog().contextvars
    before = variables.get_contextvars()
    variables.bind_contextvars(**keys)
    try:
        yield
    finally:
        variables.clear_contextvars()
        variables.bind_contextvars(**before)
