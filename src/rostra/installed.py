"""What is installed? The entry points of a group, and, quickly, what they may be called.

To import ``importlib.metadata`` takes longer than to start many a service, so the files that it would read are
searched first. What was found is remembered as long as ``sys.path`` stays.
"""

import functools
import os
import sys
from collections.abc import Iterator
from typing import Any

__all__ = ["entry_points", "names"]

_METADATA = (".dist-info", ".egg-info")


def entry_points(group: str) -> tuple[Any, ...]:
    """The ``importlib.metadata.EntryPoint`` objects of a group, in the order of ``sys.path``."""
    return _found(group, tuple(sys.path))


def names(group: str) -> frozenset[str] | None:
    """What entry points of a group may be called; a name that is not among them is none.

    None if that is not known without reading everything: some modules come from archives.
    """
    return _named(group, tuple(sys.path))


@functools.lru_cache(maxsize=8)
def _found(group: str, _path: tuple[str, ...]) -> tuple[Any, ...]:
    from importlib.metadata import entry_points

    return tuple(entry_points(group=group))


@functools.lru_cache(maxsize=8)
def _named(group: str, path: tuple[str, ...]) -> frozenset[str] | None:
    folders = [folder or "." for folder in path]
    if any(os.path.isfile(folder) for folder in folders):  # noqa: PTH113  (pathlib takes long to import)
        return None
    texts = [text for folder in folders for text in _declared_in(folder) if f"[{group}]" in text]
    return frozenset(line.partition("=")[0].strip() for text in texts for line in text.splitlines())


def _declared_in(folder: str) -> Iterator[str]:
    try:
        found = [name for name in os.listdir(folder) if name.endswith(_METADATA)]  # noqa: PTH208  (as above)
    except OSError:
        return  # it is not there
    for name in found:
        try:
            with open(f"{folder}/{name}/entry_points.txt", encoding="utf-8", errors="replace") as file:  # noqa: PTH123  (as above)
                yield file.read()
        except OSError:
            continue  # most distributions have none
