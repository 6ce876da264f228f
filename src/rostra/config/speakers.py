"""Who said it? Messages and tools ask the layers, from the top, for who said what stands at a path. Pure."""

from rostra.config.layers import DEFAULT, Layer, Origin
from rostra.config.tree import Nothing, Path, at

__all__ = ["origin_around", "origin_of", "references_around", "speaker"]


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
