"""``rostra probe``: asks a running stage of this user how it is, without HTTP, and answers by the exit code."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import click

from rostra.cli.options import seconds_option

__all__ = ["command"]

_HELP = """Ask a running stage whether it is well.

\b
live     Does its event loop turn? It asks nothing else.
startup  Has it started?
ready    Should it be given work? It runs, and all its checks are well.

The exit code is 0 for yes, and 1 for no or no answer. With one stage running, no option is needed. Of several workers
one that says yes is enough.
"""


@click.command(help=_HELP)
@click.argument("question", type=click.Choice(["live", "ready", "startup"]))
@click.option("--pid", type=int, help="The process to ask, if several stages run.")
@click.option(
    "--socket", type=click.Path(path_type=Path), help="The socket to ask, if it is not where it usually is."
)
@seconds_option("--timeout", "5", "How long an answer may take.")
def command(
    *, question: Literal["live", "ready", "startup"], pid: int | None, socket: Path | None, timeout: float
) -> None:
    """Ask a running stage."""
    if pid is not None and socket is not None:
        raise click.UsageError("--pid and --socket both say whom to ask; give one of them.")
    from rostra.cli import sockets
    from rostra.cli.ending import reported
    from rostra.cli.report import FAILED

    with reported():
        report = _answer((socket,) if socket is not None else sockets.chosen(pid), question, timeout)
    click.echo(f"{question}: {'yes' if report.is_well else 'no'}")
    width = max((len(result.name) for result in report.results), default=0)
    for result in report.results:
        ever = (
            "not since it was first asked"
            if result.since_success is None
            else f"{result.since_success:.0f} s ago"
        )
        found = "well" if result.is_well else f"{result.error} (last well: {ever})"
        click.echo(f"  {result.name:<{width}}  {found}")
    sys.exit(0 if report.is_well else FAILED)


def _answer(paths: Sequence[Path], question: Literal["live", "ready", "startup"], timeout: float) -> Any:
    """What the first one answers that says yes, else the first one that answers at all.

    Raises:
        ProbeError: None answers.
    """
    from rostra import health
    from rostra.errors import ProbeError

    answers: list[health.Report] = []
    problems: list[ProbeError] = []
    for path in paths:
        try:
            answers.append(health.ask(path, question, timeout / len(paths)))
        except ProbeError as error:
            problems.append(error)
    if not answers:
        raise problems[0]
    return next((each for each in answers if each.is_well), answers[0])
