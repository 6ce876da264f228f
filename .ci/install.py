"""Makes a virtual environment and installs everything that developers of rostra need into it.

Run by the Makefile as ``python .ci/install.py FOLDER [CONSTRAINTS [GROUP…]]``. Every project of the tree (the root and
each folder of plugins/) is installed editable, with the named dependency groups or, where none is named, all of them, so
that a new plugin is a new folder and nothing else. Peers to compare with are for nobody who does not name them.
Where packages come from is the affair of the user's own uv or pip configuration.
"""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

TREE = Path(__file__).resolve().parent.parent


def say(text: str) -> None:
    """Tell the user what takes so long."""
    print(f"· {text}", flush=True)


def run(*command: str | Path) -> bool:
    """Run a command, showing what it prints; True if it succeeded."""
    return subprocess.run(command, cwd=TREE, check=False).returncode == 0


def everything(wanted: list[str]) -> list[str]:
    """The arguments that make pip and uv install each project and its groups, or the wanted ones of them."""
    arguments = []
    for project in (TREE / "pyproject.toml", *sorted(TREE.glob("plugins/*/pyproject.toml"))):
        path = project.relative_to(TREE)
        arguments += ["--editable", f"./{path.parent}"]
        groups = tomllib.loads(project.read_text()).get("dependency-groups", {})
        for group in groups:
            if group in wanted or (not wanted and not group.startswith("peers")):
                arguments += ["--group", f"{path}:{group}"]
    return arguments


def install_with_uv(folder: Path, arguments: list[str]) -> bool:
    """Use ``uv venv`` and ``uv pip``; never ``uv sync``, which writes a lock file with the addresses of indexes."""
    python = folder / "bin" / "python"
    return (
        works(python) or run("uv", "venv", "--quiet", "--clear", "--python", sys.executable, folder)
    ) and run("uv", "pip", "install", "--quiet", "--python", python, *arguments)


def install_with_pip(folder: Path, arguments: list[str]) -> bool:
    """Use venv and pip, the newest one: before 25.1 it knows no groups. It shows errors only."""
    pip = [folder / "bin" / "python", "-m", "pip"]
    return (
        (works(*pip, "--version") or (bring_venv() and run(sys.executable, "-m", "venv", "--clear", folder)))
        and run(*pip, "install", "-qq", "--disable-pip-version-check", "--upgrade", "pip>=25.1")
        and run(*pip, "install", "-qq", "--disable-pip-version-check", *arguments)
    )


def works(program: str | Path, *arguments: str) -> bool:
    """Whether a program is there and can do this; an environment whose Python was removed cannot."""
    command = [program, *(arguments or ("-c", ""))]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def bring_venv() -> bool:
    """Make sure that this Python can make environments; Debian packs that separately."""
    if works(sys.executable, "-c", "import ensurepip, venv"):
        return True
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    say(f"{sys.executable} cannot make environments: {package} is missing")
    root = [] if works("sh", "-c", 'test "$(id -u)" = 0') else ["sudo", "--non-interactive"]
    if shutil.which("apt-get") and (not root or works(*root, "true")):
        say(f"installing {package} by apt-get")
        if run(*root, "apt-get", "update", "-qq") and run(*root, "apt-get", "install", "-y", "-qq", package):
            return True
    print(
        f"  to fix: apt-get install {package} as root, or make … PYTHON=path/of/another/python",
        file=sys.stderr,
    )
    return False


def main(folder: Path, constraints: str | None, groups: list[str]) -> int:
    """Install with uv if it is there, else with pip; also with pip where uv finds no packages."""
    arguments = [*(["--constraint", constraints] if constraints else []), *everything(groups)]
    version = ".".join(map(str, sys.version_info[:3]))
    if shutil.which("uv"):
        say(f"installing into {folder.name} with uv, Python {version}")
        if install_with_uv(folder, arguments):
            return 0
        say("uv did not manage; trying pip, which may know another index")
    say(f"installing into {folder.name} with pip, Python {version} (a minute or two the first time)")
    return 0 if install_with_pip(folder, arguments) else 1


if __name__ == "__main__":
    sys.exit(main(TREE / sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None, sys.argv[3:]))
