"""Who claims which name? Two classes for one section, and two settings for one variable, are mistakes."""

import attrs

from rostra.config.declared import called, identity, settings_of
from rostra.config.environment import FILE, Asked
from rostra.config.tree import Path, dotted
from rostra.errors import Mistake


@attrs.define(eq=False)
class Claims:
    """The sections and variables that have been claimed so far."""

    sections: dict[Path, type] = attrs.field(factory=dict)
    variables: dict[str, Path] = attrs.field(factory=dict)

    def claim(self, asked: Asked) -> tuple[Mistake, ...]:
        """Claim a section and its variables, unless somebody else has.

        Returns:
            What collides; then nothing is claimed.
        """
        mistakes = []
        holder = self.sections.get(asked.place, asked.cls)
        if holder is not asked.cls and identity(holder) != identity(asked.cls):
            reason = f"claimed by two classes: {called(holder)} and {called(asked.cls)}"
            mistakes.append(Mistake(bracketed(asked.place), reason))
        wanted: dict[str, Path] = {}
        for each in asked.variables:
            other = wanted.get(each.name, self.variables.get(each.name, each.path))
            if other != each.path:
                reason = f"would set both {dotted(other)} and {dotted(each.path)}"
                mistakes.append(Mistake(each.name, reason))
            wanted[each.name] = each.path
        if not mistakes:
            self.sections.setdefault(asked.place, asked.cls)
            self.variables |= wanted
        return tuple(mistakes)

    def holds(self, path: Path) -> bool:
        """Whether a section is claimed at ``path`` or within it."""
        return any(claimed[: len(path)] == path for claimed in self.sections)

    def covers(self, path: Path) -> bool:
        """Whether what stands at a path is a setting of the section around it."""
        cls = self.sections.get(path[:-1])
        return cls is not None and any(path[-1] == setting.name for setting in settings_of(cls))

    def names(self) -> frozenset[str]:
        """All variables that mean something, with the ``_FILE`` ones."""
        return frozenset(self.variables) | {f"{name}{FILE}" for name in self.variables}


def bracketed(place: Path) -> str:
    """How a section is written in messages."""
    return f"[{dotted(place)}]" if place else "the root"
