"""Sections: who claims which, what all who have a say make of one, and the instance of its class or everything wrong.

Nobody may claim what somebody else has (``collisions``).
"""

from typing import Any

from rostra import errors
from rostra.config.classes import read
from rostra.config.declared import names_of
from rostra.config.environment import FILE, NO_VARIABLES, Asked, Environment
from rostra.config.hooks import Fault, WrongError
from rostra.config.layers import Layer, Settled, folded, of_section
from rostra.config.tree import Nothing, Path, at, opened


def asked_by(cls: type, place: Path, known: Environment) -> Asked:
    """A class and all variables that set something of it.

    If its settings cannot be known it has none: that is told when it is made.
    """
    if known.prefix is None:
        return Asked(cls, place, NO_VARIABLES)
    from rostra.config.variables import variables_of

    return Asked(cls, place, variables_of(cls, place, known.prefix))


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

    def claim(self, asked: Asked) -> "tuple[errors.Mistake, ...]":
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

    def _collisions(self, asked: Asked) -> "tuple[errors.Mistake, ...]":
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


class Outcome:
    """What came of it: the instance, or mistakes.

    Args:
        made: The instance, or None.
        environment: What variables said about it.
        mistakes: Everything that is wrong.
    """

    __slots__ = ("environment", "made", "mistakes")

    def __init__(
        self, made: Any, environment: tuple[Layer, ...], mistakes: "tuple[errors.Mistake, ...]"
    ) -> None:
        self.made = made
        self.environment = environment
        self.mistakes = mistakes


def evaluated(asked: Asked, settled: Settled, known: Environment, claims: Claims) -> Outcome:
    """The section that ``asked`` wants.

    Args:
        asked: By whom.
        settled: All settings, without the environment.
        known: The environment.
        claims: What is whose.
    """
    extra, unreadable = _said_about(asked, known, claims)
    said = (
        folded(of_section(settled.layers, asked.place, extra)) if extra else at(settled.values, asked.place)
    )
    own = _own(said, asked, claims)
    try:
        made = read(own, asked.cls)
        faults: tuple[Fault, ...] = ()
    except WrongError as wrong:
        made, faults = None, wrong.faults
    whole = of_section(settled.layers, asked.place, extra) if faults or settled.may_refer else ()
    referring = _pending(own, whole) if settled.may_refer else ()
    if not (faults or referring):
        return Outcome(made, extra, unreadable)
    from rostra.config.mistakes import mistakes_in

    told = {each.setting for each in unreadable}
    mistakes = mistakes_in(asked, whole, referring, faults)
    return Outcome(None, extra, (*unreadable, *(each for each in mistakes if each.setting not in told)))


def _said_about(
    asked: Asked, known: Environment, claims: Claims
) -> "tuple[tuple[Layer, ...], tuple[errors.Mistake, ...]]":
    if known.prefix is None:
        return (), ()
    from rostra.config.variables import said_about

    return said_about(asked, known, claims.variables)


def _pending(section: Any, layers: tuple[Layer, ...]) -> tuple[Fault, ...]:
    from rostra.config.unresolved import pending

    return pending(section, layers)


def _own(said: Any, asked: Asked, claims: Claims) -> Any:
    """The section without the tables that are others' sections. At the root every unknown table is."""
    if not isinstance(said, dict):
        return {} if isinstance(said, Nothing) else said
    if asked.place and not claims.surrounds(asked.place):
        return said
    names = names_of(asked.cls)
    if names.issuperset(said):
        return said
    unknown = said.keys() - names
    foreign = {
        key
        for key in unknown
        if opened(said[key]) is not None and (not asked.place or claims.holds((*asked.place, key)))
    }
    return {key: each for key, each in said.items() if key not in foreign}
