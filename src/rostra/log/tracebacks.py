"""Where does a traceback begin to tell something? Below what rostra does to call the code of its users.

How rostra came to call it is the same each time. It is left out above the first line of the user's, with the libraries that lie
between rostra and rostra, as aiohttp does. What failed within rostra itself is shown whole.
"""

import functools
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from rostra import __file__ as _front

__all__ = ["begin_at_users_code", "beginning", "formatted", "is_ours", "is_pythons", "part_folders", "roots"]

_OURS = f"{Path(_front).parent}{os.sep}"
_GENERATED = "rostra.di/"


def is_ours(file: str) -> bool:
    """Whether it is code of the core, or was written by it."""
    return file.startswith((_OURS, _GENERATED))


def is_pythons(file: str) -> bool:
    """Whether it is the standard library's code."""
    installed, pythons = roots()
    return file.startswith("<frozen ") or (file.startswith(pythons) and not file.startswith(installed))


def part_folders() -> tuple[str, ...]:
    """The folders of the plugins that are imported and are parts of rostra: their packages say so."""
    parts: list[Any] = [
        module for module in [*sys.modules.values()] if getattr(module, "__dict__", {}).get("__rostra_part__")
    ]
    return tuple(f"{folder}{os.sep}" for part in parts for folder in part.__path__)


@functools.cache
def roots() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The folders of installed packages, and those of Python's own modules."""
    import sysconfig  # takes as long to import as all else here, and most programs never hang

    def folders(*which: str) -> tuple[str, ...]:
        return tuple(f"{sysconfig.get_path(each)}/" for each in which)

    return folders("purelib", "platlib"), folders("stdlib", "platstdlib")


def beginning(files: Sequence[str]) -> int:
    """At which of the frames of these files, outermost first, a traceback begins to tell something."""
    parts, (installed, _) = part_folders(), roots()

    def of_rostra(file: str) -> bool:
        return is_ours(file) or file.startswith(parts)

    def of_user(file: str) -> bool:
        return not (of_rostra(file) or is_pythons(file) or file.startswith(installed))

    end = next((place for place, file in enumerate(files) if of_user(file)), len(files))
    begin = max((place + 1 for place in range(end) if of_rostra(files[place])), default=0)
    while begin < end and is_pythons(files[begin]):
        begin += 1
    return begin if begin < len(files) else 0


def begin_at_users_code(told: traceback.TracebackException) -> None:
    """Leave out the frames above the user's code, of what it was raised from, too.

    Of code that could not even be read there is no frame; its place is in the error itself.
    """
    files = [frame.filename for frame in told.stack]
    first = beginning(files)
    if hasattr(told, "offset") and all(is_ours(file) or is_pythons(file) for file in files):
        first = len(files)
    told.stack = traceback.StackSummary.from_list(told.stack[first:])
    for other in (told.__cause__, told.__context__, *(told.exceptions or ())):
        if other is not None:
            begin_at_users_code(other)


def formatted(error: BaseException, trace: TracebackType | None) -> str:
    """The traceback of an error as a text without its local variables.

    Args:
        error: The error.
        trace: Where it was raised.
    """
    told = traceback.TracebackException(type(error), error, trace, compact=True)
    begin_at_users_code(told)
    return "".join(told.format()).rstrip("\n")
