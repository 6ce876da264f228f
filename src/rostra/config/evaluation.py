"""One section: what all who have a say make of it, and the instance of its class or everything wrong with it."""

from typing import Any

from rostra.config.claims import Claims
from rostra.config.classes import read
from rostra.config.declared import names_of
from rostra.config.environment import Asked, Environment, said_about
from rostra.config.faults import Fault, WrongError
from rostra.config.layers import Layer, Settled, folded, narrowed, ordered
from rostra.config.tree import Nothing, Path, at, opened
from rostra.errors import Mistake


class Outcome:
    """What came of it: the instance, or mistakes.

    Args:
        made: The instance, or None.
        environment: What variables said about it.
        mistakes: Everything that is wrong.
    """

    __slots__ = ("environment", "made", "mistakes")

    def __init__(self, made: Any, environment: tuple[Layer, ...], mistakes: tuple[Mistake, ...]) -> None:
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
    extra, unreadable = said_about(asked, known, claims.variables)
    said = (
        folded(section_of(settled.layers, asked.place, extra)) if extra else at(settled.values, asked.place)
    )
    own = _own(said, asked, claims)
    try:
        made = read(own, asked.cls)
        faults: tuple[Fault, ...] = ()
    except WrongError as wrong:
        made, faults = None, wrong.faults
    whole = section_of(settled.layers, asked.place, extra) if faults or settled.may_refer else ()
    referring = _pending(own, whole) if settled.may_refer else ()
    if not (faults or referring):
        return Outcome(made, extra, unreadable)
    from rostra.config.mistakes import mistakes_in

    told = {each.setting for each in unreadable}
    mistakes = mistakes_in(asked, whole, referring, faults)
    return Outcome(None, extra, (*unreadable, *(each for each in mistakes if each.setting not in told)))


def _pending(section: Any, layers: tuple[Layer, ...]) -> tuple[Fault, ...]:
    from rostra.config.unresolved import pending

    return pending(section, layers)


def section_of(layers: tuple[Layer, ...], place: Path, extra: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """The layers of a section: what the environment says lies over all but the options."""
    return ordered((*narrowed(layers, place), *extra))


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
