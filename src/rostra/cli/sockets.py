"""Where does a running stage answer probes? In a socket of its own, in a folder that only its user may enter.

The folder is ``rostra-<uid>`` in $XDG_RUNTIME_DIR or else in the folder for temporary files; the socket is called
by the number of the process, ``417.sock``. That of a worker has the number of its parent before its own, ``417-418.sock``:
its parent is the one who is asked.
"""

import os
import re
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rostra import errors

__all__ = ["chosen", "folder", "own", "running", "worker_of"]

_NAME = r"(?P<asked>\d+)(?:-(?P<worker>\d+))?\.sock"

_parents: list[int] = []
"""Of this process, the number of its parent if it is a worker."""


@contextmanager
def worker_of(parent: int) -> Iterator[None]:
    """During the body this process is a worker of that one."""
    _parents.append(parent)
    try:
        yield
    finally:
        _parents.pop()


def folder() -> Path:
    """The folder of this user's sockets. It need not exist."""
    base = os.environ.get("XDG_RUNTIME_DIR") or os.environ.get("TMPDIR") or "/tmp"  # noqa: S108  (the folder is private)
    return Path(base) / f"rostra-{os.getuid()}"


def own() -> Path:
    """The socket of this process; its folder is made, if need be, and what killed processes left there is removed.

    Raises:
        OSError: The folder cannot be made, or is not this user's alone: another user of the machine made it.
    """
    private = folder()
    private.mkdir(mode=0o700, exist_ok=True)
    found = private.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        msg = f"{private} is not a folder that only user {os.getuid()} may enter"
        raise PermissionError(msg)
    for path in _sockets():
        if not _is_alive(_processes(path)[-1]) and not _is_answered(path):
            path.unlink(missing_ok=True)
    return private / f"{'-'.join(map(str, (*_parents, os.getpid())))}.sock"


def running() -> dict[int, tuple[Path, ...]]:
    """The sockets at which a stage of this user answers now, by process; what killed ones left is not among them.

    Those of workers stand together, by their parent.
    """
    found: dict[int, tuple[Path, ...]] = {}
    for path in _sockets():
        if _is_answered(path):
            asked = _processes(path)[0]
            found[asked] = (*found.get(asked, ()), path)
    return found


def chosen(pid: int | None = None) -> tuple[Path, ...]:
    """The socket of process ``pid``, or of the only stage that runs; several where that runs in several workers.

    Raises:
        StageNotFoundError: There is none, or there are several.
    """
    if pid is not None:
        return tuple(path for path in _sockets() if pid in _processes(path)) or (folder() / f"{pid}.sock",)
    stages = running()
    if len(stages) != 1:
        raise errors.StageNotFoundError(str(folder()), tuple(stages))
    return next(iter(stages.values()))


def _sockets() -> list[Path]:
    return sorted(
        (path for path in folder().glob("*.sock") if re.fullmatch(_NAME, path.name)), key=_processes
    )


def _processes(path: Path) -> tuple[int, ...]:
    """The numbers in its name: who is asked, and the worker that answers, if that is another one."""
    return tuple(map(int, path.stem.split("-")))


def _is_alive(process: int) -> bool:
    """Whether there is such a process here; one of another container that shares the folder is not seen."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is another user's
        return True
    return True


def _is_answered(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(1.0)
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True
