"""One section: what all who have a say make of it, and the instance of its class or everything wrong with it."""

from typing import Any

import attrs

from rostra.config.claims import Claims
from rostra.config.declared import names_of
from rostra.config.environment import Asked, Environment, said_about
from rostra.config.faults import Fault, WrongError
from rostra.config.layers import Layer, Settled, folded, narrowed, ordered, origin_around
from rostra.config.reading import read
from rostra.config.tree import Nothing, Path, at, dotted, opened
from rostra.errors import Mistake


@attrs.frozen(eq=False)
class Outcome:
    """What came of it: the instance, or mistakes.

    Args:
        made: The instance, or None.
        environment: What variables said about it.
        mistakes: Everything that is wrong.
    """

    made: Any = attrs.field(repr=False)
    environment: tuple[Layer, ...]
    mistakes: tuple[Mistake, ...]


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
    try:
        made = read(_own(said, asked, claims), asked.cls)
        return Outcome(made, extra, unreadable)
    except WrongError as wrong:
        faults = wrong.faults
    whole = section_of(settled.layers, asked.place, extra)
    told = {each.setting for each in unreadable}
    mistakes = (_mistake(fault, whole, asked) for fault in faults)
    return Outcome(None, extra, (*unreadable, *(each for each in mistakes if each.setting not in told)))


def section_of(layers: tuple[Layer, ...], place: Path, extra: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """The layers of a section: what the environment says lies over all but the options."""
    return ordered((*narrowed(layers, place), *extra))


def _own(said: Any, asked: Asked, claims: Claims) -> Any:
    """The section without the tables that are others' sections. At the root every unknown table is."""
    if type(said) is not dict:
        return {} if isinstance(said, Nothing) else said
    unknown = said.keys() - names_of(asked.cls)
    if not unknown:
        return said
    foreign = {
        key
        for key in unknown
        if opened(said[key]) is not None and (not asked.place or claims.holds((*asked.place, key)))
    }
    return {key: each for key, each in said.items() if key not in foreign}


def _mistake(fault: Fault, layers: tuple[Layer, ...], asked: Asked) -> Mistake:
    path = (*asked.place, *fault.path)
    setting = dotted(path) or "the root"
    if not fault.missing:
        return Mistake(setting, fault.reason, f"from {origin_around(layers, fault.path)}")
    table = f"[{dotted(asked.place)}]" if asked.place else "the root"
    by_hand = f"{dotted(fault.path)} in {table}"
    variable = next((name for name, known in asked.variables.paths.items() if known == path), None)
    return Mistake(setting, fault.reason, f"set {variable}, or {by_hand}" if variable else f"set {by_hand}")
