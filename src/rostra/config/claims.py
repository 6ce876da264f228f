"""Who claims which name? Two classes for one section, and two settings for one variable, are mistakes."""

from collections.abc import Iterator
from typing import Any

from rostra.config.declared import called, identity, names_of
from rostra.config.environment import FILE, Asked
from rostra.config.tree import Path, dotted
from rostra.errors import Mistake


class Claims:
    """The sections and variables that have been claimed so far.

    Args:
        sections: The class of each, by its place.
        variables: The path of what each sets, by its name.
        apart: Sources of their own for parts of the settings, which make claims of their own.
    """

    __slots__ = ("_around", "apart", "sections", "variables")

    def __init__(self) -> None:
        self.sections: dict[Path, type] = {}
        self.variables: dict[str, Path] = {}
        self.apart: list[Any] = []
        self._around: set[Path] = set()

    def claim(self, asked: Asked) -> tuple[Mistake, ...]:
        """Claim a section and its variables, unless somebody else has.

        Returns:
            What collides; then nothing is claimed.
        """
        mistakes = () if self._are_free(asked) else (*self._rivals(asked), *self._shared(asked))
        if not mistakes:
            self.add(asked.place, asked.cls)
            if asked.variables.paths:
                self.variables.update(asked.variables.paths)
        return mistakes

    def add(self, place: Path, cls: type) -> None:
        """Remember who reads a section, unless somebody does."""
        if place not in self.sections:
            self.sections[place] = cls
            for end in range(len(place)):
                self._around.add(place[:end])

    def _are_free(self, asked: Asked) -> bool:
        """Whether nobody at all has claimed anything of it."""
        paths = asked.variables.paths
        is_known = asked.place in self.sections or asked.variables.shared
        return not is_known and (not paths or self.variables.keys().isdisjoint(paths))

    def _rivals(self, asked: Asked) -> Iterator[Mistake]:
        holder = self.sections.get(asked.place, asked.cls)
        if holder is not asked.cls and identity(holder) != identity(asked.cls):
            reason = f"claimed by two classes: {called(holder)} and {called(asked.cls)}"
            yield Mistake(bracketed(asked.place), reason)

    def _shared(self, asked: Asked) -> Iterator[Mistake]:
        """Variables that another setting of the class, or of another one, has already."""
        paths = asked.variables.paths
        known = self.variables.keys() & paths.keys()
        others = ((name, self.variables[name], path) for name, path in paths.items() if name in known)
        for name, one, other in (*asked.variables.shared, *others):
            if one != other:
                yield Mistake(name, f"would set both {dotted(one)} and {dotted(other)}")

    def holds(self, path: Path) -> bool:
        """Whether a section is claimed at ``path`` or within it."""
        return path in self.sections or self.surrounds(path)

    def surrounds(self, path: Path) -> bool:
        """Whether a section is claimed within ``path``."""
        return path in self._around

    def reads(self, path: Path) -> bool:
        """Whether what stands at a path is a section, or a setting of the section around it."""
        return path in self.sections or self.covers(path)

    def covers(self, path: Path) -> bool:
        """Whether what stands at a path is a setting of the section around it."""
        cls = self.sections.get(path[:-1])
        return cls is not None and path[-1] in names_of(cls)

    def names(self) -> frozenset[str]:
        """All variables that mean something, with the ``_FILE`` ones."""
        return frozenset(self.variables) | {f"{name}{FILE}" for name in self.variables}


def bracketed(place: Path) -> str:
    """How a section is written in messages."""
    return f"[{dotted(place)}]" if place else "the root"
