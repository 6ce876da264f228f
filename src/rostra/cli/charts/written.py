"""A chart in the form that was asked for."""

from typing import Literal

import attrs
import click

from rostra.cli.charts.chart import Chart
from rostra.cli.charts.dot import dot
from rostra.cli.charts.mermaid import mermaid
from rostra.cli.charts.tree import trees
from rostra.cli.examining import Examined
from rostra.cli.look import look
from rostra.cli.problems import write_findings

__all__ = ["write"]


def write(
    chart: Chart, form: Literal["tree", "mermaid", "dot", "json"], examined: Examined, *, color: bool
) -> None:
    """Write a chart to standard output; JSON with the problems and hints that were found."""
    match form:
        case "tree":
            paper = look(color=color)
            for tree in trees(chart):
                paper.tree(tree)
        case "mermaid":
            click.echo(mermaid(chart))
        case "dot":
            click.echo(dot(chart))
        case "json":
            write_findings(examined.problems, examined.hints, **attrs.asdict(chart))
