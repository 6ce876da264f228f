"""Commands that plugins add, to show what their own part of a stage is like: with the options that ours have."""

import sys
from collections.abc import Callable

import click

from rostra import plugin
from rostra.cli.options import color_option, plugin_arguments, seconds_option, settings_options

__all__ = ["showing"]


def showing(help_text: str, shown: Callable[[plugin.Rehearsal], str]) -> click.Command:
    """A command for the entry points of plugins (``rostra.commands``), which shows what a stage is made of.

    It takes plugins and the options of ``rostra check``, prepares them, starts nothing, and prints what ``shown`` says.
    If something keeps the plugins from starting, that is told instead, with the exit code of ``rostra check``.

    Args:
        help_text: What ``--help`` says.
        shown: Called with the ``rostra.plugin.Rehearsal`` while the stage stands; gives the text to print.

    Returns:
        A ``click.Command``.
    """

    @click.command(help=help_text)
    @plugin_arguments
    @settings_options
    @seconds_option("--start-timeout", "60", "How long preparing may take.")
    @color_option
    def command(
        *,
        plugins: tuple[str, ...],
        files: tuple[str, ...],
        env_prefix: str | None,
        overrides: tuple[str, ...],
        start_timeout: float,
        color: bool,
    ) -> None:
        from rostra.cli.examining import examine
        from rostra.cli.problems import exit_code_of, reported_in, show_problems
        from rostra.config import ConfigSource

        texts: list[str] = []
        with reported_in("text"):
            source = ConfigSource.from_files(*files, env_prefix=env_prefix, overrides=overrides)
            examined = examine(
                plugins, source, start_timeout=start_timeout, look=lambda seen: texts.append(shown(seen))
            )
        if examined.problems:
            show_problems(examined.problems, color=color)
        else:
            click.echo("\n".join(texts))
        sys.exit(exit_code_of(examined.problems))

    return command
