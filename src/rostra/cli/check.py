"""``rostra check``: everything that would keep plugins from starting, at once, without a server or a port."""

import sys
from typing import Literal

import click

from rostra.cli.options import color_option, plugin_arguments, seconds_option, settings_options

__all__ = ["command"]

_HELP = """Show everything that would keep plugins from starting.

Plugins, those that the settings list included, are prepared, and their settings, adapters and handlers checked; no
task is started, so neither a server nor a port is needed. Hints are about what works, but is perhaps not meant.

The exit code is 0 if all is in order, 2 if settings or the command are wrong, and 1 if something else is.
"""


@click.command(help=_HELP)
@plugin_arguments
@settings_options
@seconds_option("--start-timeout", "60", "How long preparing may take.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="What is written: text for people, or JSON for programs.",
)
@color_option
def command(
    *,
    plugins: tuple[str, ...],
    files: tuple[str, ...],
    env_prefix: str | None,
    overrides: tuple[str, ...],
    start_timeout: float,
    form: Literal["text", "json"],
    color: bool,
) -> None:
    """Check plugins."""
    from rostra.cli.examining import examine
    from rostra.cli.look import good, look, quiet
    from rostra.cli.problems import exit_code_of, reported_in, show_problems, write_findings
    from rostra.config import ConfigSource

    with reported_in(form):
        source = ConfigSource.from_files(*files, env_prefix=env_prefix, overrides=overrides)
        examined = examine(plugins, source, start_timeout=start_timeout)
    if form == "json":
        write_findings(examined.problems, examined.hints)
    else:
        paper = look(color=color)
        for hint in examined.hints:
            paper.line(quiet("hint: "), hint)
        show_problems(examined.problems, color=color)
        if not examined.problems:
            listed = [each.listed.name for each in examined.rehearsal.records if each.listed is not None]
            paper.line(", ".join((*listed, *plugins)), ": ", good("all is in order"))
    sys.exit(exit_code_of(examined.problems))
