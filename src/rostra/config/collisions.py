"""Two classes for one section, and two settings for one variable, are mistakes. Pure."""

import os
import sys
from collections.abc import Iterator, Mapping

from rostra.config.declared import called
from rostra.config.environment import Asked
from rostra.config.tree import Path, bracketed, dotted
from rostra.errors import Mistake

__all__ = ["collisions"]


def collisions(
    asked: Asked, sections: Mapping[Path, type], variables: Mapping[str, Path]
) -> Iterator[Mistake]:
    """What of a section and its variables others have claimed.

    Args:
        asked: The class that wants the section.
        sections: Who has which, by its place.
        variables: The path of what each sets, by its name.
    """
    holder = sections.get(asked.place, asked.cls)
    if holder is not asked.cls and _identity(holder) != _identity(asked.cls):
        reason = f"claimed by two classes: {called(holder)} and {called(asked.cls)}"
        yield Mistake(bracketed(asked.place), reason)
    paths = asked.variables.paths
    known = variables.keys() & paths.keys()
    others = ((name, variables[name], path) for name, path in paths.items() if name in known)
    for name, one, other in (*asked.variables.shared, *others):
        if one != other:
            yield Mistake(name, f"would set both {dotted(one)} and {dotted(other)}")


def _identity(cls: type) -> tuple[str, str]:
    """What two classes have in common that are one class of the source: its file and its name there.

    attrs and dataclasses make a class with slots twice, and a module that runs as ``__main__`` may be imported
    once more by its name.
    """
    module = sys.modules.get(cls.__module__)
    file = getattr(module, "__file__", None)
    return os.path.realpath(file) if file else cls.__module__, cls.__qualname__
