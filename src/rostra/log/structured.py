"""The door to structlog, which is opened when it is first needed: by rostra for text, by the application for anything.

structlog imports rich where that is installed. That costs more time and memory than all of rostra, and rich draws
tracebacks with local variables, and so with secrets. It is kept out while structlog is being imported; an
application that wants it imports structlog itself, before logging is configured.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
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


def once_imported(then: Callable[[], None]) -> Callable[[], None]:
    """Call ``then`` when structlog has been imported, by whomever: at once if it was already.

    Most services never import it, and their start does not wait for it.

    Returns:
        What ends the waiting; nothing happens if it is over.
    """
    if "structlog" in sys.modules:
        then()
        return lambda: None
    waiting = _Waiting(then)
    sys.meta_path.insert(0, waiting)
    return waiting.end


class _Waiting:
    """A finder of modules that finds structlog where it would have been found, and calls back once it is there."""

    def __init__(self, then: Callable[[], None]) -> None:
        self._then = then

    def end(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != "structlog":
            return None
        self.end()
        spec = next(filter(None, (each.find_spec(name, path, target) for each in sys.meta_path)), None)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_and_tell(module: ModuleType) -> None:
                with _without(*_KEPT_OUT):
                    load(module)
                self._then()

            spec.loader.exec_module = load_and_tell  # type: ignore[method-assign]  # of this one loader
        return spec


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
