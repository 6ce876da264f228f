"""What a line looks like, and the handler that writes it to stderr."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

from rostra.log.logger import FIELDS
from rostra.log.structured import structlog

Fields = dict[str, Any]


class StderrHandler(logging.StreamHandler[TextIO]):
    """Writes to what ``sys.stderr`` is at that moment, so that whoever replaces it gets the lines."""

    def __init__(self, formatter: logging.Formatter) -> None:
        logging.Handler.__init__(self)
        self.setFormatter(formatter)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]  # an attribute that is computed
        """Standard error, as it is now."""
        return sys.stderr


def is_terminal() -> bool:
    """Whether a person reads stderr."""
    return sys.stderr is not None and sys.stderr.isatty()


def text_formatter(*, colours: bool) -> logging.Formatter:
    """Lines for people: time, level, event, logger, keys; then the traceback, without local variables."""
    dev, stdlib = structlog().dev, structlog().stdlib
    renderer = dev.ConsoleRenderer(
        colors=colours, exception_formatter=dev.plain_traceback, sort_keys=False, pad_event_to=0
    )
    chain = [_with_local_time, _printable, renderer]
    return _formatter(stdlib, chain)


def json_formatter() -> logging.Formatter:
    """Lines for machines: one JSON object each, the traceback in it as a text without local variables."""
    processors, stdlib = structlog().processors, structlog().stdlib
    chain = [
        _with_utc_time,
        processors.format_exc_info,
        processors.StackInfoRenderer(),
        processors.JSONRenderer(),
    ]
    return _formatter(stdlib, chain)


def _formatter(stdlib: Any, chain: list[Any]) -> logging.Formatter:
    formatter: logging.Formatter = stdlib.ProcessorFormatter(foreign_pre_chain=[_with_keys], processors=chain)
    return formatter


def _with_keys(_logger: object, _method: str, fields: Fields) -> Fields:
    """A record of ours has its event and keys in one attribute; of all others there is the message."""
    return fields | getattr(fields["_record"], FIELDS, {})


def _with_utc_time(_logger: object, _method: str, fields: Fields) -> Fields:
    moment = datetime.fromtimestamp(fields["_record"].created, UTC)
    return _ordered(moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"), fields)


def _with_local_time(_logger: object, _method: str, fields: Fields) -> Fields:
    moment = datetime.fromtimestamp(fields["_record"].created).astimezone()
    return _ordered(moment.strftime("%H:%M:%S"), fields)


def _ordered(timestamp: str, fields: Fields) -> Fields:
    """What every line has, first; a key of the same name gives way, since levels and loggers are filtered by."""
    record: logging.LogRecord = fields.pop("_record")
    del fields["_from_structlog"]
    event = fields.pop("event", "")
    if "stack_info" in fields:
        fields["stack"] = fields.pop("stack_info")
    head = {"timestamp": timestamp, "level": record.levelname.lower(), "logger": record.name, "event": event}
    clashing = {f"{key}_": fields.pop(key) for key in ("timestamp", "level", "logger") if key in fields}
    return head | clashing | fields


def _printable(_logger: object, _method: str, fields: Fields) -> Fields:
    """Keys stay on the line: a value from outside can neither end it nor move the cursor."""
    for key, value in fields.items():
        if isinstance(value, str) and not value.isprintable() and key not in {"event", "exception", "stack"}:
            fields[key] = repr(value)[1:-1]
    return fields
