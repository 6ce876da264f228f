"""What each source says, layer upon layer, and what becomes of it. Nothing here has an effect.

What comes from one place, a mapping, a file, a folder, an option or a table of another source, is a ``Part``, which can be
asked again. Values are the fold of all layers and are made at once; who said one is looked for in the layers
(``speakers``) when a message or a tool asks. Since a source keeps its layers apart, merging is associative.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache, reduce
from typing import Any, Literal, TypeAlias

from rostra import errors
from rostra.config.tree import DEEPEST, Nothing, Path, at, merged
from rostra.config.view import Copy, TooDeepError
from rostra.values import Values

Kind: TypeAlias = Literal["default", "mapping", "file", "dotenv", "variable", "secret file", "option"]

Lines: TypeAlias = Callable[[Path], int | None]


class Origin(Values):
    """Where the value of a setting comes from.

    Args:
        kind: What sort of source it is.
        name: The file as it was given, the variable, the option; for a file that a variable names, both.
        line: Where in the file, counted from one; None where that is not known, or means nothing.
    """

    kind: Kind
    name: str
    line: int | None = None

    def __str__(self) -> str:
        """As editors and terminals understand it: ``config.toml:12``."""
        return self.name if self.line is None else f"{self.name}:{self.line}"


DEFAULT = Origin("default", "the default")

_NONE: Mapping[Path, tuple[str, ...]] = {}


def _no_line(_path: Path) -> None:
    return None


class Layer:
    """What one source says.

    Args:
        values: Tables within tables, copied; where only what stands at a path is asked for, any value.
        origin: Who says so.
        lines: The line of what stands at a path of the source.
        place: The path in the source at which the values stand.
        is_resolved: The references in its strings have been replaced.
        references: What they were, by the path of the source.
        has_references: False if none of its strings had any, or if they are taken as they are.
    """

    __slots__ = ("has_references", "is_resolved", "lines", "origin", "place", "references", "values")

    def __init__(
        self,
        values: Any,
        origin: Origin,
        lines: Lines = _no_line,
        place: Path = (),
        is_resolved: bool = False,
        references: Mapping[Path, tuple[str, ...]] = _NONE,
        has_references: bool = True,
    ) -> None:
        self.values = values
        self.origin = origin
        self.lines = lines
        self.place = place
        self.is_resolved = is_resolved
        self.references = references
        self.has_references = has_references

    @property
    def may_refer(self) -> bool:
        """Whether its strings may hold references that nobody has replaced yet."""
        return self.has_references and not self.is_resolved and self.origin.kind in {"mapping", "file"}

    def origin_at(self, path: Path) -> Origin:
        """Who says what stands at a path, with its line or that of the nearest around it."""
        for end in range(len(path), -1, -1):
            if (line := self.lines((*self.place, *path[:end]))) is not None:
                return self.origin._replace(line=line)
        return self.origin

    def but(self, **changes: Any) -> "Layer":
        """The same with other values for some of what it was made of."""
        return Layer(**{name: getattr(self, name) for name in self.__slots__} | changes)


def layer(values: Mapping[Any, Any], origin: Origin, home: list[Any], lines: Lines = _no_line) -> Layer:
    """What a mapping says, copied.

    Args:
        values: The mapping.
        origin: Who says so.
        home: A list that will hold the part to which the layer belongs.
        lines: See ``Layer``.

    Raises:
        TooDeepError: It is nested too deeply.
    """
    copy = Copy(home)
    return Layer(copy.of(values), origin, lines, has_references=copy.refers)


class Settled:
    """Layers and what becomes of them.

    Args:
        layers: The later wins.
        values: Tables within tables.
        may_refer: Strings may hold references that nobody has replaced, or of which nothing has come.
    """

    __slots__ = ("layers", "may_refer", "values")

    def __init__(self, layers: tuple[Layer, ...], values: Any, may_refer: bool) -> None:
        self.layers = layers
        self.values = values
        self.may_refer = may_refer


def settled(layers: Iterable[Layer]) -> Settled:
    """Options on top of everything else; apart from that, the later wins."""
    layers = ordered(layers)
    if len(layers) == 1:
        return Settled(layers, layers[0].values, layers[0].has_references)
    return Settled(layers, folded(layers), True in [each.has_references for each in layers])


def ordered(layers: Iterable[Layer]) -> tuple[Layer, ...]:
    """Options on top of everything else; apart from that, in the order given."""
    layers = tuple(layers)
    options = [each for each in layers if each.origin.kind == "option"]
    return (*(each for each in layers if each.origin.kind != "option"), *options) if options else layers


def folded(layers: Iterable[Layer]) -> Any:
    """What becomes of them: the later wins."""
    return reduce(merged, [each.values for each in layers], {})


def narrowed(layers: Iterable[Layer], path: Path) -> tuple[Layer, ...]:
    """What each says about what stands at a path. A value that leaves no room there remains, as ``COVERED``."""
    found = [(each, at(each.values, path)) for each in layers]
    return tuple(
        Layer(
            value,
            each.origin,
            each.lines,
            (*each.place, *path),
            each.is_resolved,
            each.references,
            each.has_references,
        )
        for each, value in found
        if value is not Nothing.UNSAID
    )


def of_section(layers: tuple[Layer, ...], place: Path, extra: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """The layers of a section: what the environment says lies over all but the options."""
    return ordered((*narrowed(layers, place), *extra))


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
    raise errors.ConfigError(f"{name} is nested deeper than {DEEPEST} tables, or contains itself")


@cache
def _of_mapping(name: str) -> Origin:
    return Origin("mapping", name)


def at_home(home: list[Part], layers: tuple[Layer, ...], again: Callable[[], Part] | None = None) -> Part:
    """A part of layers whose views know it by ``home``."""
    part = Part(layers, again)
    home.append(part)
    return part
