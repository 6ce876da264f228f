"""Standard output and standard error, of which either may be closed, full, or read by nobody any more."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

__all__ = ["written_whole"]

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
