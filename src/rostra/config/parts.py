"""What a source is made of: mappings, files, options, tables of other sources; and how each is asked again."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from typing import Any

from rostra.config.faults import UnreadableError
from rostra.config.layers import Layer, Origin, layer, ordered, table_at
from rostra.config.tree import DEEPEST, Path
from rostra.config.view import TooDeepError, View
from rostra.errors import ConfigError, Mistake
from rostra.values import Values


class Part(Values):
    """Some layers that come from one place.

    Args:
        layers: What it says; a folder may say many things.
        again: Asks it once more; None if it always says the same.
    """

    layers: tuple[Layer, ...]
    again: "Callable[[], Part] | None" = None


def of_mapping(mapping: Mapping[Any, Any], name: str) -> Part:
    """What a mapping says.

    Raises:
        ConfigError: It is nested too deeply.
    """
    home: list[Part] = []
    try:
        return at_home(home, (layer(mapping, _of_mapping(name), home),))
    except TooDeepError:
        pass
    raise ConfigError(f"{name} is nested deeper than {DEEPEST} tables, or contains itself")


def of_table(parts: tuple[Part, ...], place: Path) -> Part:
    """What parts say at a path where a table stands."""
    layers = table_at(ordered(each for part in parts for each in part.layers), place)
    return Part(layers, lambda: of_table(again(parts), place))


@cache
def _of_mapping(name: str) -> Origin:
    return Origin("mapping", name)


def brought_by(mapping: Mapping[Any, Any], name: str) -> tuple[Part, ...]:
    """What a mapping says; a view brings along who said it, and where it can be asked again.

    Raises:
        ConfigError: It is nested too deeply.
    """
    if not isinstance(mapping, View):
        return (of_mapping(mapping, name),)
    known, place = tuple(mapping._home), mapping._place  # noqa: SLF001  (a view has no public names but its settings)
    return (of_table(known, place),) if place else known


def at_home(home: list[Part], layers: tuple[Layer, ...], again: Callable[[], Part] | None = None) -> Part:
    """A part of layers whose views know it by ``home``."""
    part = Part(layers, again)
    home.append(part)
    return part


def again(parts: Iterable[Part]) -> tuple[Part, ...]:
    """What all of them say now.

    Raises:
        UnreadableError: Files cannot be read; all that is wrong.
    """
    found, mistakes = all_read(part.again or partial(_same, part) for part in parts)
    if mistakes:
        raise UnreadableError(*mistakes)
    return tuple(found)


def _same(part: Part) -> Part:
    return part


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
