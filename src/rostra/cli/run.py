"""``rostra run``: a stage with the plugins that the user named, until they are done or told to stop.

Plain command lines are not read here, see ``rostra.cli.running``.
"""

from typing import Any

import click

from rostra.cli.options import plugin_arguments, seconds_option, settings_options, worker_options

__all__ = ["command"]

_HELP = """Run plugins until they are done or told to stop.

A PLUGIN is a file (service.py), a package's folder (src/orders), a module (orders.web), a function of one
(orders:prepare), or the name of an installed plugin (aiohttp). What it needs is imported from the working
directory, too. Plugins that the settings list are run before those that are typed; if they list all, none need
be typed: rostra run -c app.toml, with plugins = ["orders", "aiohttp"] in the file.

SIGTERM and Ctrl-C end it in order: work at hand is finished, then everything is put away. A second one cuts that
short. A terminal that closes (SIGHUP) ends it in order, too. The exit code is 0 if all was done or stopped in order,
1 if something failed, and 2 if the command or the settings are wrong.

With --workers the same runs in several processes, which share what they listen on. One that dies or hangs is replaced;
SIGHUP reads the settings and the code again and replaces one after another, SIGTTIN and SIGTTOU make it one more or less.
"""


@click.command(help=_HELP)
@plugin_arguments
@settings_options
@seconds_option("--start-timeout", "60", "How long a start may take.")
@seconds_option("--stop-timeout", "25", "How long a stop may take.")
@click.option(
    "--bind",
    "addresses",
    multiple=True,
    metavar="URI",
    help="Where to listen, in place of what the settings say: tcp://:8080, unix:///run/orders.sock?mode=660.",
)
@click.option("--reuse-port", is_flag=True, help="Let other processes listen on the same ports.")
@worker_options
@click.option("--log-format", type=click.Choice(["text", "json"]), help="What log lines look like.")
@click.option(
    "--loop",
    type=click.Choice(["asyncio", "uvloop"]),
    default="asyncio",
    show_default=True,
    help="The event loop.",
)
def command(**given: Any) -> None:
    """Run plugins on a stage."""
    from rostra.cli.running import run

    run(**given)
