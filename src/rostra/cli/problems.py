"""How is what was found wrong told to people and to programs? For the commands that look and start nothing."""

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from traceback import extract_tb
from typing import Any

import click

from rostra.cli.ending import reported
from rostra.cli.look import Line, look, name, wrong
from rostra.cli.report import exit_code, is_of_users, leaves, worded
from rostra.errors import ConfigError, RostraError, shortened

__all__ = ["MAY_FOLLOW", "exit_code_of", "reported_in", "show_problems", "write_findings"]

VERSION = 1
"""Of what is written as JSON: a higher one when something is renamed or left out, the same when it is added."""

_FIRST = re.compile(r"(?P<name>[\w.]+)(?P<rest>: .*)?")
_LABEL = re.compile(
    r"(?P<before> *)(?P<label>where|why|to fix:?|given:|in context:|near misses:|adapters:)(?P<rest> .*)"
)


MAY_FOLLOW = "it may follow from what failed; check again when that is mended"
"""The note of problems that are perhaps none."""


def exit_code_of(problems: Sequence[Exception]) -> int:
    """0 without problems, 2 if nothing but settings or the command is wrong, else 1; what may only follow does not count."""
    counting = [each for each in problems if MAY_FOLLOW not in getattr(each, "__notes__", ())]
    return exit_code(ExceptionGroup("problems", counting)) if counting else 0


def show_problems(problems: Sequence[Exception], *, color: bool) -> None:
    """Write them to standard error, as ``rostra run`` would."""
    if problems:
        paper = look(color=color, stream=sys.stderr)
        paper.lines(_lines(problems))


@contextmanager
def reported_in(form: str) -> Iterator[None]:
    """End the process with its exit code if the body fails: with the errors in JSON if that is the form, else in words."""
    if form != "json":
        with reported():
            yield
        return
    try:
        yield
    except (click.exceptions.Exit, click.ClickException):
        raise
    except Exception as error:  # noqa: BLE001  (it is written here and nowhere else)
        write_findings([each for each in leaves(error) if isinstance(each, Exception)], ())
        sys.exit(exit_code(error))


def write_findings(problems: Sequence[Exception], hints: Sequence[str], **more: Any) -> None:
    """Write what was found to standard output, as JSON."""
    from rostra.config.written import in_json

    told = {"version": VERSION, **more, "problems": _problems_as_data(problems), "hints": hints}
    click.echo(in_json(told, indent=2))


def _problems_as_data(problems: Sequence[Exception]) -> list[dict[str, Any]]:
    """As JSON has them."""
    return [_as_data(each) for each in problems]


def _lines(problems: Sequence[Exception]) -> Iterator[Line]:
    titles = {type(each).__name__ for each in problems}
    for line in worded(ExceptionGroup("problems", problems)).splitlines():
        found, label = _FIRST.fullmatch(line), _LABEL.fullmatch(line)
        if found and found["name"].rpartition(".")[2] in titles:
            yield wrong(found["name"]), found["rest"] or ""
        elif label:
            yield label["before"], name(label["label"]), label["rest"]
        else:
            yield line


def _as_data(problem: Exception) -> dict[str, Any]:
    told: dict[str, Any] = {"type": type(problem).__name__}
    if isinstance(problem, RostraError):
        parts = problem.parts()
        told |= {"what": parts.what, "where": parts.where, "why": parts.why, "fix": parts.fix}
    else:
        told |= {"what": str(problem), "where": tuple(_places(problem)), "why": (), "fix": ()}
    if isinstance(problem, ConfigError):
        told["settings"] = [
            {"setting": each.setting, "reason": each.reason, "origin": each.origin}
            for each in problem.mistakes
        ]
    return {**told, "notes": getattr(problem, "__notes__", ())}


def _places(problem: Exception) -> Iterator[str]:
    """Where in the user's code it was raised, outermost first."""
    for frame in extract_tb(problem.__traceback__):
        if is_of_users(frame):
            yield f"{shortened(frame.filename)}:{frame.lineno}"
