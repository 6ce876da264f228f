"""What nobody caught ends in the log: exceptions of the main thread, of threads, of destructors, of the loop.

So do Python's warnings. Each hook can be taken off again.
"""

import asyncio
import contextlib
import sys
import threading
import warnings
from types import TracebackType
from typing import Any, TextIO

from rostra.log.logger import get

_log = get("rostra.uncaught")
_warnings = get("py.warnings")  # the name that the standard library gives them


def install(undo: contextlib.ExitStack) -> None:
    """Set the hooks of this process; closing ``undo`` puts back those that were there."""
    for module, name, hook in (
        (sys, "excepthook", _on_exception),
        (sys, "unraisablehook", _on_unraisable),
        (threading, "excepthook", _on_thread),
        (warnings, "showwarning", _on_warning),
    ):
        before = getattr(module, name)
        if before is not hook:
            undo.callback(setattr, module, name, before)
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
