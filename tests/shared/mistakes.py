"""What rostra prints for common mistakes, and the page that shows it.

``python tests/shared/mistakes.py`` writes the page anew after a wording changed; the difference is then there to be read.
"""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "docs/examples/mistakes"
PAGE = ROOT / "docs/how-to/read-an-error.rst"
SESSION = re.compile(r"^   \$ (?P<command>.*rostra .*)\n(?P<printed>(?:   .*\n|\n)+)", re.MULTILINE)


def sessions() -> list[tuple[str, str]]:
    """The commands of the page and what it shows for each."""
    return [
        (session["command"], textwrap.dedent(session["printed"]).strip())
        for session in SESSION.finditer(PAGE.read_text() + "\n")
    ]


def printed_by(command: str) -> str:
    """What a command prints to stderr in the folder of mistakes, but for the lines of the log."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=PROGRAMS,
        env={**os.environ, "PATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    told = [line for line in done.stderr.split("\n") if not line.startswith('{"timestamp"')]
    return "\n".join(told).replace(f"{PROGRAMS}/", "").strip()


def rewritten(session: "re.Match[str]") -> str:
    """A session of the page with what is printed now."""
    command = session["command"]
    return textwrap.indent(f"$ {command}\n{printed_by(command)}", "   ").rstrip() + "\n\n"


if __name__ == "__main__":
    PAGE.write_text(SESSION.sub(rewritten, PAGE.read_text() + "\n").rstrip() + "\n")
