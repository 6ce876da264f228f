"""The door to structlog, which is opened when it is first needed: by rostra for text, by the application for anything.

structlog imports rich where that is installed. That costs more time and memory than all of rostra, and rich draws
tracebacks with local variables, and so with secrets. It is kept out while structlog is being imported; an
application that wants it imports structlog itself, before logging is configured.
"""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any

from rostra.log.binding import with_bound_keys
from rostra.log.output import FIELDS, Event, Fields

_KEPT_OUT = ("rich", "better_exceptions")


def structlog() -> ModuleType:
    """The module structlog, imported now if it was not yet."""
    if "structlog" in sys.modules:
        import structlog
    else:
        with _without(*_KEPT_OUT):
            import structlog
    return structlog


def tell_when_loaded(loader: Any, loaded: Callable[[], None]) -> None:
    """Let the loader that may load structlog keep out what is kept out, and say so afterwards."""
    load = loader.exec_module

    def load_and_tell(module: ModuleType) -> None:
        with _without(*_KEPT_OUT):
            load(module)
        loaded()

    loader.exec_module = load_and_tell  # of this one loader


def configure(undo: ExitStack) -> None:
    """Let loggers of ``structlog.get_logger()`` write the same way, unless the application configured structlog.

    Args:
        undo: Closing it puts everything back.
    """
    library = structlog()
    if library.is_configured():
        return
    logger_class = logging.getLoggerClass()
    library.configure(
        processors=[
            with_bound_keys,
            library.stdlib.PositionalArgumentsFormatter(),
            _handed_on,
        ],
        wrapper_class=library.stdlib.BoundLogger,
        logger_factory=library.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    undo.callback(logging.setLoggerClass, logger_class)
    undo.callback(library.reset_defaults)


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
            modules.pop(name, None)


def _handed_on(_logger: object, _method: str, fields: Fields) -> tuple[tuple[Event], Fields]:
    """The last step of structlog: what the standard library's method is called with."""
    own: Fields = {key: fields.pop(key) for key in ("exc_info", "stack_info", "stacklevel") if key in fields}
    return (Event(fields),), {"extra": {FIELDS: fields}, **own}
