"""What a program is given on its command line: files, and settings after ``--set``."""

from collections.abc import Iterable
from pathlib import Path

from rostra.config.layers import Layer, Origin, Part
from rostra.config.tree import DEEPEST, Text, branch
from rostra.errors import Mistake

__all__ = ["parts_of"]


def parts_of(paths: tuple[str | Path, ...], options: Iterable[str]) -> tuple[list[Part], tuple[Mistake, ...]]:
    """What files and options say, and everything that is wrong with them."""
    files, unreadable = _of_files(paths) if paths else ([], ())
    others, malformed = _of_options(options)
    return files + others, unreadable + malformed


def _of_files(paths: Iterable[str | Path]) -> tuple[list[Part], tuple[Mistake, ...]]:
    from rostra.config.files import from_files

    return from_files(paths)


def _of_options(options: Iterable[str]) -> tuple[list[Part], tuple[Mistake, ...]]:
    """What each ``foo.bar=1`` says, and which of them are no such thing."""
    parts, mistakes = [], []
    for number, option in enumerate(options, 1):
        key, equals, text = option.partition("=")
        path = tuple(part.strip() for part in key.split("."))
        if not equals or not all(path) or len(path) > DEEPEST:
            mistakes.append(Mistake(f"--set (number {number})", "expected KEY=VALUE, such as db.port=5432"))
            continue
        said = branch(path, Text(text))
        parts.append(Part((Layer(said, Origin("option", f"--set {key}"), has_references=False),)))
    return parts, tuple(mistakes)
