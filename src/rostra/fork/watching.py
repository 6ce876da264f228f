"""Which files changed? Seen by a process of its own, since who watches has threads, and a parent of workers has none.

Code and templates are watched by the means of the system, whatever folder they are in. Files of settings are looked at again
and again: they may be links that are turned over, and lie where much else changes.
"""

import logging
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeAlias

from rostra.errors import shortened
from rostra.fork.channel import Channel
from rostra.fork.messages import Changed, Unwatched, Watching

SUFFIXES = frozenset({".py", ".html", ".htm", ".j2", ".jinja", ".jinja2", ".mako", ".tmpl"})
"""Of code and templates."""

_PAUSE_MS = 60
"""For how long nothing may change until what has changed is told: saving often, or all at once, is one change."""

_LONGEST_MS = 800
"""It is told then at the latest."""

_LOOK_MS = 100
"""How often files of settings are looked at, and whether the parent is still there."""

_MOST_SHOWN = 3

_FOREIGN = frozenset({"__pycache__", "node_modules", "site-packages", "dist-packages"})
"""Folders of code that nobody here edits, besides hidden ones and virtual environments."""

Stamps: TypeAlias = "Mapping[Path, Any]"


class Watched(NamedTuple):
    """What to watch.

    Args:
        folders: Of code and templates, with all that is below.
        files: Of settings; a folder stands for the files in it.
    """

    folders: tuple[Path, ...]
    files: tuple[Path, ...] = ()

    @classmethod
    def of_here(cls, files: Iterable[str | Path] = ()) -> Self:
        """The working directory, and what Python imports from besides its own folders: those of editable packages, say.

        Args:
            files: Of settings.
        """
        here = Path.cwd()
        others = (Path(each).resolve() for each in sys.path if each)
        folders = (each for each in others if each.is_dir() and not _is_pythons(each))
        return cls(tuple(dict.fromkeys((here, *folders))), tuple(Path(each).absolute() for each in files))


def _is_pythons(folder: Path) -> bool:
    prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix}
    return bool(_FOREIGN & set(folder.parts)) or any(folder.is_relative_to(each) for each in prefixes)


def watch(watched: Watched, parent: Channel) -> None:
    """Tell the parent what changes, until it is gone; first, that it is watched from now on."""
    try:
        for changed in _changes(watched):
            if changed is None:
                parent.send(Watching())
            elif changed:
                parent.send(Changed(tuple(sorted(map(str, changed)))))
            list(parent.received())  # it says nothing, but that it is gone
            if parent.is_over:
                return
    except (OSError, RuntimeError) as error:  # the second is what watchfiles makes of what it does not know
        parent.send(Unwatched(str(error)))


def _changes(watched: Watched) -> Iterator[set[Path] | None]:
    """Files that have changed, maybe none; None when the watch begins."""
    import watchfiles

    logging.getLogger("watchfiles").setLevel(logging.WARNING)  # the parent says what has changed
    seen = stamps(watched.files)
    is_begun = False
    for changes in watchfiles.watch(
        *existing(watched.folders),
        watch_filter=lambda _, path: is_ours(Path(path), watched.folders),
        debounce=_LONGEST_MS,
        step=_PAUSE_MS,
        rust_timeout=_LOOK_MS,
        yield_on_timeout=True,
        ignore_permission_denied=True,
    ):
        if not is_begun:
            is_begun = True
            yield None
        now = stamps(watched.files)
        yield {Path(path) for _, path in changes} | differing(seen, now)
        seen = now


def existing(folders: Iterable[Path]) -> list[Path]:
    """Those that are there and not below another one."""
    there = sorted({each.resolve() for each in folders if each.is_dir()})
    return [each for each in there if not any(other in each.parents for other in there)]


def is_ours(path: Path, folders: Iterable[Path]) -> bool:
    """Whether a file is code or a template, and somebody edits it: no cache, nothing hidden, no virtual environment."""
    if path.suffix not in SUFFIXES:
        return False
    return any(
        not any(map(_is_foreign, _between(folder.resolve(), path))) and not path.name.startswith(".")
        for folder in folders
        if folder.resolve() in path.parents
    )


def _between(folder: Path, path: Path) -> list[Path]:
    """The folders from one to a file that is somewhere below, without it."""
    return [each for each in path.parents if folder in each.parents]


def _is_foreign(folder: Path) -> bool:
    name = folder.name
    return name.startswith(".") or name in _FOREIGN or (folder / "pyvenv.cfg").exists()


def shown(paths: Sequence[str]) -> str:
    """Paths in one line for people: below the working directory without it, and not all if they are many."""
    named = ", ".join(shortened(each) for each in paths[:_MOST_SHOWN])
    return named if len(paths) <= _MOST_SHOWN else f"{named} and {len(paths) - _MOST_SHOWN} more"


def stamps(files: Iterable[Path]) -> Stamps:
    """What differs when a file is another; those that are not there have none."""
    found = {}
    for each in files:
        for path in (each, *(sorted(each.iterdir()) if each.is_dir() else ())):
            stamp = _stamp(path)
            if stamp is not None:
                found[path] = stamp
    return found


def differing(before: Stamps, now: Stamps) -> set[Path]:
    """The files that came, went, or became others."""
    return {path for path in {*before, *now} if before.get(path) != now.get(path)}


def _stamp(path: Path) -> Any:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
