"""Who claims which name? Nobody may claim one that somebody else has (``collisions``)."""

from typing import Any

from rostra.config.declared import names_of
from rostra.config.environment import FILE, Asked
from rostra.config.tree import Path
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
        mistakes = () if self._are_free(asked) else self._collisions(asked)
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

    def _collisions(self, asked: Asked) -> tuple[Mistake, ...]:
        from rostra.config.collisions import collisions

        return tuple(collisions(asked, self.sections, self.variables))

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
