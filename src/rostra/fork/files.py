"""A listening socket in the file system.

It is bound beside its place and moved there, so that at no moment there is a file that few may open too many, or nobody's.
"""

import errno
import os
import socket
import stat
from pathlib import Path


def bind_file(path: Path, mode: int, backlog: int) -> tuple[socket.socket, int]:
    """Listen at a file that is made now, in place of one that a process left there.

    Args:
        path: Of the file.
        mode: Of the file.
        backlog: Connections that wait to be accepted.

    Returns:
        What listens, and the number of the file.

    Raises:
        OSError: There is something else, somebody listens there, or there can be no file.
    """
    _check_replaceable(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.setblocking(False)
        listener.bind(str(beside))
        beside.chmod(mode)
        listener.listen(backlog)
        number = beside.stat().st_ino
        beside.replace(path)
    except BaseException:
        listener.close()
        beside.unlink(missing_ok=True)
        raise
    return listener, number


def _check_replaceable(path: Path) -> None:
    """Refuse what is no socket, and a socket behind which somebody listens."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise FileExistsError(errno.EEXIST, "there is another file")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.setblocking(False)
        try:
            client.connect(str(path))
        except ConnectionRefusedError:
            return  # nobody has listened there since a process died
        except BlockingIOError:
            pass  # somebody listens, and is busy
    raise OSError(errno.EADDRINUSE, "another process listens there already")
