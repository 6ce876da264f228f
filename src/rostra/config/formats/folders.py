"""Folders, file by file, as Kubernetes mounts ConfigMaps and Secrets.

A file with a suffix of settings says what it says, at the place of its folder; every other file is one setting, whose
path is its name. What begins with a dot is left alone. Kubernetes puts all files into a folder that ``..data`` links
to and changes that link in one step: all is read from one such folder, and anew if the link changed meanwhile.
"""

import errno
import os
from itertools import islice
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from rostra.config.formats.content import (
    MOST_SETTINGS_BYTES,
    TOO_DEEP,
    Keys,
    Said,
    mistake,
    mode_and_size,
    no_line,
    secret_of,
)
from rostra.config.formats.readers import READERS, is_dotenv, settings_of
from rostra.config.tree import DEEPEST, Text
from rostra.config.unreadable import UnreadableError
from rostra.errors import Mistake

MOST_FILES = 10_000
_ATTEMPTS = 10
_DATA = "..data"


def folder(path: Path, name: str) -> tuple[tuple[str, Said], ...]:
    """What the files of a folder say: those of settings in the order of their names, then those of single ones.

    Args:
        path: The folder.
        name: What it is called in messages.

    Raises:
        UnreadableError: Files cannot be read, or two speak of one setting: all that is wrong.
    """
    for _ in range(_ATTEMPTS):
        look = _Look(name)
        look.at(path, name.rstrip("/"), ())
        found = look.read()
        if look.is_current():
            if look.mistakes:
                raise UnreadableError(*look.mistakes)
            return found
    raise UnreadableError(mistake(name, "changes while it is read, time and again"))


class _File:
    """A file in the folder.

    Args:
        path: Where it really is.
        name: What it is called in messages.
        place: The path of its setting, or of the table that its settings are in.
    """

    def __init__(self, path: Path, name: str, place: Keys) -> None:
        self.path = path
        self.name = name
        self.place = place


class _Look:
    """One look at a folder.

    Args:
        name: What it is called in messages.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.mistakes: list[Mistake] = []
        self._links: dict[Path, Path] = {}
        self._settings: list[_File] = []
        self._singles: list[_File] = []
        self._count = 0

    def at(self, path: Path, name: str, place: Keys) -> None:
        """Find the files of a folder, and of those in it."""
        if len(place) > DEEPEST:
            self._wrong(name, TOO_DEEP)
            return
        try:
            if (link := path / _DATA).is_symlink():
                path = self._links[link] = link.resolve()
            with os.scandir(path) as entries:
                names = sorted(each.name for each in islice(entries, MOST_FILES + 1))
            for each in names:
                if not each.startswith(".") and self._has_room():
                    self._entry(path / each, f"{name}/{each}", place)
        except (OSError, RuntimeError) as error:  # a circle of links is either, by the version of Python
            self._wrong(
                name, f"cannot be read: {getattr(error, 'strerror', None) or os.strerror(errno.ELOOP)}"
            )

    def _has_room(self) -> bool:
        self._count += 1
        if self._count == MOST_FILES + 1:
            self._wrong(self.name, f"holds more than {MOST_FILES} files")
        return self._count <= MOST_FILES

    def _entry(self, path: Path, name: str, place: Keys) -> None:
        inner = (*place, *path.name.split("."))
        is_folder = S_ISDIR(mode_and_size(path)[0])
        if not path.name.isprintable():
            self._wrong(ascii(name), "its name is no text")
        elif path.suffix in READERS and not is_folder:
            self._settings.append(_File(path, name, place))
        elif is_dotenv(path):
            self._wrong(name, "variables are named by their file, not by its folder")
        elif not all(inner):
            self._wrong(name, "its name is no setting: nothing stands beside a dot")
        elif is_folder:
            self.at(path, name, inner)
        else:
            self._singles.append(_File(path, name, inner))

    def read(self) -> tuple[tuple[str, Said], ...]:
        """What all files say that were found."""
        self._check_names()
        found: list[tuple[str, Said]] = []
        size = 0
        for file in (*self._settings, *self._singles):
            try:
                said, length = _said(file)
            except UnreadableError as error:
                self.mistakes += error.mistakes
                continue
            found.append((file.name, said))
            size += length
            if size > MOST_SETTINGS_BYTES:
                self._wrong(self.name, f"holds more than {MOST_SETTINGS_BYTES // 1024**2} MiB")
                break
        return tuple(found)

    def _check_names(self) -> None:
        """No two files may speak of one setting, or one of a table that is a value to the other."""
        values: dict[Keys, str] = {}
        tables: dict[Keys, str] = {}
        for file in self._singles:
            around = [file.place[:end] for end in range(1, len(file.place))]
            nearby = (values.get(file.place), tables.get(file.place), *(values.get(each) for each in around))
            if other := next(filter(None, nearby), None):
                self._wrong(file.name, f"speaks of the same setting as {other}")
                continue
            values[file.place] = file.name
            for each in around:
                tables.setdefault(each, file.name)

    def is_current(self) -> bool:
        """Whether all links lead to where they led."""
        return all(_target(link) == target for link, target in self._links.items())

    def _wrong(self, name: str, reason: str) -> None:
        self.mistakes.append(mistake(name, reason))


def _target(link: Path) -> Path | None:
    try:
        return link.resolve()
    except (OSError, RuntimeError):
        return None


def _said(file: _File) -> tuple[Said, int]:
    """What a file says, and how long it is."""
    mode, size = mode_and_size(file.path)
    if mode and not S_ISREG(mode):
        raise UnreadableError(mistake(file.name, "is neither a file nor a folder"))
    if file.path.suffix in READERS:
        said = settings_of(file.path, file.name)
        return _moved(said, file.place), size
    text = secret_of(file.path, file.name)
    return Said(_within(file.place, Text(text)), no_line, "secret file"), len(text)


def _moved(said: Said, place: Keys) -> Said:
    """The same, but within the tables of its folder."""
    if not place:
        return said
    depth = len(place)

    def lines(path: Keys) -> int | None:
        return said.lines(path[depth:]) if len(path) > depth and path[:depth] == place else None

    return Said(_within(place, said.values), lines, said.kind)


def _within(place: Keys, value: object) -> dict[str, object]:
    *outer, last = map(str, place)
    table: dict[str, object] = {last: value}
    for key in reversed(outer):
        table = {key: table}
    return table
