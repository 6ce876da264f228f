"""Importing rostra, as a whole process, against importing only what it stands on."""

import subprocess
import sys
import time

from measure import ENVIRONMENT, compare

OURS = "from rostra import config, context, di, plugin"
DEPENDENCIES = "import attrs, cattrs, structlog"
LOOP = "import asyncio"


def seconds(statement: str) -> float:
    """How long a fresh interpreter takes for this statement; the best of five."""
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        command = [sys.executable, "-c", statement]
        subprocess.run(command, env=ENVIRONMENT, check=True, timeout=60, stdout=subprocess.DEVNULL)
        best = min(best, time.perf_counter() - began)
    return best


def main() -> None:
    """Print the ratios."""
    compare(
        "import attrs, cattrs, structlog / import asyncio",
        lambda: seconds(DEPENDENCIES),
        lambda: seconds(LOOP),
    )
    compare("import rostra's rooms / import asyncio", lambda: seconds(OURS), lambda: seconds(LOOP))
    compare(
        "import rostra's rooms / its dependencies",
        lambda: seconds(OURS),
        lambda: seconds(DEPENDENCIES),
        goal=1.1,
    )
    compare(
        "rostra --help / python -c 'import click'",
        lambda: seconds("import sys; sys.argv = ['rostra', '--help']\nfrom rostra.cli import main\nmain()"),
        lambda: seconds("import click"),
    )


if __name__ == "__main__":
    main()
