"""What becomes of the log lines of this process: the section ``[logging]``, and configuring by it, once or again.

What nobody caught ends in the log, too: exceptions of the main thread, of threads, of destructors, of the loop, and Python's
warnings. All can be put back as it was.
"""

import asyncio
import contextlib
import enum
import logging
import sys
import threading
import warnings
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType, TracebackType
from typing import Any, TextIO

from rostra.config import Config, field, frozen
from rostra.log.logger import get
from rostra.log.output import StderrHandler, is_terminal, json_formatter

_log = get("rostra.uncaught")
_warnings = get("py.warnings")  # the name that the standard library gives them
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
    _set_hooks()


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
    """A finder of modules that finds structlog where it would have been found, and configures it once it is there.

    It waits until then: who only asks whether structlog is installed looks for it, too.
    """

    def end(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != "structlog":
            return None
        others = [each for each in sys.meta_path if each is not self]
        spec = next(filter(None, (each.find_spec(name, path, target) for each in others)), None)
        if spec is not None and spec.loader is not None:
            from rostra.log import structured

            structured.tell_when_loaded(spec.loader, self._loaded)
        return spec

    def _loaded(self) -> None:
        if self in sys.meta_path:  # else somebody configured it already, or logging was restored
            from rostra.log import structured

            self.end()
            structured.configure(_undo)


def _set_hooks() -> None:
    for module, name, hook in (
        (sys, "excepthook", _on_exception),
        (sys, "unraisablehook", _on_unraisable),
        (threading, "excepthook", _on_thread),
        (warnings, "showwarning", _on_warning),
    ):
        before = getattr(module, name)
        if before is not hook:
            _undo.callback(setattr, module, name, before)
            setattr(module, name, hook)


def watch(loop: asyncio.AbstractEventLoop) -> None:
    """Let the log have what nobody retrieved from this loop's tasks, unless somebody takes care of it already."""
    if loop.get_exception_handler() is None:
        loop.set_exception_handler(_on_loop)


def _on_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        _log.critical("exception.uncaught", exc_info=(kind, error, trace))


def _on_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_type is not SystemExit:  # as threading does: it ends the thread, silently
        name = args.thread.name if args.thread is not None else None
        info = (args.exc_type, args.exc_value, args.exc_traceback)
        _log.critical("exception.uncaught", thread=name, exc_info=info)


def _on_unraisable(args: Any) -> None:
    info = (args.exc_type, args.exc_value, args.exc_traceback)
    _log.error(
        "exception.ignored",
        where=args.err_msg or "in a destructor",
        object=_called(args.object),
        exc_info=info,
    )


def _on_loop(_loop: asyncio.AbstractEventLoop, fields: dict[str, Any]) -> None:
    about = fields.get("task") or fields.get("future")
    names = {"task": about.get_name()} if isinstance(about, asyncio.Task) else {}
    _log.error("asyncio.failed", message=fields.get("message"), **names, exc_info=fields.get("exception"))


def _on_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,  # noqa: ARG001  (likewise)
) -> None:
    if file is not None:
        file.write(warnings.formatwarning(message, category, filename, lineno))
    else:
        where = f"{filename}:{lineno}"
        _warnings.warning("python.warned", category=category.__name__, message=str(message), where=where)


def _called(thing: object) -> str:
    return getattr(thing, "__qualname__", None) or type(thing).__qualname__
