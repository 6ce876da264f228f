"""Modules that are compiled each time they are imported, so that what was saved is what runs.

Python tells a compiled module from the one on disk by the second in which that was saved, and by its size. Two saves within
a second, 1 to 2, would be one to it. So what was saved a moment ago is neither taken from its cache nor put there.
"""

import importlib
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from importlib.abc import PathEntryFinder
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
)
from pathlib import Path
from typing import Any, TypeAlias

Hook: TypeAlias = Callable[[str], PathEntryFinder]


_MOMENT = 2.0
"""Seconds after which a file that is saved once more bears another second."""


class _Anew(SourceFileLoader):
    """Neither reads nor writes compiled modules of files that were saved a moment ago."""

    def path_stats(self, path: str) -> Mapping[str, Any]:
        """When it was saved, and its size; without these nothing can be compared, and Python leaves the cache alone.

        Raises:
            OSError: It was saved a moment ago.
        """
        found = super().path_stats(path)
        if time.time() - found["mtime"] < _MOMENT:
            raise OSError(path)
        return found


def import_anew(folders: Iterable[Path]) -> None:
    """From now on, in this process and those it forks, what lies below these folders is imported as it was saved."""
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
