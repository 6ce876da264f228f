"""How does a command end? What it printed is written whole, what went wrong is told once, and its exit code says so.

Standard output and standard error may be closed, full, or read by nobody any more.
"""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

__all__ = ["reported", "written_whole"]

_UNWRITABLE = {errno.EBADF, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ENOSPC, errno.EPIPE}


@contextmanager
def written_whole() -> Iterator[None]:
    """End the process with exit code 1 if what the body prints cannot be written, and say so unless nobody reads it."""
    try:
        with _both_open():
            try:
                yield
            finally:
                sys.stdout.flush()
    except OSError as error:
        if error.errno not in _UNWRITABLE or error.filename is not None:
            raise
        if error.errno != errno.EPIPE:
            _tell(error.errno)
        _give_up()
        sys.exit(1)


@contextmanager
def reported() -> Iterator[None]:
    """Print the error that the body ends with, and leave the process with its exit code."""
    try:
        yield
    except (Exception, BaseExceptionGroup) as error:
        from rostra.cli.report import told

        ending = told(error)
        if ending is error:
            raise
        raise ending from None


@contextmanager
def _both_open() -> Iterator[None]:
    """Let streams that are closed lead nowhere: Python has no object for them, and the next socket would be one."""
    with ExitStack() as until_the_end:
        for name in ("stdout", "stderr"):
            if getattr(sys, name) is None:
                setattr(sys, name, until_the_end.enter_context(open(os.devnull, "w")))  # noqa: PTH123  (pathlib takes long)
                until_the_end.callback(setattr, sys, name, None)
        yield


def _tell(number: int) -> None:
    with suppress(OSError):
        sys.stderr.write(f"standard output cannot be written: {os.strerror(number)}\n")
        sys.stderr.flush()


def _give_up() -> None:
    """Let Python not try once more at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            os.dup2(nowhere, stream.fileno())
