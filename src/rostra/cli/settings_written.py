"""What ``rostra config`` writes to standard output."""

from typing import Any

import click

from rostra.cli.look import Line, look, origin, quiet
from rostra.cli.problems import write_findings
from rostra.cli.sections import Sections
from rostra.cli.settings_shown import as_data, as_toml, as_tree
from rostra.cli.variables_shown import COLUMNS, as_rows, variables
from rostra.cli.variables_shown import as_data as variables_as_data
from rostra.config.effective import unclaimed
from rostra.config.environment import FILE
from rostra.config.schema import schema
from rostra.config.template import Format
from rostra.config.template import template as template_of
from rostra.config.tree import dotted
from rostra.config.written import in_json

__all__ = ["environment", "json_schema", "settings", "template"]


def settings(found: Sections, shape: str, *, color: bool) -> bool:
    """Write the settings as they are.

    Args:
        found: What reads them.
        shape: ``tree``, ``toml`` or ``json``.
        color: Colours may be used.

    Returns:
        Whether all of them are right.
    """
    sections = found.effective()
    hints = found.hints()
    if shape == "json":
        write_findings(found.problems(), hints, **as_data(sections))
    elif shape == "toml":
        click.echo(as_toml(sections, hints), nl=False)
    else:
        to = look(color=color)
        to.tree(as_tree(found.title, sections))
        if not found.plugins:
            _unclaimed(found, to)
        for hint in hints:
            to.line(quiet("hint: "), hint)
    return not any(section.mistakes for section in sections)


def _unclaimed(found: Sections, to: Any) -> None:
    """What the files and options say that nobody here reads: without values, of which any may be a secret."""
    rows: list[tuple[Line, ...]] = [
        (dotted(path), quiet(kind), origin(said_by)) for path, kind, said_by in unclaimed(found.source)
    ]
    if rows:
        to.line()
        to.line(
            "Who reads the rest, and what of it is secret, only plugins know: name them to see the values."
        )
        to.table(("setting", "value", "said by"), rows)


def template(found: Sections, written_as: Format) -> None:
    """Write a file to begin with."""
    click.echo(template_of(found.described(), written_as, found.variable, f"{found.title}."), nl=False)


def json_schema(found: Sections) -> None:
    """Write the schema of a file."""
    click.echo(in_json(schema(found.described(), found.title), indent=2))


def environment(found: Sections, *, is_json: bool, color: bool) -> None:
    """Write the variables: as a table, or as JSON."""
    known = variables(found.source, found.described(with_parts=True))
    if is_json:
        write_findings(found.problems(), found.hints(), **variables_as_data(known))
    else:
        to = look(color=color)
        to.table(COLUMNS, as_rows(known))
        to.line()
        to.line(f"Each may have {FILE} behind its name: then it names a file with the value.")
