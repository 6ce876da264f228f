"""What does this process hold? Descriptors, threads and signal handlers, to be compared before and after."""

import os
import signal
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

__all__ = ["Footprint"]

_DESCRIPTORS = next(folder for folder in map(Path, ("/proc/self/fd", "/dev/fd")) if folder.is_dir())


@attrs.frozen
class Footprint:
    """What the process holds at one moment.

    Args:
        descriptors: What each open descriptor is.
        threads: The name of each thread that runs.
        handlers: The handler of each signal.
    """

    descriptors: dict[tuple[int, int, int], str]
    threads: dict[int | None, str]
    handlers: dict[int, Any]

    @classmethod
    def take(cls) -> "Footprint":
        """What the process holds now."""
        return cls(
            dict(_descriptors()),
            {thread.ident: thread.name for thread in threading.enumerate()},
            {number: signal.getsignal(number) for number in signal.valid_signals()},
        )

    def added_since(self, before: "Footprint") -> tuple[str, ...]:
        """A line for each thing that was not there ``before``."""
        opened = (self.descriptors[each] for each in self.descriptors.keys() - before.descriptors.keys())
        started = (
            f'the thread "{self.threads[each]}"' for each in self.threads.keys() - before.threads.keys()
        )
        changed = (
            f"a handler of {signal.Signals(number).name}"
            for number, handler in self.handlers.items()
            if handler != before.handlers[number]
        )
        return (*sorted(opened), *sorted(started), *changed)


def _descriptors() -> Iterator[tuple[tuple[int, int, int], str]]:
    for number in [int(entry.name) for entry in _DESCRIPTORS.iterdir()]:
        try:
            file = os.fstat(number)
        except OSError:
            continue  # it was the one by which the folder was read
        is_socket = stat.S_ISSOCK(file.st_mode)
        yield (number, file.st_dev, file.st_ino), _socket(number) if is_socket else _file(number)


def _socket(number: int) -> str:
    with socket.socket(fileno=os.dup(number)) as connection:
        own = _written(connection.getsockname())
        try:
            return f"the socket {own} to {_written(connection.getpeername())}"
        except OSError:
            return f"the socket {own}"


def _file(number: int) -> str:
    try:
        return f"the descriptor of {(_DESCRIPTORS / str(number)).readlink()}"
    except OSError:
        return f"the descriptor {number}"


def _written(address: Any) -> str:
    match address:
        case (str(host), int(port), *_):
            return f"{host}:{port}"
        case str() | bytes():
            return str(address) or "(no name)"
        case _:
            return str(address)
