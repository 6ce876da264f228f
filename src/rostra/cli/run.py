"""``rostra run``: a stage with the plugins that the user named, until they are done or told to stop.

What a stage needs takes long to import; the modules of commands import it when they are called.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import click

from rostra.cli.options import plugin_arguments, seconds_option, settings_options, worker_options
from rostra.garbage import collected_seldom

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
def command(
    *,
    plugins: tuple[str, ...],
    files: tuple[str, ...],
    env_prefix: str | None,
    overrides: tuple[str, ...],
    start_timeout: float,
    stop_timeout: float,
    addresses: tuple[str, ...],
    reuse_port: bool,
    workers: int,
    heartbeat: float,
    watch: bool,
    preload: bool,
    most_requests: tuple[int, int],
    most_memory: int,
    log_format: str | None,
    loop: str,
) -> None:
    """Run plugins on a stage."""
    with collected_seldom():
        from rostra import plugin
        from rostra.cli import answering
        from rostra.cli.naming import plugins_named, see_working_directory
        from rostra.cli.report import reported
        from rostra.config import ConfigSource
        from rostra.plugin.finding import LISTED

    with reported():
        if log_format is not None:
            overrides = (*overrides, f"logging.format={log_format}", f"logging.formatter={log_format}")
        see_working_directory()
        source = ConfigSource.from_files(*files, env_prefix=env_prefix, overrides=overrides)
        named = plugins_named(plugins, source)
        stage: dict[str, Any] = {
            "config": source,
            "start_timeout": start_timeout,
            "stop_timeout": stop_timeout,
            "loop_factory": _loop_factory(loop),
        }
        watched = _watched(files, preload=preload) if watch else None
        if workers != 1 or watch or any(most_requests) or most_memory:
            from rostra import fork

            fork.stage(
                answering,
                LISTED,
                *named,
                forks=workers,
                sockets=addresses,
                reuse_port=reuse_port,
                heartbeat=heartbeat,
                preload=preload,
                watch=watched,
                recycling=fork.Recycling(*most_requests, most_memory),
                reported=_reported_of(os.getpid()),
                where="--bind",
                **stage,
            )
        else:
            components, supervised = _given(addresses, reuse_port)
            plugin.stage(answering, *supervised, LISTED, *named, components=components, **stage)


def _reported_of(parent: int) -> Callable[[], AbstractContextManager[None]]:
    """How a worker runs: what goes wrong is printed as always, and probes find it by its parent."""
    from rostra.cli.report import reported
    from rostra.cli.sockets import worker_of

    @contextmanager
    def in_a_worker() -> Iterator[None]:
        with worker_of(parent), reported():
            yield

    return in_a_worker


def _given(addresses: tuple[str, ...], reuse_port: bool) -> tuple[Any, tuple[str, ...]]:
    """What a lone process is given from outside, and the plugin that tells systemd how it is; mostly neither."""
    if not (addresses or reuse_port or "LISTEN_FDS" in os.environ or "NOTIFY_SOCKET" in os.environ):
        return None, ()
    from rostra.fork import lone

    return lone.given(addresses, reuse_port=reuse_port), (lone.__name__,)


def _watched(files: tuple[str, ...], *, preload: bool) -> Any:
    """What is watched, if it can be.

    Raises:
        CommandLineError: It cannot.
    """
    from importlib.util import find_spec

    from rostra import fork
    from rostra.errors import CommandLineError

    if find_spec("watchfiles") is None:
        raise CommandLineError("watchfiles is not installed", fix=('pip install "rostra[watch]"',))
    if preload:
        why = ("what is imported before the workers are forked is never imported anew",)
        raise CommandLineError("--watch and --preload exclude each other", why, ("leave out one of them",))
    return fork.Watched.of_here(files)


def _loop_factory(name: str) -> Callable[[], Any] | None:
    if name == "asyncio":
        return None
    try:
        from uvloop import new_event_loop
    except ImportError:
        from rostra.errors import CommandLineError

        raise CommandLineError("uvloop is not installed", fix=('pip install "rostra[uvloop]"',)) from None
    return new_event_loop
