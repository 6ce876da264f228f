"""A logger whose lines are events with keys: ``log.info("orders.expired", count=3)``.

It has the methods of structlog's loggers and writes to the standard library's, so that levels, handlers and other
people's formatters work as everywhere. Nothing is made of a line that no level lets through.
"""

import logging
from collections.abc import Mapping
from typing import Any

from rostra.log.binding import Keys, bound_keys
from rostra.log.output import FIELDS, Event, Later, Teller


class Logger:
    """Writes events of one name.

    Args:
        stdlib: Where the lines go.
        keys: What every line has.

    Each method takes the event, a fixed text of the form ``noun.participle``, and as keywords what varies. Of these
    ``exc_info`` and ``stack_info`` mean what they mean in ``logging``. Keys that were bound to the task
    (``rostra.log.bind``) are added; those of the line win.
    """

    __slots__ = ("_keys", "_stdlib")

    def __init__(self, stdlib: logging.Logger, keys: Mapping[str, Any] | None = None) -> None:
        self._stdlib = stdlib
        self._keys = dict(keys or {})

    def __repr__(self) -> str:
        return f"<Logger {self._stdlib.name}>"

    @property
    def name(self) -> str:
        """The name by which its level is set."""
        return self._stdlib.name

    def bind(self, **keys: Any) -> "Logger":
        """A logger whose lines have these keys, too."""
        return Logger(self._stdlib, {**self._keys, **keys})

    def unbind(self, *keys: str) -> "Logger":
        """A logger whose lines do not have these keys."""
        return Logger(self._stdlib, {key: value for key, value in self._keys.items() if key not in keys})

    def is_enabled_for(self, level: int) -> bool:
        """Whether a line of this level would be written."""
        return self._stdlib.isEnabledFor(level)

    def debug(self, event: str, /, **keys: Any) -> None:
        """What only its author wants to know."""
        if self._stdlib.isEnabledFor(logging.DEBUG):
            self._write(logging.DEBUG, event, keys)

    def info(self, event: str, /, **keys: Any) -> None:
        """What happened in good order."""
        if self._stdlib.isEnabledFor(logging.INFO):
            self._write(logging.INFO, event, keys)

    def warning(self, event: str, /, **keys: Any) -> None:
        """What somebody should look at, though all goes on."""
        if self._stdlib.isEnabledFor(logging.WARNING):
            self._write(logging.WARNING, event, keys)

    def error(self, event: str, /, **keys: Any) -> None:
        """What went wrong."""
        if self._stdlib.isEnabledFor(logging.ERROR):
            self._write(logging.ERROR, event, keys)

    def exception(self, event: str, /, **keys: Any) -> None:
        """What went wrong, with the exception that is being handled."""
        if self._stdlib.isEnabledFor(logging.ERROR):
            self._write(logging.ERROR, event, {"exc_info": True, **keys})

    def critical(self, event: str, /, **keys: Any) -> None:
        """What ends the process."""
        if self._stdlib.isEnabledFor(logging.CRITICAL):
            self._write(logging.CRITICAL, event, keys)

    def log(self, level: int, event: str, /, **keys: Any) -> None:
        """A line of a level that is known only at run time, as one of ``logging``'s numbers."""
        if self._stdlib.isEnabledFor(level):
            self._write(level, event, keys)

    def teller(
        self, event: str, *keys: str, later: Later | None = None, covered: Keys | None = None
    ) -> Teller:
        """What tells of this event by the thousand, as ``info`` does, at a small part of the cost.

        Args:
            event: The fixed text.
            keys: What varies. It is called with their values, in this order.
            later: Calls a function soon, ``loop.call_soon`` say: lines wait so long, and are written together. It is
                called in the thread in which the event is told. None writes each line at once.
            covered: What ``bind_late`` was given, if all that it makes is among the keys: it need not be called.
        """
        from rostra.log.telling import QuickTeller

        return QuickTeller(self._stdlib, event, self._keys, keys, later, covered)

    def _write(self, level: int, event: str, keys: dict[str, Any]) -> None:
        exc_info, stack_info = keys.pop("exc_info", None), keys.pop("stack_info", False)
        fields = {"event": event, **self._keys, **keys}
        for key, value in bound_keys().items():
            fields.setdefault(key, value)
        self._stdlib.log(
            level,
            Event(fields),
            exc_info=exc_info,
            stack_info=stack_info,
            stacklevel=3,  # whoever called debug, info, …
            extra={FIELDS: fields},
        )


def get(name: str, **keys: Any) -> Logger:
    """The logger of this name.

    Nothing needs to be configured: without it, warnings and errors are written to stderr, as with any library.

    Args:
        name: Usually ``__name__``; dots make a tree, in which levels are inherited.
        keys: What every line has.
    """
    return Logger(logging.getLogger(name), keys)
