"""``rostra config``: the settings that plugins read, who said what, and files to begin with."""

import sys
from collections.abc import Sequence
from typing import Any

import click

from rostra.cli.options import color_option, plugin_arguments, seconds_option, settings_options

__all__ = ["command"]

_HELP = """Show the settings that plugins read, and who said what.

Plugins are prepared, as by `rostra check`, and no task is started. Secrets are shown by nothing here. Without a
PLUGIN, those that the files name are taken.

The exit code is 0 if the settings are right, 2 if they or the command are wrong, and 1 if a plugin cannot be
prepared, so that some of its settings may not be shown.
"""

_TEMPLATES = ("toml", "yaml")


class _TemplateOption(click.Option):
    """``--template``, with or without a format behind it: what else stands there is a plugin."""

    def type_cast_value(self, ctx: click.Context, value: Any) -> Any:
        if value is None or value in _TEMPLATES:
            return value
        ctx.meta[__name__] = value
        return "toml"


@click.command(help=_HELP)
@plugin_arguments
@settings_options
@click.option(
    "--format",
    "shape",
    type=click.Choice(["tree", "toml", "json"]),
    help="How to show them; a tree is the default.",
)
@click.option(
    "--template", cls=_TemplateOption, is_flag=False, flag_value="toml", metavar="[toml|yaml]",
    help="Write a file to begin with: every setting with its documentation and its default.",
)  # fmt: skip
@click.option("--json-schema", is_flag=True, help="Write the JSON Schema of such a file, for editors.")
@click.option("--env", is_flag=True, help="List the variables that there are, and whether they are set.")
@seconds_option("--start-timeout", "60", "How long preparing may take.")
@color_option
@click.pass_context
def command(
    ctx: click.Context,
    *,
    plugins: tuple[str, ...],
    files: tuple[str, ...],
    env_prefix: str | None,
    overrides: tuple[str, ...],
    shape: str | None,
    template: str | None,
    json_schema: bool,
    env: bool,
    start_timeout: float,
    color: bool,
) -> None:
    """Show settings."""
    if __name__ in ctx.meta:
        plugins = (ctx.meta[__name__], *plugins)
    _refuse_at_once(template, shape, json_schema=json_schema, env=env, env_prefix=env_prefix)
    from rostra.cli import settings_written as written
    from rostra.cli.problems import reported_in
    from rostra.cli.sections import sections_read_by
    from rostra.config import ConfigSource

    with reported_in(shape or "tree"):
        source = ConfigSource.from_files(*files, env_prefix=env_prefix, overrides=overrides)
        with_values = template is None and not (json_schema or env)
        found = sections_read_by(plugins, source, start_timeout, with_values=with_values)
    is_right = True
    if template is not None:
        written.template(found, "yaml" if template == "yaml" else "toml")
    elif json_schema:
        written.json_schema(found)
    elif env:
        written.environment(found, is_json=shape == "json", color=color)
    else:
        is_right = written.settings(found, shape or "tree", color=color)
    _end(found.problems(), is_right=is_right, are_told=shape == "json")


def _refuse_at_once(
    template: str | None, shape: str | None, *, json_schema: bool, env: bool, env_prefix: str | None
) -> None:
    chosen = [
        name
        for name, given in (
            ("--template", template is not None),
            ("--json-schema", json_schema),
            ("--env", env),
        )
        if given
    ]
    if len(chosen) > 1:
        raise click.UsageError(f"{' and '.join(chosen)} each write something of their own; give one of them.")
    if shape and chosen and (chosen != ["--env"] or shape == "toml"):
        raise click.UsageError(f"--format {shape} says nothing about {chosen[0]}.")
    if env and not env_prefix:
        raise click.UsageError("No variables are read without a prefix; give one, as in --env-prefix APP.")


def _end(problems: Sequence[Exception], *, is_right: bool, are_told: bool) -> None:
    """Tell the problems, if they have not been told, and leave the process with the exit code that follows."""
    from rostra.cli.problems import exit_code_of
    from rostra.cli.report import MISUSED, worded

    if problems and not are_told:
        click.echo(worded(ExceptionGroup("problems", list(problems))), err=True)
    sys.exit(exit_code_of(problems) or (0 if is_right else MISUSED))
