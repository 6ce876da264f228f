"""Files that a command writes and that may hold secrets."""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from rostra.errors import CommandLineError

__all__ = ["write_privately"]


def write_privately(path: Path, content: bytes) -> None:
    """Write a file that its owner alone may read, whole or not at all.

    Args:
        path: Where. A file that stands there is replaced; a link or a device is not.
        content: All of it.

    Raises:
        CommandLineError: It cannot be written.
    """
    try:
        if path.exists() and not stat.S_ISREG(path.lstat().st_mode):
            raise CommandLineError(f"{path} is there, and is no file")
        _replace(path, content)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
    else:
        return
    raise CommandLineError(f"{path} cannot be written", (reason,))


def _replace(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # with mode 0600
    try:
        with open(handle, "wb") as file:  # noqa: PTH123  (it is open already)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
