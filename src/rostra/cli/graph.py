"""``rostra graph``: what a stage is made of, and what is made of what, without starting it."""

import sys
from typing import Literal

import click

from rostra.cli.options import color_option, plugin_arguments, seconds_option, settings_options

__all__ = ["command"]

_HELP = """Show what a stage is made of.

Plugins are prepared and looked at; no task is started, so neither a server nor a port is needed. Shown are plugins
with who loaded them and how long that took, and what each brought: sections of the settings, components, adapters,
handlers, tasks. Of what takes parameters, where each one comes from. Settings are never shown.

\b
tree     for people; with colours on a terminal
mermaid  a flowchart for Markdown
dot      a graph for graphviz: rostra graph --format dot myapp | dot -Tsvg > stage.svg
json     for programs, with the problems and hints of rostra check

A plugin that cannot be prepared is shown with its error, and the others all the same. The exit code is that of
rostra check.
"""


@click.command(help=_HELP)
@plugin_arguments
@settings_options
@seconds_option("--start-timeout", "60", "How long preparing may take.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["tree", "mermaid", "dot", "json"]),
    default="tree",
    show_default=True,
    help="What it looks like.",
)
@color_option
def command(
    *,
    plugins: tuple[str, ...],
    files: tuple[str, ...],
    env_prefix: str | None,
    overrides: tuple[str, ...],
    start_timeout: float,
    form: Literal["tree", "mermaid", "dot", "json"],
    color: bool,
) -> None:
    """Show a stage."""
    from rostra.cli.charts.chart import Chart
    from rostra.cli.charts.charting import chart_of
    from rostra.cli.charts.written import write
    from rostra.cli.examining import examine
    from rostra.cli.problems import exit_code_of, reported_in, show_problems
    from rostra.config import ConfigSource

    charts: list[Chart] = []
    with reported_in(form):
        source = ConfigSource.from_files(*files, env_prefix=env_prefix, overrides=overrides)
        examined = examine(
            plugins, source, start_timeout=start_timeout, look=lambda seen: charts.append(chart_of(seen))
        )
    for chart in charts:
        write(chart, form, examined, color=color)
    if form != "json":
        show_problems(examined.problems, color=color)
    sys.exit(exit_code_of(examined.problems))
