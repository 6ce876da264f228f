"""Reading files, bounded in size, and how it is told that one cannot be read: where and why, never what it holds."""

import functools
from collections.abc import Callable, Hashable, Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

from rostra.config.layers import Kind
from rostra.config.tree import DEEPEST
from rostra.config.unreadable import UnreadableError
from rostra.errors import Mistake, closest

TOO_DEEP = f"nested deeper than {DEEPEST} tables"
HALF = "half of a surrogate pair is no character"
MOST_SETTINGS_BYTES = 16 * 1024**2
MOST_SECRET_BYTES = 1024**2
MOST_MISTAKES = 100
MOST_NEIGHBOURS = 1000

Keys: TypeAlias = tuple[Hashable, ...]
Lines: TypeAlias = Callable[[Keys], int | None]


class Said:
    """What a file says.

    Args:
        values: Tables within tables. They are the caller's to copy, not to change: parts may stand in two places.
        lines: The line, counted from one, of what stands at a path of keys and of positions in lists; None if it
            is not known. Asked for messages only: the first question may read the whole text once more.
        kind: What sort of source it is: a file of settings, or one that is the value of a single one.
    """

    __slots__ = ("kind", "lines", "values")

    def __init__(self, values: dict[str, Any], lines: Lines, kind: Kind = "file") -> None:
        self.values = values
        self.lines = lines
        self.kind: Kind = kind


def found_once(find: Callable[[], Mapping[Keys, int]]) -> Lines:
    """Lines that are looked for when somebody asks for the first one."""
    found = functools.cache(find)

    def line(path: Keys) -> int | None:
        return found().get(path)

    return line


def mistake(name: str, reason: str, line: int | None = None, column: int | None = None) -> Mistake:
    """What is wrong with a file, at ``name:line:column`` as far as that is known."""
    return Mistake(":".join(str(part) for part in (name, line, column) if part is not None), reason)


def no_line(_path: Keys) -> None:
    """Lines of a file where they mean nothing."""


def the_first(mistakes: Iterable[Mistake], name: str) -> tuple[Mistake, ...]:
    """As many mistakes of a file as a reader may want to see, and whether there are more."""
    found = tuple(islice(mistakes, MOST_MISTAKES + 1))
    return found if len(found) <= MOST_MISTAKES else (*found[:-1], and_more(name))


def and_more(name: str) -> Mistake:
    """In place of all further mistakes of a file."""
    return mistake(name, f"more than {MOST_MISTAKES} mistakes: the others are not shown")


def is_half(text: str) -> bool:
    """Whether a text holds half of a surrogate pair: nothing can be done with it, not even print it."""
    return not text.isascii() and any("\ud800" <= each <= "\udfff" for each in text)


def place_in(text: str, position: int) -> tuple[int, int]:
    """The line and the column of a position in a text."""
    return text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)


def mode_and_size(path: Path) -> tuple[int, int]:
    """What is at a path, as ``stat`` tells it, and its bytes; zeros where reading will say why that is not known."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return 0, 0
    return found.st_mode, found.st_size


def content_of(path: Path, name: str, most_bytes: int = MOST_SETTINGS_BYTES) -> str:
    """The text of a file in UTF-8, without the mark that some editors put at its beginning.

    Args:
        path: The file.
        name: What it is called in messages.
        most_bytes: How large it may be.

    Raises:
        UnreadableError: It is not there, is no file, is too large, or holds no text.
    """
    try:
        with path.open("rb") as file:
            content = file.read(most_bytes + 1)
    except FileNotFoundError as error:
        near = _beside(path)
        meant = f"; did you mean {Path(name).with_name(near)}?" if near else ""
        reason = f"{error.strerror}{meant}"
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no file can have this name"
    else:
        return _decoded(content, name, most_bytes)
    raise UnreadableError(mistake(name, f"cannot be read: {reason}"))


def _beside(path: Path) -> str | None:
    """What is called much like a file that is not there: ``app.yml`` beside ``app.yaml``, ``config.toml`` beside ``confg.toml``."""
    try:
        neighbours = islice(path.parent.iterdir(), MOST_NEIGHBOURS)
        names = sorted(each.name for each in neighbours if each.is_file())
    except OSError:
        return None
    by_stem = {Path(name).stem: name for name in names}
    near = closest(path.stem, by_stem)
    return None if near is None else by_stem[near]


def _decoded(content: bytes, name: str, most_bytes: int) -> str:
    if len(content) > most_bytes:
        raise UnreadableError(mistake(name, f"is larger than {most_bytes // 1024**2} MiB"))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    raise UnreadableError(mistake(name, "holds binary data, not text in UTF-8"))


def secret_of(path: Path, name: str) -> str:
    """The text of a file that is one value: without the newlines at its end, at most a megabyte.

    Raises:
        UnreadableError: It is not there, is no file, is too large, or holds no text.
    """
    text = content_of(path, name, MOST_SECRET_BYTES)
    if "\0" in text:
        raise UnreadableError(mistake(name, "holds binary data, not text"))
    return text.rstrip("\r\n")
