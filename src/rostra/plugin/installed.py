"""Which plugins are installed? The entry points of ``rostra.plugins``, by name."""

import functools
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

GROUP = "rostra.plugins"
_METADATA = (".dist-info", ".egg-info")


def installed(name: str) -> Mapping[str, str]:
    """The entry points, name to ``module`` or ``module:function``; none if ``name`` is surely not one.

    To import ``importlib.metadata`` takes longer than to start many a service, so the files that it would
    read are first searched for the name.
    """
    if not (name.isidentifier() or "-" in name):
        return {}
    names = _names(tuple(sys.path))
    return all_installed() if names is None or name in names else {}


def all_installed() -> Mapping[str, str]:
    """All entry points."""
    return _all(tuple(sys.path))


@functools.lru_cache(maxsize=8)
def _all(_path: tuple[str, ...]) -> Mapping[str, str]:
    from importlib.metadata import entry_points

    return {each.name: each.value for each in entry_points(group=GROUP)}


@functools.lru_cache(maxsize=8)
def _names(path: tuple[str, ...]) -> frozenset[str] | None:
    """What may be the name of a plugin; None if modules come from elsewhere than folders (archives)."""
    folders = [Path(each or ".") for each in path]
    if any(folder.is_file() for folder in folders):
        return None
    texts = [text for folder in folders for text in _declared_in(folder) if f"[{GROUP}]" in text]
    return frozenset(line.partition("=")[0].strip() for text in texts for line in text.splitlines())


def _declared_in(folder: Path) -> Iterator[str]:
    try:
        names = [name for name in os.listdir(folder) if name.endswith(_METADATA)]  # noqa: PTH208  (fast)
    except OSError:
        return
    for name in names:
        try:
            yield (folder / name / "entry_points.txt").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
