"""Which tables are surely misspelt? Those that come close to a section of a class, and are none: that is known before all is read."""

from collections.abc import Iterator

from rostra.config.source import Config, ConfigSource
from rostra.config.speakers import origin_of
from rostra.config.tree import bracketed, dotted
from rostra.errors import closest

__all__ = ["misspelt"]


def misspelt(source: ConfigSource) -> Iterator[str]:
    """A sentence for each table at the root that nobody has asked for, and that comes close to a section.

    Unlike ``source.hints()`` this may be asked at any time: sections count that a class was declared for, whether they were
    loaded or not.
    """
    claims, asked = source._claims, source._asked  # noqa: SLF001  (its own room)
    sections = {*map(dotted, claims.sections), *_declared(Config)}
    roots = {each.partition(".")[0] for each in sections}
    layers = tuple(each for each in source._settled.layers if each.origin.kind != "option")  # noqa: SLF001  (as above)
    for key, table in source._settled.values.items():  # noqa: SLF001  (as above)
        is_known = key in asked or key in roots or claims.reads((key,))
        if is_known or not isinstance(table, dict):
            continue
        near, origin = closest(str(key), sections), origin_of(layers, (key,))
        if near is not None and origin is not None:
            yield f"nobody reads {bracketed((key,))} of {origin}; did you mean [{near}]?"


def _declared(cls: type[Config]) -> Iterator[str]:
    """The sections of all classes that there are."""
    for each in cls.__subclasses__():
        if isinstance(section := each.__rostra_section__, str):
            yield section
        yield from _declared(each)
