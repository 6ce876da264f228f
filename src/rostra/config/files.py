"""The parts of a source that files are. They are read here, when a part is made and when it is asked again."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path as FilePath

from rostra.config.formats import Said, is_dotenv, settings_in, variables_in
from rostra.config.layers import Layer, Origin, Part, at_home, layer
from rostra.config.tree import DEEPEST
from rostra.config.unreadable import UnreadableError
from rostra.config.view import TooDeepError
from rostra.errors import Mistake


def of_file(path: str) -> Part:
    """What a file or a folder says.

    Raises:
        UnreadableError: It cannot be read; all that is wrong with it.
    """
    return _read(path, FilePath.cwd())


def _read(path: str, folder: FilePath) -> Part:
    """Read ``path``, which was named when ``folder`` was the working directory."""
    seen = path if folder == FilePath.cwd() else folder / path
    home: list[Part] = []
    layers: tuple[Layer, ...]
    if is_dotenv(seen):
        layers = (_said(Origin("dotenv", str(seen)), variables_in(seen), home),)
    else:
        layers = tuple(_said(Origin(said.kind, name), said, home) for name, said in settings_in(seen))
    return at_home(home, layers, partial(_read, path, folder))


def _said(origin: Origin, said: Said, home: list[Part]) -> Layer:
    try:
        return layer(said.values, origin, home, said.lines)
    except TooDeepError:
        pass
    raise UnreadableError(Mistake(origin.name, f"nested deeper than {DEEPEST} tables"))


def from_files(paths: Iterable[str | FilePath]) -> tuple[list[Part], tuple[Mistake, ...]]:
    """What each file says, and what is wrong with the others."""
    return all_read(partial(of_file, str(path)) for path in paths)


def all_read(reads: Iterable[Callable[[], Part]]) -> tuple[list[Part], tuple[Mistake, ...]]:
    """What each gives, and what is wrong with the others."""
    parts: list[Part] = []
    mistakes: list[Mistake] = []
    for read in reads:
        try:
            parts.append(read())
        except UnreadableError as error:
            mistakes.extend(error.mistakes)
    return parts, tuple(mistakes)
