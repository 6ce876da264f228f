"""Lines for people, which structlog draws."""

import logging
from datetime import datetime
from typing import Any, TextIO

from rostra.log.output import FIELDS, Fields, ordered, traced
from rostra.log.structured import structlog

__all__ = ["text_formatter"]


def text_formatter(*, colours: bool) -> logging.Formatter:
    """Lines for people: time, level, event, logger, keys; then the traceback, without local variables."""
    dev = structlog().dev
    renderer = dev.ConsoleRenderer(
        colors=colours, exception_formatter=_plainly, sort_keys=False, pad_event_to=0
    )
    formatter: logging.Formatter = structlog().stdlib.ProcessorFormatter(
        processors=[_with_head, _printable, renderer]
    )
    return formatter


def _plainly(stream: TextIO, info: Any) -> None:
    stream.write(f"\n{traced(info)}")


def _with_head(_logger: object, _method: str, fields: Fields) -> Fields:
    """The first step for text: the local time, and what every line has."""
    record: logging.LogRecord = fields.pop("_record")
    del fields["_from_structlog"]
    if "stack_info" in fields:
        fields["stack"] = fields.pop("stack_info")
    moment = datetime.fromtimestamp(record.created).astimezone()
    return ordered(moment.strftime("%H:%M:%S"), record, fields | getattr(record, FIELDS, {}))


def _printable(_logger: object, _method: str, fields: Fields) -> Fields:
    """Keys stay on the line: a value from outside can neither end it nor move the cursor."""
    for key, value in fields.items():
        if isinstance(value, str) and not value.isprintable() and key not in {"event", "exception", "stack"}:
            fields[key] = repr(value)[1:-1]
    return fields
