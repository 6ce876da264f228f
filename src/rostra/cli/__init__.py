"""What did the user type? The command ``rostra``, which prints and ends with an exit code.

0 means done, or stopped in order by a signal; 1 failed; 2 wrong usage or wrong settings. Nothing is imported
before it is known which command is meant, so that ``rostra --help`` and probes answer fast.
"""

import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NoReturn

from rostra.garbage import collected_seldom

__all__ = ["acting", "main", "showing"]

_COMPLETING = "_ROSTRA_COMPLETE"
"""The variable by which a shell asks click for what may be typed next."""


def main() -> None:
    """Run the command line and leave the process with its exit code."""
    from rostra.cli.plain import plainly
    from rostra.cli.streams import written_whole

    with written_whole():
        plain = None if _COMPLETING in os.environ else plainly(sys.argv[1:])
        if plain is not None:
            from rostra.cli.running import run

            _ending_as_click_does(lambda: run(**plain._asdict()))
        else:
            with collected_seldom():
                from rostra.cli.commands import rostra

            rostra.main(prog_name="rostra")


def _ending_as_click_does(act: Callable[[], None]) -> NoReturn:
    """Do what needs no click unless it fails by Ctrl-C, or by an exception of click's, which plugins may raise."""
    try:
        act()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  (it is raised again)
        from click import Command

        failure = error
    else:
        sys.exit(0)

    def fail() -> None:
        raise failure

    Command("rostra", callback=fail).main([], prog_name="rostra")


def showing(help_text: str, shown: Callable[[Any], str]) -> Any:
    """A command for the entry points of plugins (``rostra.commands``), which shows what a stage is made of.

    It takes plugins and the options of ``rostra check``, prepares them, starts nothing, and prints what ``shown`` says.
    If something keeps the plugins from starting, that is told instead, with the exit code of ``rostra check``.

    Args:
        help_text: What ``--help`` says.
        shown: Called with the ``rostra.plugin.Rehearsal`` while the stage stands; gives the text to print.

    Returns:
        A ``click.Command``.
    """
    from rostra.cli.added import made

    return made(help_text, shown)


def acting(
    help_text: str,
    act: Callable[..., Awaitable[None]],
    *parameters: Any,
    plugin: str,
    look: Callable[[Any], Mapping[str, Any]] | None = None,
    before: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None,
) -> Any:
    """A command for the entry points of plugins (``rostra.commands``), which does something once.

    It takes the settings as ``rostra run`` does, and runs ``act`` as the task of a stage with one plugin; those that the
    settings list are left out, and settings that nobody reads are not told. Errors and exit codes are those of ``rostra run``; Ctrl-C ends it in order.

    Args:
        help_text: What ``--help`` says.
        act: A coroutine function. Its parameters are the values of ``parameters`` by name; ``say``, which prints a line;
            and whatever the stage has, by type.
        parameters: Arguments and options, as ``click.Argument`` and ``click.Option``.
        plugin: Which plugin it needs.
        look: If there is one, the command takes plugins, too, and prepares them first as ``rostra check`` does: this is
            called with the ``rostra.plugin.Rehearsal``, and gives ``act`` more values by name.
        before: If there is one, it is called with the values of ``parameters`` before anything else, and gives those that
            ``act`` takes instead: to refuse what was typed before the stage is prepared.

    Returns:
        A ``click.Command``.
    """
    from rostra.cli.acted import made

    return made(help_text, act, parameters, plugin, look, before)
