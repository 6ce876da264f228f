"""What did the user type? The command ``rostra``, which prints and ends with an exit code.

0 means done, or stopped in order by a signal; 1 failed; 2 wrong usage or wrong settings. Nothing is imported
before it is known which command is meant, so that ``rostra --help`` and probes answer fast.
"""

import os
import sys
from collections.abc import Callable
from typing import NoReturn

from rostra.doors import on_demand
from rostra.garbage import uncollected

__all__ = ["acting", "main", "showing"]  # pyright: ignore[reportUnsupportedDunderAll]  (see the stub)

_HOMES = {"acted": ("acting",), "added": ("showing",)}
__getattr__, __dir__ = on_demand(__name__, _HOMES)

_COMPLETING = "_ROSTRA_COMPLETE"
"""The variable by which a shell asks click for what may be typed next."""


def main() -> None:
    """Run the command line and leave the process with its exit code."""
    from rostra.cli.ending import written_whole
    from rostra.cli.running import plainly, run

    with written_whole():
        plain = None if _COMPLETING in os.environ else plainly(sys.argv[1:])
        if plain is not None:
            _ending_as_click_does(lambda: run(**plain._asdict()))
        else:
            with uncollected():
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
