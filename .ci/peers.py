"""Installs the peers that benchmarks compare with, each by itself: one that cannot be had is named and left out.

Run by the Makefile as ``python .ci/peers.py FOLDER``, after the environment was made. Those of the group ``peers-apart`` need
other versions than we do of what both stand on: each gets an environment of its own, ``FOLDER/apart/NAME``.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

TREE = Path(__file__).resolve().parent.parent


def works(*command: str | Path) -> bool:
    """Whether a program is there and manages."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def install(python: Path, requirement: str) -> bool:
    """Whether one of the installers managed: pip where it is inside, else uv."""
    pip = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--upgrade", requirement]
    return works(*pip) or works(
        "uv", "pip", "install", "--quiet", "--upgrade", "--python", python, requirement
    )


def install_apart(folder: Path, requirement: str) -> bool:
    """Whether it is in an environment of its own."""
    python = folder / "bin" / "python"
    is_made = (
        works(python, "-c", "")
        or works(sys.executable, "-m", "venv", "--clear", folder)
        or works("uv", "venv", "--quiet", "--clear", "--python", sys.executable, folder)
    )
    return is_made and install(python, requirement)


def main(folder: Path) -> None:
    """Install the newest of each."""
    groups = tomllib.loads((TREE / "pyproject.toml").read_text())["dependency-groups"]
    beside = {each: install(folder / "bin" / "python", each) for each in groups["peers"]}
    apart = {
        each: install_apart(folder / "apart" / re.split(r"\W", each)[0], each)
        for each in groups["peers-apart"]
    }
    for requirement, is_there in {**beside, **apart}.items():
        if not is_there:
            print(f"· {requirement} cannot be installed and is left out", flush=True)


if __name__ == "__main__":
    main(TREE / sys.argv[1])
