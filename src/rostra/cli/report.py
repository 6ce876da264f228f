"""What does the user read when it went wrong, and which exit code follows?

Every error is printed once, to stderr, as a line of the log where JSON was asked for. An error of rostra says itself in four parts, without a traceback. Any other
is shown with its traceback, from the first line of the user's code on, and with its notes, which name the plugin and
the task. Groups are taken apart. Local variables are never shown: they hold secrets.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from traceback import FrameSummary, TracebackException

from rostra.errors import (
    AddressError,
    CommandLineError,
    ConfigError,
    PluginNotFoundError,
    RostraError,
    WorkerError,
)

__all__ = ["FAILED", "MISUSED", "exit_code", "is_of_users", "leaves", "told", "worded"]

FAILED = 1
MISUSED = 2


def told(error: BaseException) -> BaseException:
    """Tell an error, and return the exception that ends the process: with its exit code, as a rule."""
    if _is_clicks(error):
        return error
    found = list(leaves(error))
    if all(isinstance(leaf, SystemExit) for leaf in found):
        return found[0]  # a task called sys.exit, and the stage has ended in order
    _tell(error)
    return SystemExit(exit_code(error))


def _is_clicks(error: BaseException) -> bool:
    """Whether click says it; nobody raises such who has not imported click."""
    click = sys.modules.get("click")
    return click is not None and isinstance(error, click.exceptions.Exit | click.ClickException)


def _tell(error: BaseException) -> None:
    from rostra import log

    if log.is_only_json():
        log.get("rostra.cli").critical("command.failed", exit_code=exit_code(error), error=worded(error))
    else:
        from click import echo

        echo(worded(error), err=True)


def worded(error: BaseException) -> str:
    """The whole text for ``error``: one paragraph for each error in it."""
    found = list(leaves(error))
    if len(found) == 1:
        return _paragraph(found[0])
    return "\n\n".join([f"{len(found)} errors", *map(_paragraph, found)])


def exit_code(error: BaseException) -> int:
    """2 if nothing but the settings or the command line is wrong, else 1; what workers ended with, if they failed."""
    if isinstance(error, WorkerError):
        return error.exit_code
    return MISUSED if all(map(_is_misuse, leaves(error))) else FAILED


def leaves(error: BaseException) -> Iterator[BaseException]:
    """The errors in a group and in the groups in it, each one once, with the notes of the groups."""
    seen: set[int] = set()
    for leaf in _leaves(error):
        if id(leaf) not in seen:
            seen.add(id(leaf))
            yield leaf


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if not isinstance(error, BaseExceptionGroup):
        yield error
        return
    for each in error.exceptions:
        for note in getattr(error, "__notes__", ()):
            if note not in getattr(each, "__notes__", ()):
                each.add_note(note)
        yield from _leaves(each)


def _is_misuse(error: BaseException) -> bool:
    if isinstance(error, PluginNotFoundError):
        return not error.asked_by  # it was named on the command line
    return isinstance(error, AddressError | CommandLineError | ConfigError)


def _paragraph(error: BaseException) -> str:
    if isinstance(error, RostraError):
        notes = (f"  {line}" for note in getattr(error, "__notes__", ()) for line in note.splitlines())
        return "\n".join([f"{type(error).__name__}: {error}", *notes])
    from rostra.log.tracebacks import begin_at_users_code

    told = TracebackException.from_exception(error)
    begin_at_users_code(told)
    return "".join(told.format()).rstrip()


def _is_inner(frame: FrameSummary) -> bool:
    from rostra.plugin import Place

    place = Place(frame.name, frame.filename, frame.lineno or 0)
    return place.is_ours or place.is_pythons or frame.filename.startswith((_clicks_folder(), "<frozen "))


def _clicks_folder() -> str:
    """Where frames of click's come from; no file begins with it if nobody has imported click."""
    click = sys.modules.get("click")
    return f"{Path(click.__file__ or '').parent}/" if click is not None else "<click>"


def is_of_users(frame: FrameSummary) -> bool:
    """Whether it is neither rostra's code nor Python's."""
    return not _is_inner(frame)
