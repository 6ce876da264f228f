"""The door to structlog, which is opened when it is first needed.

structlog imports rich where that is installed. That costs more time and memory than all of rostra, and rich draws
tracebacks with local variables, and so with secrets. It is kept out while structlog is being imported; an
application that wants it imports structlog itself, before.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

_KEPT_OUT = ("rich", "better_exceptions")


def structlog() -> ModuleType:
    """The module structlog, imported now if it was not yet."""
    if "structlog" in sys.modules:
        import structlog
    else:
        with _without(*_KEPT_OUT):
            import structlog
    return structlog


@contextmanager
def _without(*names: str) -> Iterator[None]:
    """Make the modules look as if they were not installed; those that are there already stay."""
    hidden = [name for name in names if name not in sys.modules]
    modules: dict[str, ModuleType | None] = sys.modules  # type: ignore[assignment]  # None makes an import fail
    modules.update(dict.fromkeys(hidden))
    try:
        yield
    finally:
        for name in hidden:
            del modules[name]
