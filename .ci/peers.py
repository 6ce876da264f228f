"""Installs the peers that benchmarks compare with, each by itself: one that cannot be had is named and left out.

Run by the Makefile as ``python .ci/peers.py FOLDER``, after the environment was made.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

TREE = Path(__file__).resolve().parent.parent


def installers(python: Path) -> list[list[str]]:
    """What can install into this environment: pip where it is inside, else uv."""
    return [
        [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check"],
        ["uv", "pip", "install", "--quiet", "--python", str(python)],
    ]


def install(python: Path, requirement: str) -> bool:
    """Whether one of the installers managed."""
    for command in installers(python):
        try:
            done = subprocess.run([*command, "--upgrade", requirement], capture_output=True, check=False)
        except OSError:
            continue
        if done.returncode == 0:
            return True
    return False


def main(folder: Path) -> None:
    """Install the newest of each."""
    groups = tomllib.loads((TREE / "pyproject.toml").read_text())["dependency-groups"]
    for requirement in groups["peers"]:
        if not install(folder / "bin" / "python", requirement):
            print(f"· {requirement} cannot be installed and is left out", flush=True)


if __name__ == "__main__":
    main(TREE / sys.argv[1])
