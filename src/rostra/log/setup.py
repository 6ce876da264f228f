"""The section ``[logging]``, and configuring the logging of the process by it, once or again, and putting it back."""

import contextlib
import enum
import logging
import sys
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from rostra.config import Config, field, frozen
from rostra.log.output import StderrHandler, is_terminal, json_formatter
from rostra.log.uncaught import install

_undo = contextlib.ExitStack()


class Level(enum.StrEnum):
    """From which weight on lines are written. Upper case is understood, too."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"

    @classmethod
    def _missing_(cls, value: object) -> "Level | None":
        word = value.lower() if isinstance(value, str) else value
        return next((level for level in cls if level.value == word), None)

    @property
    def number(self) -> int:
        """As the standard library counts."""
        return logging.getLevelNamesMapping()[self.name]


class Format(enum.StrEnum):
    """What a line looks like."""

    AUTO = "auto"
    """Text if stderr is a terminal, JSON otherwise."""
    TEXT = "text"
    JSON = "json"


def _levels(levels: Mapping[str, Level]) -> dict[str, Level]:
    return {name: Level(level) for name, level in levels.items()}


def _format(formatter: str | None) -> Format | None:
    return None if formatter is None else Format(formatter)


def _check_one_format(settings: Any, _: object, formatter: Format | None) -> None:
    if formatter is not None and settings.format not in (Format.AUTO, formatter):
        raise ValueError(f"format is {settings.format}, and both are the same setting")


@frozen
class LogConfig(Config, section="logging"):
    """What is written, and how. It is written to stderr.

    ::

        [logging]
        level = "info"
        levels = {"aiohttp" = "warning", "myapp.db" = "debug"}
    """

    format: Format = field(default=Format.AUTO, converter=Format)
    """``text`` for people, ``json`` for machines, or ``auto``."""
    level: Level = field(default=Level.INFO, converter=Level)
    """Of all loggers that ``levels`` does not name."""
    levels: dict[str, Level] = field(factory=dict, converter=_levels)
    """Of single loggers and those below them, by name."""
    formatter: Format | None = field(default=None, converter=_format, validator=_check_one_format)
    """Another word for ``format``."""

    def __attrs_post_init__(self) -> None:
        if self.formatter is not None:
            object.__setattr__(self, "format", self.formatter)  # the class is frozen


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
    _configure_structlog()
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
    """Configure structlog too, as soon as somebody imports it: most services never do, and do not wait for it."""
    if "structlog" in sys.modules:
        from rostra.log import structured

        structured.configure(_undo)
        return
    waiting = _Waiting()
    sys.meta_path.insert(0, waiting)
    _undo.callback(waiting.end)


class _Waiting:
    """A finder of modules that finds structlog where it would have been found, and configures it once it is there."""

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
            from rostra.log import structured

            structured.configure_when_loaded(spec.loader, _undo)
        return spec
