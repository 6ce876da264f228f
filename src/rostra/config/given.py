"""What a source is made of besides mappings: files, settings after ``--set``, and tables of other sources."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path as FilePath

from rostra import errors
from rostra.config.layers import Layer, Origin, Part, narrowed, ordered
from rostra.config.tree import DEEPEST, Path, Text, branch, opened

__all__ = ["again", "of_table", "parts_of"]


def parts_of(
    paths: tuple[str | FilePath, ...], options: Iterable[str]
) -> "tuple[list[Part], tuple[errors.Mistake, ...]]":
    """What files and options say, and everything that is wrong with them."""
    files, unreadable = _of_files(paths) if paths else ([], ())
    others, malformed = _of_options(options)
    return files + others, unreadable + malformed


def _of_files(paths: Iterable[str | FilePath]) -> "tuple[list[Part], tuple[errors.Mistake, ...]]":
    from rostra.config.files import from_files

    return from_files(paths)


def _of_options(options: Iterable[str]) -> "tuple[list[Part], tuple[errors.Mistake, ...]]":
    """What each ``foo.bar=1`` says, and which of them are no such thing."""
    parts, mistakes = [], []
    for number, option in enumerate(options, 1):
        key, equals, text = option.partition("=")
        path = tuple(part.strip() for part in key.split("."))
        if not equals or not all(path) or len(path) > DEEPEST:
            mistakes.append(
                errors.Mistake(f"--set (number {number})", "expected KEY=VALUE, such as db.port=5432")
            )
            continue
        said = branch(path, Text(text))
        parts.append(Part((Layer(said, Origin("option", f"--set {key}"), has_references=False),)))
    return parts, tuple(mistakes)


def of_table(parts: tuple[Part, ...], place: Path) -> Part:
    """What parts say at a path where a table stands."""
    layers = _table_at(ordered(each for part in parts for each in part.layers), place)
    return Part(layers, partial(_table_again, parts, place))


def _table_again(parts: tuple[Part, ...], place: Path) -> Part:
    found, mistakes = again(parts)
    if mistakes:
        from rostra.config.unreadable import UnreadableError

        raise UnreadableError(*mistakes)
    return of_table(tuple(found), place)


def _table_at(layers: Iterable[Layer], path: Path) -> tuple[Layer, ...]:
    """The layers of a table within: those of which something is left."""
    kept: list[Layer] = []
    for each in reversed(narrowed(layers, path)):
        table = opened(each.values)
        if table is not None:
            kept.append(each.but(values=table))
        if not isinstance(each.values, dict):
            break
    return tuple(reversed(kept))


def again(parts: Iterable[Part]) -> "tuple[list[Part], tuple[errors.Mistake, ...]]":
    """What all of them say now, and what is wrong with files that cannot be read."""
    from rostra.config.files import all_read

    return all_read(part.again or partial(_same, part) for part in parts)


def _same(part: Part) -> Part:
    return part
