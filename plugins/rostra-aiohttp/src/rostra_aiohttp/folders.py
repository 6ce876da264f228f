"""What lies below a folder, where a path from outside leads? Nothing above it, and nothing through links out of it.

In two steps: ``parts_of`` judges the path alone, ``look_up`` the files.
"""

import os
import re
import stat
from pathlib import Path
from typing import NamedTuple

ENCODINGS = {"br": ".br", "gzip": ".gz"}
"""What compressed siblings of a file are called, the best first."""
_PUBLIC = frozenset({".well-known"})
"""Hidden, and yet meant for everybody (RFC 8615)."""

_UNSPEAKABLE = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]")


class Found(NamedTuple):
    """What lies where a path leads.

    Args:
        path: The file itself, all links followed.
        name: What was asked for, by which its type is known.
        encodings: In which it lies there as well.
        is_folder: It is none, but has an index, and the path lacks its slash.
    """

    path: Path
    name: str
    encodings: tuple[str, ...] = ()
    is_folder: bool = False


def parts_of(path: str, *, hidden: bool = False) -> tuple[str, ...] | None:
    """The names of a path below a folder, the last one empty for a folder; None for what may not be asked for.

    Whatever it gives leads down, name by name.

    Args:
        path: As the client wrote it, percent-encoding undone, without a slash before it.
        hidden: Whether names may begin with a dot.
    """
    if _UNSPEAKABLE.search(path) or (os.sep == "\\" and ":" in path):
        return None
    *folders, last = path.split("/")
    for name in (*folders, *([last] if last else ())):
        is_hidden = name.startswith(".") and not hidden and name not in _PUBLIC
        if name in ("", ".", "..") or is_hidden:
            return None
    return (*folders, last)


def look_up(root: Path, parts: tuple[str, ...], index: str | None) -> Found | None:
    """What lies there; None for nothing, for what is neither file nor folder, and for what lies outside of ``root``."""
    try:
        inside = os.path.realpath(root, strict=True)
        path = os.path.realpath(Path(inside, *parts), strict=True)
        if os.path.commonpath([inside, path]) != inside:
            return None
        mode = Path(path).stat().st_mode
    except (OSError, ValueError):
        return None
    if stat.S_ISDIR(mode):
        found = look_up(root, (*filter(None, parts), index), None) if index else None
        return found if found is None or not parts[-1] else found._replace(is_folder=True)
    if not stat.S_ISREG(mode) or not parts[-1]:
        return None
    name = "/".join(parts)
    return Found(
        Path(path), name, tuple(coding for coding, suffix in ENCODINGS.items() if _is_file(path + suffix))
    )


def _is_file(path: str) -> bool:
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False
