"""All that is set, for tools: each value with its path and who said it. Pure; nothing is masked here."""

from collections.abc import Iterator
from typing import Any

import attrs

from rostra.config.layers import Layer, Origin, folded, of_section
from rostra.config.source import ConfigSource
from rostra.config.speakers import origin_around
from rostra.config.tree import Path, branch


@attrs.frozen
class Leaf:
    """A value that is no table.

    Args:
        path: Where it stands.
        value: As it was said. What is secret, only the class of its section knows.
        origin: Who said so, with the line.
    """

    path: Path
    value: Any = attrs.field(repr=False)
    origin: Origin


def leaves(source: ConfigSource) -> tuple[Leaf, ...]:
    """What mappings, files and options say, and, of sections that have been loaded, what the environment says.

    Values stand as they were said: texts that nobody has read yet are ``Text``.
    """
    settled, extra = source._settled, source._extra  # noqa: SLF001  (a source has no public names but its settings)
    layers: tuple[Layer, ...] = settled.layers
    for place in extra:
        layers = of_section(layers, (), tuple(_placed(each, place) for each in extra[place]))
    return tuple(_leaves(folded(layers), (), layers))


def _placed(layer: Layer, place: Path) -> Layer:
    return layer.but(values=branch(place, layer.values))


def _leaves(value: Any, path: Path, layers: tuple[Layer, ...]) -> Iterator[Leaf]:
    if not isinstance(value, dict):
        yield Leaf(path, value, origin_around(layers, path))
        return
    for key, each in value.items():
        yield from _leaves(each, (*path, key), layers)
