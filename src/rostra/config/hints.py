"""What nobody has read: options, which is a mistake; tables and variables, which may be none. Pure."""

from collections.abc import Collection, Iterator
from typing import Any

from rostra.config.declared import UnknownTypeError
from rostra.config.environment import Environment
from rostra.config.layers import Layer, Settled
from rostra.config.sections import Claims
from rostra.config.speakers import origin_of
from rostra.config.tree import Path, dotted
from rostra.config.variables import paths_of
from rostra.errors import Mistake, closest


def unread(
    settled: Settled, claims: Claims, asked: Collection[Any], environment: Environment
) -> tuple[str, ...]:
    """A sentence for each table, and each variable with the prefix, that nobody has asked for.

    Args:
        settled: All settings.
        claims: What sections have asked for.
        asked: The keys at the root that were read as those of a dict.
        environment: The variables.
    """
    layers = tuple(each for each in settled.layers if each.origin.kind != "option")
    values = {key: each for key, each in settled.values.items() if key not in asked}
    return (*_tables(values, (), layers, claims), *_variables(claims, environment))


def _tables(values: Any, path: Path, layers: tuple[Layer, ...], claims: Claims) -> Iterator[str]:
    if not isinstance(values, dict):
        return
    for key, each in values.items():
        inner = (*path, key)
        if claims.reads(inner):
            continue
        if claims.holds(inner):
            yield from _tables(each, inner, layers, claims)
            continue
        origin = origin_of(layers, inner)
        if origin is not None:  # what options alone say is told by unread_options
            near = closest(dotted(inner), map(dotted, claims.sections))
            written = f"[{dotted(inner)}]" if isinstance(each, dict) else dotted(inner)
            yield f"nobody reads {written} of {origin}{_meant(near and f'[{near}]')}"


def _variables(claims: Claims, environment: Environment) -> Iterator[str]:
    known = claims.names()
    for name in environment.variables:
        if name not in known:
            near = closest(name, known)
            yield f"no setting reads {name}{_meant(near)}"


def unread_options(settled: Settled, claims: Claims, asked: Collection[Any]) -> tuple[Mistake, ...]:
    """Each option that nobody has asked for. Arguments are those of ``unread``."""
    said = [(each, _path(each.values)) for each in settled.layers if each.origin.kind == "option"]
    return tuple(
        Mistake(
            dotted(path),
            f"nobody asks for it{_meant(closest(dotted(path), _known(claims)))}",
            f"from {each.origin}",
        )
        for each, path in said
        if path[0] not in asked and not _is_read(path, claims)
    )


def _path(values: Any) -> Path:
    """Where an option says something: it is a branch without twigs."""
    path: Path = ()
    while isinstance(values, dict) and len(values) == 1:
        [(key, values)] = values.items()
        path = (*path, key)
    return path


def _is_read(path: Path, claims: Claims) -> bool:
    around = (path[:end] for end in range(1, len(path) + 1))
    return claims.holds(path) or any(map(claims.reads, around))


def _known(claims: Claims) -> Iterator[str]:
    """All settings that there are, with their sections."""
    for place, cls in claims.sections.items():
        yield dotted(place)
        try:
            yield from map(dotted, paths_of(cls, place))
        except UnknownTypeError:
            continue


def _meant(near: str | None) -> str:
    return f"; did you mean {near}?" if near else ""
