"""What is there instead? Layers, described to who has not found something in them. Pure."""

from collections.abc import Iterable

from rostra.components.keys import Key, name_of
from rostra.components.shapes import Added, Under
from rostra.errors import ComponentNotFoundError

__all__ = ["described", "missing"]


def missing(
    wanted: Key, name: str | None, names: Iterable[str | None], layers: Iterable[tuple[str, Iterable[Added]]]
) -> ComponentNotFoundError:
    """What to raise when there is no such component.

    Args:
        wanted: Its type.
        name: Its name.
        names: Under which there are others of this type.
        layers: See ``described``.
    """
    near = tuple(
        "there is one without a name" if other is None else f'there is one named "{other}"'
        for other in names
        if other != name
    )
    return ComponentNotFoundError(name_of(wanted), name, described(layers), near)


def described(layers: Iterable[tuple[str, Iterable[Added]]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What messages say of each layer: its label, and what was added to it.

    What rostra itself defines is left out: every stage has it, and it would hide what matters.

    Args:
        layers: The label of each, and what was added to it.
    """
    return tuple((label, tuple(filter(None, (_called(*each) for each in added)))) for label, added in layers)


def _called(key: Key, name: str | None) -> str:
    """What messages call something that was added so; nothing, if it is one of rostra's own."""
    if isinstance(key, Under):
        return next(filter(None, (_called(*each) for each in key.all)), "")
    kind = key if isinstance(key, type) else type(key)
    if kind.__module__.partition(".")[0] == __name__.partition(".")[0]:
        return ""
    return name_of(key) if name is None else f'{name_of(key)} "{name}"'
