"""Configuring the logging of the process, once or again, and putting it back."""

import contextlib
import logging

from rostra.log.binding import with_bound_keys
from rostra.log.output import FIELDS, Event, Fields, StderrHandler, is_terminal, json_formatter
from rostra.log.settings import Format, LogConfig
from rostra.log.structured import once_imported, structlog
from rostra.log.uncaught import install

_undo = contextlib.ExitStack()


def configure(settings: LogConfig | None = None) -> None:
    """Write the lines of all loggers to stderr as ``settings`` say: rostra's, structlog's and the standard library's.

    Uncaught exceptions and warnings become lines as well. Doing it again replaces what was done before. Handlers that
    others gave the root logger stay, but for plain ones that would write the same lines to the terminal a second time.
    Levels can be changed at any time: ``logging.getLogger("myapp").setLevel("DEBUG")``.

    Args:
        settings: None stands for the defaults.
    """
    settings = settings or LogConfig()
    restore()
    is_only_json = settings.format is Format.JSON
    _replace_plain_handlers(StderrHandler(_formatter(settings.format), is_only_json=is_only_json))
    for name, level in [("", settings.level), *settings.levels.items()]:
        logger = logging.getLogger(name)
        _undo.callback(logger.setLevel, logger.level)
        logger.setLevel(level.number)
    _undo.callback(once_imported(_configure_structlog))
    install(_undo)


def restore() -> None:
    """Undo ``configure``: everything is as it was before the first time. Nothing happens if it was not called."""
    _undo.close()


def is_only_json() -> bool:
    """Whether JSON was asked for, and not only chosen because nobody reads stderr on a terminal."""
    handlers = logging.getLogger().handlers
    return any(isinstance(each, StderrHandler) and each.is_only_json for each in handlers)


def is_taken() -> bool:
    """Whether the application decided in its own way what becomes of log lines."""
    return any(not isinstance(handler, StderrHandler) for handler in logging.getLogger().handlers)


def _formatter(wanted: Format) -> logging.Formatter:
    has_reader = is_terminal()
    if wanted is Format.TEXT or (wanted is Format.AUTO and has_reader):
        from rostra.log.text import text_formatter

        return text_formatter(colours=has_reader)
    return json_formatter()


def _replace_plain_handlers(ours: logging.Handler) -> None:
    root = logging.getLogger()
    for handler in list(root.handlers):
        if type(handler) is logging.StreamHandler:
            root.removeHandler(handler)
            _undo.callback(root.addHandler, handler)
    root.addHandler(ours)
    _undo.callback(ours.flush)
    _undo.callback(root.removeHandler, ours)


def _configure_structlog() -> None:
    """Let loggers of ``structlog.get_logger()`` write the same way, unless the application configured structlog."""
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
    _undo.callback(logging.setLoggerClass, logger_class)
    _undo.callback(library.reset_defaults)


def _handed_on(_logger: object, _method: str, fields: Fields) -> tuple[tuple[Event], Fields]:
    """The last step of structlog: what the standard library's method is called with."""
    own: Fields = {key: fields.pop(key) for key in ("exc_info", "stack_info", "stacklevel") if key in fields}
    return (Event(fields),), {"extra": {FIELDS: fields}, **own}
