"""What did the user type? The command ``rostra``, which prints and ends with an exit code.

0 means done, or stopped in order by a signal; 1 failed; 2 wrong usage or wrong settings. Nothing is imported
before it is known which command is meant, so that ``rostra --help`` and probes answer fast.
"""

__all__ = ["main"]


def main() -> None:
    """Run the command line and leave the process with its exit code."""
    from rostra.cli.commands import rostra

    rostra.main(prog_name="rostra")
