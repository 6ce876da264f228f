"""What workers run: the same stage in each, with the settings of its generation."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from typing import Any, NamedTuple

from rostra import log
from rostra.components import Components
from rostra.errors import ConfigError, WorkerError
from rostra.fork.recycling import Recycling
from rostra.plugin import Named


class Program(NamedTuple):
    """A stage, and how each worker runs it.

    Args:
        plugins: What to load, in order.
        components: What the stage sees below its own; nothing that belongs to a loop.
        start_timeout: Seconds for preparing and starting.
        stop_timeout: Seconds for draining and teardown.
        loop_factory: Makes the event loop.
        beat: Seconds between two signs of life.
        recycling: After what a worker is replaced.
        reported: In this a worker runs; it tells what went wrong, and leaves with ``SystemExit``.
        title: What the list of processes shows of it.
    """

    plugins: Sequence[Named]
    components: Components | None = None
    start_timeout: float = 60.0
    stop_timeout: float = 25.0
    loop_factory: Callable[[], Any] | None = None
    beat: float = 5.0
    recycling: Recycling = Recycling()
    reported: "Callable[[], AbstractContextManager[None]] | None" = None
    title: str = ""

    def tell(self, error: Exception) -> None:
        """Tell what went wrong, and go on."""
        with suppress(SystemExit), self.reported() if self.reported is not None else Logged():
            raise error


def beat_of(heartbeat: float) -> float:
    """How often to give a sign of life, for who looks whether one came within so many seconds; 0 is nobody."""
    return min(5.0, heartbeat / 5) if heartbeat > 0 else 5.0


class Logged:
    """The way to report of those who have no better one: the error is a line of the log."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception | BaseExceptionGroup):
            log.get("rostra.fork").critical("worker.failed", exc_info=error)
            raise SystemExit(exit_code(error)) from None


def exit_code(error: BaseException) -> int:
    """2 if nothing but the settings are wrong, else 1."""
    if isinstance(error, BaseExceptionGroup):
        return max((exit_code(each) for each in error.exceptions), key=lambda code: code == 1)
    if isinstance(error, WorkerError):
        return error.exit_code
    return 2 if isinstance(error, ConfigError) else 1


def in_short(error: BaseException) -> str:
    """The type and the first line of an error; of a group that of its first one, and how many there are."""
    if isinstance(error, BaseExceptionGroup):
        more = len(error.exceptions) - 1
        return in_short(error.exceptions[0]) + (f", and {more} more" if more else "")
    text = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
