"""What is installed? The entry points of a group, quickly.

To import ``importlib.metadata`` takes longer than to start many a service, so the files that it would read are read
here. What was found is remembered as long as ``sys.path`` stays.
"""

import functools
import os
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

__all__ = ["PLUGINS", "EntryPoint", "entry_points", "names"]

PLUGINS = "rostra.plugins"
"""The group of plugins: each entry point names a module, or ``module:function``."""

_METADATA = (".dist-info", ".egg-info")


class EntryPoint:
    """What a distribution offers to whoever looks for its group.

    Args:
        name: By which it is asked for.
        value: The module that has it, or ``module:attribute``.
        distribution: Who offers it, as pip calls it.
    """

    __slots__ = ("distribution", "name", "value")

    def __init__(self, name: str, value: str, distribution: str) -> None:
        self.name = name
        self.value = value
        self.distribution = distribution

    def load(self) -> Any:
        """What it stands for, imported.

        Raises:
            ImportError: The module is not there, or its import fails.
            AttributeError: The module has nothing of that name.
        """
        module, _, path = self.value.partition("[")[0].partition(":")
        names = filter(None, path.strip().split("."))
        return functools.reduce(getattr, names, import_module(module.strip()))


def entry_points(group: str) -> tuple[EntryPoint, ...]:
    """The entry points of a group, in the order of ``sys.path``; of two distributions of one name the first counts."""
    return _found(group, tuple(sys.path))


def names(group: str) -> frozenset[str]:
    """What the entry points of a group are called."""
    return _named(group, tuple(sys.path))


@functools.lru_cache(maxsize=8)
def _named(group: str, path: tuple[str, ...]) -> frozenset[str]:
    return frozenset(each.name for each in _found(group, path))


@functools.lru_cache(maxsize=8)
def _found(group: str, path: tuple[str, ...]) -> tuple[EntryPoint, ...]:
    folders = [folder or "." for folder in path]
    if any(os.path.isfile(folder) for folder in folders):  # noqa: PTH113  (pathlib takes long to import)
        return _by_metadata(group)
    seen: set[str] = set()
    return tuple(each for folder in folders for each in _declared_in(folder, group, seen))


def _by_metadata(group: str) -> tuple[EntryPoint, ...]:
    """As the standard library finds them, also in archives."""
    from importlib.metadata import entry_points

    found = entry_points(group=group)
    return tuple(EntryPoint(each.name, each.value, each.dist.name if each.dist else "") for each in found)


def _declared_in(folder: str, group: str, seen: set[str]) -> Iterator[EntryPoint]:
    """Those of the distributions in a folder that were not seen in one before."""
    try:
        found = sorted(name for name in os.listdir(folder) if name.endswith(_METADATA))  # noqa: PTH208  (as above)
    except OSError:
        return  # it is not there
    for name in found:
        known = name.partition("-")[0].removesuffix(".egg").replace(".", "_").lower()
        if known in seen:
            continue
        seen.add(known)
        text = _read(f"{folder}/{name}/entry_points.txt")
        if f"[{group}]" in text:
            distribution = _distribution(f"{folder}/{name}") or known
            yield from (EntryPoint(*each, distribution) for each in _declared(text, group))


def _read(file: str) -> str:
    try:
        with open(file, encoding="utf-8", errors="replace") as opened:  # noqa: PTH123  (as above)
            return opened.read()
    except OSError:
        return ""  # most distributions have no entry points


def _declared(text: str, group: str) -> Iterator[tuple[str, str]]:
    section = ""
    for line in map(str.strip, text.splitlines()):
        name, equals, value = line.partition("=")
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
        elif equals and section == group and not line.startswith("#"):
            yield name.strip(), value.strip()


def _distribution(folder: str) -> str:
    text = _read(f"{folder}/METADATA") or _read(f"{folder}/PKG-INFO")
    head = text.partition("\n\n")[0].splitlines()
    return next((line.partition(":")[2].strip() for line in head if line.lower().startswith("name:")), "")
