"""A logger whose lines are events with keys: ``log.info("orders.expired", count=3)``.

It has the methods of structlog's loggers and writes to the standard library's, so that levels, handlers and other
people's formatters work as everywhere. Nothing is made of a line that no level lets through.
"""

import logging
import os
import threading
import time
from collections.abc import Mapping
from typing import Any

from rostra.log.binding import add_bound_keys, bound_keys

FIELDS = "rostra_fields"
"""The attribute of a LogRecord under which the event and its keys are kept: one, so that no key clashes with those
that the standard library uses."""


class Event:
    """What a record says to those who know nothing of keys: ``plugin.prepared plugin=myapp seconds=0.2``."""

    __slots__ = ("fields",)

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.fields = fields

    def __str__(self) -> str:
        keys = (f"{key}={_shown(value)}" for key, value in self.fields.items() if key != "event")
        return " ".join((str(self.fields.get("event", "")), *keys))


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

    def tell(self, event: str, /, **keys: Any) -> None:
        """What happened in good order, by the thousand: as ``info``, at half the cost.

        Nobody is asked who called: such a record names this module as its place.
        """
        stdlib = self._stdlib
        if stdlib.isEnabledFor(logging.INFO):
            fields = {"event": event, **self._keys, **keys}
            add_bound_keys(fields)
            stdlib.handle(_record(stdlib, Event(fields)))

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


_pattern: dict[str, Any] = {}


def _record(stdlib: logging.Logger, event: Event) -> logging.LogRecord:
    """A record as ``logging`` makes it, but for what takes it longest and is the same each time."""
    if logging.getLogRecordFactory() is not logging.LogRecord:  # somebody adds what differs
        extra = {FIELDS: event.fields}
        return stdlib.makeRecord(stdlib.name, logging.INFO, __file__, 0, event, (), None, "tell", extra)
    if _pattern.get("process") != os.getpid() or _pattern.get("thread") != threading.get_ident():
        _pattern.update(vars(logging.makeLogRecord({})))
        _pattern.update({"taskName": None} if "taskName" in _pattern else {})
        _pattern.update(pathname=__file__, filename="logger.py", module="logger", funcName="tell")
        _pattern.update(levelno=logging.INFO, levelname=logging.getLevelName(logging.INFO))
    record = logging.LogRecord.__new__(logging.LogRecord)
    now = time.time()
    vars(record).update(
        _pattern,
        name=stdlib.name,
        msg=event,
        args=(),
        created=now,
        msecs=int(now % 1 * 1000) + 0.0,
        relativeCreated=_pattern["relativeCreated"] + (now - _pattern["created"]) * 1000,
        **{FIELDS: event.fields},
    )
    return record


def _shown(value: object) -> str:
    """As one word; what a value from outside has in it can neither end the line nor look like another key."""
    text = str(value)
    is_word = text.isprintable() and not any(character in " \"'=" for character in text)
    return text if text and is_word else repr(text)
