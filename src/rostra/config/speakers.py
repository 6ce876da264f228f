"""Who said it? Messages and tools ask the layers, from the top, for who said what stands at a path. Pure."""

from rostra.config.layers import DEFAULT, Layer, Origin, of_section
from rostra.config.tree import Nothing, Path, at
from rostra.config.variables import paths_of

__all__ = ["origin_around", "origin_of", "origin_said", "references_around", "speaker"]


def speaker(layers: tuple[Layer, ...], path: Path) -> Layer | None:
    """The layer that says what stands at a path, or None if nothing does."""
    for each in reversed(layers):
        found = at(each.values, path)
        if found is not Nothing.UNSAID:
            return None if found is Nothing.COVERED else each
    return None


def origin_of(layers: tuple[Layer, ...], path: Path) -> Origin | None:
    """Who said what stands at a path, or None if nothing does."""
    found = speaker(layers, path)
    return found.origin_at(path) if found else None


def references_around(layers: tuple[Layer, ...], path: Path) -> tuple[str, ...]:
    """The references that gave what stands at a path, or something around it."""
    for end in range(len(path), -1, -1):
        if (found := speaker(layers, path[:end])) is not None:
            known = ((*found.place, *path[:upto]) for upto in range(end + 1))
            return tuple(each for key in known for each in found.references.get(key, ()))
    return ()


def origin_around(layers: tuple[Layer, ...], path: Path) -> Origin:
    """Who said what stands at a path; if nothing does, who said the nearest around it."""
    for end in range(len(path), -1, -1):
        if (origin := origin_of(layers, path[:end])) is not None:
            return origin
    return DEFAULT


def origin_said(
    layers: tuple[Layer, ...],
    path: Path,
    place: Path = (),
    extra: tuple[Layer, ...] = (),
    cls: type | None = None,
) -> Origin | None:
    """Who said what a setting is, or None if nobody did.

    Args:
        layers: Of a source.
        path: The setting.
        place: The loaded section in which it stands.
        extra: What the environment says about that.
        cls: The class of the section, whose defaults count; None if none is loaded.
    """
    if cls is None:
        return origin_of(layers, path)
    if (origin := origin_of(of_section(layers, place, extra), path[len(place) :])) is not None:
        return origin
    return DEFAULT if path in paths_of(cls, place) else None
