"""``rostra render``: prints a file with its ``${…}`` replaced, and everything else as it is."""

import os
import sys
from pathlib import Path

import click

from rostra.cli.options import seconds_option, settings_options
from rostra.cli.places import FORMATS

__all__ = ["command"]

_HELP = """Print FILE with its ${...} replaced; - is standard input.

\b
${NAME} ${db.host}     a name: of an overlay, else a variable, else a setting
${NAME:-default}       the default, if there is none or if it is empty
${op:reference}        what a resolver of secrets gives: env, file, installed ones
$${                    is ${

Overlays win over the environment, and that over the settings of -c, --env-prefix and --set. Comments, quotes and
layout stay as they are; what is replaced is never read again. In YAML, TOML, JSON, INI and dotenv files, known by
their suffix, a value is escaped as its place needs it, and refused where the file would say something else with it.

The exit code is 0 if all was replaced, 2 if names are missing or the file is wrong, and 1 if a resolver failed.
"""


@click.command(help=_HELP)
@click.argument("file")
@click.option("--overlay", "overlays", multiple=True, metavar="FILE", help="Names; later files win.")
@settings_options
@click.option("-o", "--output", metavar="OUT", help="Write there, readable by its owner only.")
@click.option("--format", "kind", type=click.Choice(FORMATS), help="The format, if the suffix does not tell.")
@seconds_option("--timeout", "10", "How long resolvers may take, all together.")
def command(
    *,
    file: str,
    overlays: tuple[str, ...],
    files: tuple[str, ...],
    env_prefix: str | None,
    overrides: tuple[str, ...],
    output: str | None,
    kind: str | None,
    timeout: float,
) -> None:
    """Render a file."""
    from rostra.cli.ending import reported
    from rostra.cli.filling import filled
    from rostra.cli.lookup import Names
    from rostra.cli.places import format_of
    from rostra.cli.written import write_privately
    from rostra.config import ConfigSource

    with reported():
        settings = ConfigSource.from_files(*files, env_prefix=env_prefix, overrides=overrides)
        names = Names(ConfigSource.from_files(*overlays, environ={}), settings)
        content = _content(file)
        text = filled(file, content.removeprefix("\ufeff"), kind or format_of(file), names, timeout)
        made = content[: len(content) - len(content.removeprefix("\ufeff"))] + text
        encoded = made.encode("utf-8", "surrogateescape")
        if output is not None:
            write_privately(Path(output), encoded)
    if output is None:
        click.echo(encoded, nl=False)


def _content(file: str) -> str:
    """A file byte by byte."""
    from rostra.config.formats.content import MOST_SETTINGS_BYTES
    from rostra.errors import CommandLineError

    try:
        with sys.stdin.buffer if file == "-" else open(file, "rb") as opened:  # noqa: PTH123  (pathlib takes long)
            content = opened.read(MOST_SETTINGS_BYTES + 1)
    except OSError as error:
        raise CommandLineError(f"{file} cannot be read", (os.strerror(error.errno or 0),)) from None
    if len(content) > MOST_SETTINGS_BYTES:
        raise CommandLineError(f"{file} is larger than {MOST_SETTINGS_BYTES // 1024**2} MiB")
    try:
        return content.decode()
    except UnicodeDecodeError:
        pass
    raise CommandLineError(f"{file} holds binary data, not text in UTF-8")
