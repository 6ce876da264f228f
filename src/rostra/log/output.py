"""What is known of an event, what a line in JSON looks like, and the handler that writes lines to stderr.

A record of the standard library has one attribute more, in which the keys of the event are.
"""

import functools
import json
import logging
import os
import sys
from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any, TextIO, TypeAlias

from rostra.log.binding import process_keys

FIELDS = "rostra_fields"
"""The attribute of a LogRecord under which the event and its keys are kept: one, so that no key clashes with those
that the standard library uses."""


Fields = dict[str, Any]


class Event:
    """What a record says to those who know nothing of keys: ``plugin.prepared plugin=myapp seconds=0.2``."""

    __slots__ = ("fields",)

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.fields = fields

    def __str__(self) -> str:
        keys = (f"{key}={_shown(value)}" for key, value in self.fields.items() if key != "event")
        return " ".join((str(self.fields.get("event", "")), *keys))


class Teller:
    """Tells of one event, as often as it is called, with the values of its keys; ``Logger.teller`` makes one."""

    __slots__ = ()

    @abstractmethod
    def __call__(self, *values: Any) -> None:
        """Tell it, with a value for each key."""
        raise NotImplementedError


Later: TypeAlias = Callable[[Callable[[], None]], object]
"""Calls a function soon."""


def _shown(value: object) -> str:
    """As one word; what a value from outside has in it can neither end the line nor look like another key."""
    text = str(value)
    is_word = text.isprintable() and not any(character in " \"'=" for character in text)
    return text if text and is_word else repr(text)


HEAD = ("timestamp", "level", "logger")
"""What every line has besides its event; a key of such a name gives way."""

encode = json.JSONEncoder(default=repr).encode
"""A value as JSON, what JSON cannot say as the text of its ``repr``; not everything can be said so."""
quoted = json.encoder.encode_basestring_ascii
"""A text as JSON."""
_MOST_WAITING = 1000

_waiting: deque[str] = deque()
"""Lines that are written with the next that is written, or soon. A process that is forked off has none."""
os.register_at_fork(after_in_child=_waiting.clear)


class StderrHandler(logging.StreamHandler[TextIO]):
    """Writes to what ``sys.stderr`` is at that moment, so that whoever replaces it gets the lines.

    Args:
        formatter: What they look like.
        is_only_json: The application asked for JSON, so that nothing else should stand there.
    """

    def __init__(self, formatter: logging.Formatter, *, is_only_json: bool) -> None:
        logging.Handler.__init__(self)
        self.setFormatter(formatter)
        self.is_only_json = is_only_json

    def put(self, line: str) -> bool:
        """Let a line wait for ``flush``, or for the next that comes the usual way: none overtakes another.

        Returns:
            Whether it is the first that waits.
        """
        is_first = not _waiting
        _waiting.append(line)
        if len(_waiting) >= _MOST_WAITING:
            self.flush()
        return is_first

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, and before it those that wait."""
        self._write_waiting()
        super().emit(record)

    def flush(self) -> None:
        """Write the lines that wait. The standard library does this at the end of the process."""
        with self.lock or nullcontext():
            self._write_waiting()
            super().flush()

    def _write_waiting(self) -> None:
        if not _waiting:
            return
        try:
            self.stream.write("".join(_waiting.popleft() for _ in range(len(_waiting))))
        except Exception:  # noqa: BLE001  (as the standard library does it)
            self.handleError(logging.makeLogRecord({"msg": "lines could not be written"}))

    @property
    def stream(self) -> TextIO:  # type: ignore[override]  # an attribute that is computed
        """Standard error, as it is now."""
        return sys.stderr


def is_terminal() -> bool:
    """Whether a person reads stderr."""
    return sys.stderr is not None and sys.stderr.isatty()


def json_formatter() -> logging.Formatter:
    """Lines for machines: one JSON object each, the traceback in it as a text without local variables."""
    return JsonFormatter()


class JsonFormatter(logging.Formatter):
    """One JSON object. It stands on the standard library alone: a service that writes JSON imports no structlog."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        fields = _fields_of(record)
        if record.exc_info and record.exc_info[0] is not None:
            fields["exception"] = traced(record.exc_info)
        if record.stack_info:
            fields["stack"] = self.formatStack(record.stack_info)
        return _as_json(ordered(utc_time(record.created), record, fields))


def traced(info: "tuple[Any, Any, Any]") -> str:
    """The traceback of an exception, from the user's code on."""
    try:
        from rostra.log.tracebacks import formatted

        return formatted(info[1], info[2])
    except (ImportError, OSError):  # there is no file left to open
        return logging.Formatter().formatException(info)


def _fields_of(record: logging.LogRecord) -> Fields:
    """A record of ours has its event and keys in one attribute; of all others there is the message.

    An application that configured structlog itself may hand on a dict as the message.
    """
    fields: Fields | None = getattr(record, FIELDS, None)
    if fields is not None:
        return dict(fields)
    if isinstance(record.msg, dict) and not record.args:
        return {str(key): value for key, value in record.msg.items()}
    return {"event": record.getMessage()}


def _as_json(fields: Fields) -> str:
    try:
        return encode(fields)
    except (TypeError, ValueError):  # a key that is no text, or a value that contains itself
        return json.dumps({key: repr(value) for key, value in fields.items()})


def utc_time(seconds: float) -> str:
    """A moment, as machines like to read it: ``2026-11-21T13:14:15.123Z``."""
    return _until_millisecond(int(seconds * 1000))


@functools.lru_cache(maxsize=2)
def _until_millisecond(milliseconds: int) -> str:
    return f"{_until_second(milliseconds // 1000)}.{milliseconds % 1000:03d}Z"


@functools.lru_cache(maxsize=2)
def _until_second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().removesuffix("+00:00")


def ordered(timestamp: str, record: logging.LogRecord, fields: Fields) -> Fields:
    """What every line has, first; a key of the same name gives way, since levels and loggers are filtered by."""
    event = fields.pop("event", "")
    head = {"timestamp": timestamp, "level": record.levelname.lower(), "logger": record.name, "event": event}
    for key, value in process_keys().items():
        fields.setdefault(key, value)
    clashing = {f"{key}_": fields.pop(key) for key in HEAD if key in fields}
    return head | clashing | fields
