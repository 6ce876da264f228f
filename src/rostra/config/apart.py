"""A setting that a room above reads in its own way, since no class can say what it may be.

``plugins`` is one: a list or a table, of which each entry has settings that only the plugin's own class knows.
"""

from collections.abc import Iterable

from rostra.config.environment import FILE, Asked, Variables
from rostra.config.layers import Layer, Part, narrowed, ordered
from rostra.config.source import ConfigSource
from rostra.config.tree import Path, branch, dotted
from rostra.config.variables import said_about
from rostra.config.view import bearing
from rostra.errors import ConfigError


def said_of(source: ConfigSource, place: Path, reader: type, inner: Iterable[Path] = ()) -> tuple[Layer, ...]:
    """What each has to say about a setting, the environment included, lowest first; and the setting is known then.

    Args:
        source: The settings.
        place: The path of the setting.
        reader: Who reads it, for the message if a section claims the same place.
        inner: Paths within it that have variables of their own.

    Raises:
        ConfigError: Files that variables name cannot be read.
    """
    claims, known = source._claims, source._environment  # noqa: SLF001  (its own room)
    names = {name: path for path in (place, *inner) if (name := known.variable(path)) is not None}
    variables = Variables(names, {f"{name}{FILE}": name for name in names})
    said, mistakes = said_about(Asked(reader, (), variables), known, claims.variables)
    if mistakes:
        raise ConfigError(f"{dotted(place)} cannot be read", mistakes)
    claims.add(place, reader)
    claims.variables.update(names)
    return ordered(narrowed((*source._settled.layers, *said), place))  # noqa: SLF001  (as above)


def source_of(source: ConfigSource, place: Path, layers: tuple[Layer, ...]) -> ConfigSource:
    """A source that says nothing but ``layers``, at ``place``, and what the same environment says there.

    Args:
        source: The settings of which they are a part.
        place: The path of the section.
        layers: What is said there; their lines are those of where it was said.
    """
    made = ConfigSource(bearing([Part(tuple(_moved(each, place) for each in layers))]))
    made._environment = source._environment  # noqa: SLF001  (its own room)
    return made


def know(source: ConfigSource, part: ConfigSource) -> None:
    """Let ``source`` know what was read in one of its parts."""
    claims = source._claims  # noqa: SLF001  (its own room)
    claims.variables.update(part._claims.variables)  # noqa: SLF001  (as above)
    if all(part is not each for each in claims.apart):
        claims.apart.append(part)


def _moved(layer: Layer, place: Path) -> Layer:
    """The same, said at ``place``."""

    def line(path: Path) -> int | None:
        return layer.lines((*layer.place, *path[len(place) :])) if path[: len(place)] == place else None

    inner = len(layer.place)
    references = {
        (*place, *path[inner:]): said
        for path, said in layer.references.items()
        if path[:inner] == layer.place
    }
    moved = branch(place, layer.values)
    return layer.but(values=moved, lines=line, place=(), references=references)
