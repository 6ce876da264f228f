"""The command as a process of its own, in a folder of a test."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROSTRA = Path(sys.executable).with_name("rostra")


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "XDG_RUNTIME_DIR": str(folder / "run"), "PYTHONWARNINGS": "error", **more}


def ended(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROSTRA, *arguments],
        cwd=folder, env=environment(folder, **more), capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


@contextmanager
def started(folder: Path, *arguments: str, **more: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [ROSTRA, *arguments],
        cwd=folder, env=environment(folder, **more), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def write(folder: Path, name: str, source: str) -> None:
    (folder / name).write_text(textwrap.dedent(source))
