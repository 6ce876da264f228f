"""``rostra secret``: asks resolvers of secrets, as settings would."""

import os
import sys

import click

from rostra.cli.options import seconds_option, settings_options

__all__ = ["command"]

_HELP = """Print one secret.

REF is what stands between ${ and } in settings: op:vault/item/field, file:/run/secrets/token, env:TOKEN. The settings
of the resolver itself come from the files, the environment and the options here, as for rostra run.

The exit code is 0 if it was printed, 2 if there is none, and 1 if the resolver failed, was denied, or did not answer.
"""


@click.group(help="Ask resolvers of secrets.")
def command() -> None:
    """Ask resolvers of secrets."""


@command.command(help=_HELP)
@click.argument("reference", metavar="REF")
@settings_options
@seconds_option("--timeout", "10", "How long the resolver may take.")
def get(
    *,
    reference: str,
    files: tuple[str, ...],
    env_prefix: str | None,
    overrides: tuple[str, ...],
    timeout: float,
) -> None:
    """Print one secret, with a newline if a person reads it."""
    from rostra.cli.awaiting import completed
    from rostra.cli.ending import reported
    from rostra.config import ConfigSource
    from rostra.config.asked import texts_of
    from rostra.config.references import MalformedError, Reference, parsed
    from rostra.config.resolving import Spot
    from rostra.errors import CommandLineError

    with reported():
        try:
            template = parsed(f"${{{reference}}}")
        except MalformedError:
            template = ()
        if not (len(template) == 1 and isinstance(template[0], Reference) and template[0].op):
            raise CommandLineError(
                "this is no reference to a secret",
                ("expected a resolver, a colon, and what it is asked for",),
                ("rostra secret get env:TOKEN", "rostra secret get file:/run/secrets/token"),
            )
        source = ConfigSource.from_files(*files, env_prefix=env_prefix, overrides=overrides)
        spot = Spot("the command", "", template)
        found = completed(texts_of(source, [spot], "the command", timeout=timeout))
    click.echo(os.fsencode(found[spot]), nl=sys.stdout.isatty())
