"""``rostra check``: everything that would keep plugins from starting, at once, without a server or a port."""

import sys

import click

from rostra.cli.options import plugin_arguments, seconds_option, settings_options

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
def command(
    *,
    plugins: tuple[str, ...],
    files: tuple[str, ...],
    env_prefix: str | None,
    overrides: tuple[str, ...],
    start_timeout: float,
) -> None:
    """Check plugins."""
    from rostra.cli.examining import examine
    from rostra.cli.report import exit_code, reported, worded
    from rostra.config import ConfigSource

    with reported():
        source = ConfigSource.from_files(*files, env_prefix=env_prefix, overrides=overrides)
        examined = examine(plugins, source, start_timeout=start_timeout)
    for hint in examined.hints:
        click.echo(f"hint: {hint}")
    if examined.problems:
        found = ExceptionGroup("problems", examined.problems)
        click.echo(worded(found), err=True)
        sys.exit(exit_code(found))
    listed = [each.listed.name for each in examined.rehearsal.records if each.listed is not None]
    click.echo(f"{', '.join((*listed, *plugins))}: all is in order")
