"""Modules that are compiled each time they are imported, so that what was saved is what runs.

Python tells a compiled module from the one on disk by the second in which that was saved, and by its size. Two saves within
a second, 1 to 2, would be one to it.
"""

import importlib
import sys
from collections.abc import Callable, Iterable
from importlib.abc import PathEntryFinder
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
)
from pathlib import Path
from typing import NoReturn, TypeAlias

Hook: TypeAlias = Callable[[str], PathEntryFinder]


class _Anew(SourceFileLoader):
    """Neither reads nor writes compiled modules."""

    def path_stats(self, path: str) -> NoReturn:
        """Without these nothing can be compared, and Python leaves the cache alone."""
        raise OSError(path)


def import_anew(folders: Iterable[Path]) -> None:
    """From now on, in this process and those it forks, what lies below these folders is compiled when it is imported."""
    roots = [str(folder.resolve()) for folder in folders]
    find = FileFinder.path_hook((ExtensionFileLoader, EXTENSION_SUFFIXES), (_Anew, SOURCE_SUFFIXES))
    sys.path_hooks.insert(0, _within(roots, find))
    sys.path_importer_cache.clear()
    importlib.invalidate_caches()


def _within(roots: list[str], find: Hook) -> Hook:
    def hook(path: str) -> PathEntryFinder:
        where = Path(path or ".").resolve()
        is_ours = any(where.is_relative_to(root) for root in roots)
        if not is_ours or "site-packages" in where.parts:
            raise ImportError(path)  # Python's own finder takes it
        return find(path)

    return hook
