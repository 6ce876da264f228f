"""What did the user type? The command ``rostra``, which prints and ends with an exit code.

0 means done, or stopped in order by a signal; 1 failed; 2 wrong usage or wrong settings. Nothing is imported
before it is known which command is meant, so that ``rostra --help`` and probes answer fast.
"""

from collections.abc import Callable
from typing import Any

__all__ = ["main", "showing"]


def main() -> None:
    """Run the command line and leave the process with its exit code."""
    from rostra.cli.commands import rostra
    from rostra.cli.streams import written_whole

    with written_whole():
        rostra.main(prog_name="rostra")


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
