"""The options that several commands share: which plugins, with which settings, and how long."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

__all__ = ["color_option", "plugin_arguments", "seconds_option", "settings_options", "worker_options"]

Command = TypeVar("Command", bound=Callable[..., Any])


def seconds_option(name: str, default: str, help_line: str) -> Callable[[Command], Command]:
    """An option that takes seconds, or a duration such as ``1m30s``, and gives a float."""
    return click.option(
        name, default=default, show_default=True, metavar="SECONDS", callback=_seconds, help=help_line
    )


def color_option(command: Command) -> Command:
    """Take ``color``, for ``look``."""
    return click.option("--no-color", "color", flag_value=False, default=True, help=_NO_COLOR)(command)


def plugin_arguments(command: Command) -> Command:
    """Take plugins as ``plugins``; none, where the settings list them."""
    return click.argument("plugins", nargs=-1, metavar="[PLUGIN]...")(command)


def settings_options(command: Command) -> Command:
    """Take ``files``, ``env_prefix`` and ``overrides``."""
    for option in (
        click.option(
            "--set", "overrides", multiple=True, metavar="KEY=VALUE", callback=_assignments, help=_SET
        ),
        click.option("--env-prefix", metavar="APP", help=_ENV_PREFIX),
        click.option("-c", "--config", "files", multiple=True, metavar="FILE", help=_CONFIG),
    ):
        command = option(command)
    return command


def worker_options(command: Command) -> Command:
    """Take ``workers``, ``watch``, ``heartbeat``, ``preload``, ``most_requests`` and ``most_memory``."""
    for option in (
        click.option(
            "--max-memory", "most_memory", default="0", metavar="SIZE", callback=_size, help=_MAX_MEMORY
        ),
        click.option(
            "--max-requests",
            "most_requests",
            default="0",
            metavar="N[+-M]",
            callback=_about,
            help=_MAX_REQUESTS,
        ),
        click.option("--preload", is_flag=True, help=_PRELOAD),
        click.option("--watch", is_flag=True, help=_WATCH),
        seconds_option("--heartbeat", "30", _HEARTBEAT),
        click.option(
            "--workers", default=1, show_default=True, type=click.IntRange(min=0), metavar="N", help=_WORKERS
        ),
    ):
        command = option(command)
    return command


_CONFIG = "A file of settings. Several are read in the order given; later ones win."
_ENV_PREFIX = "Read settings from the environment, too: [http] port from APP_HTTP_PORT."
_NO_COLOR = "No colours on a terminal; NO_COLOR in the environment says the same."
_SET = "One setting, such as http.port=8081. It wins over files and the environment."
_WORKERS = "In how many processes to run; 0 is one for each CPU."
_HEARTBEAT = "How long a worker's loop may give no sign of life before the worker is replaced; 0 is for ever."
_WATCH = "Start anew whenever code, templates or settings were saved; what does not start leaves the old ones serving."
_PRELOAD = "Import the plugins before the workers are forked, so that these share the memory."
_MAX_REQUESTS = "Replace a worker after so many requests; 1000+-100 varies that by chance."
_MAX_MEMORY = "Replace a worker that uses more memory than, say, 512MiB."


def _assignments(_: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    for number, each in enumerate(given, 1):
        key, equals, _value = each.partition("=")
        if not key.strip() or not equals:  # what was typed may be a secret
            raise click.BadParameter(
                f"number {number} sets nothing; write it as http.port=8081.", param=parameter
            )
    return given


def _seconds(_: click.Context, parameter: click.Parameter, given: str) -> float:
    from rostra.config import Duration

    try:
        return float(Duration(given))
    except ValueError:
        msg = f'"{given}" is no duration; write it as 90, 90s or 1m30s.'
        raise click.BadParameter(msg, param=parameter) from None


def _size(_: click.Context, parameter: click.Parameter, given: str) -> int:
    from rostra.config import Bytes

    try:
        return int(Bytes(given))
    except ValueError:
        msg = f'"{given}" is no size; write it as 512MiB.'
        raise click.BadParameter(msg, param=parameter) from None


def _about(_: click.Context, parameter: click.Parameter, given: str) -> tuple[int, int]:
    """A number, and by how much it may differ: ``1000+-100``, or with the sign that few keyboards have."""
    most, _sign, jitter = given.replace("\N{PLUS-MINUS SIGN}", "+-").partition("+-")
    if not (most.strip().isdecimal() and (not jitter or jitter.strip().isdecimal())):
        msg = f'"{given}" is no number of requests; write it as 1000, or as 1000+-100.'
        raise click.BadParameter(msg, param=parameter)
    return int(most), int(jitter or 0)
