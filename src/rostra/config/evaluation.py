"""One section: what all who have a say make of it, and the instance of its class or everything wrong with it."""

from typing import Any

import attrs

from rostra.config.claims import Claims
from rostra.config.declared import names_around, settings_of
from rostra.config.environment import Asked, Environment, overlaid
from rostra.config.faults import Fault, WrongError
from rostra.config.origin import DEFAULT
from rostra.config.reading import read
from rostra.config.tree import (
    Node,
    Table,
    dotted,
    is_table,
    leaves,
    origin_at,
    plain,
    replaced,
)
from rostra.errors import Mistake


@attrs.frozen
class Outcome:
    """What came of it: the instance, or mistakes.

    Args:
        made: The instance, or None.
        node: What was said, the environment included.
        mistakes: Everything that is wrong.
    """

    made: Any = attrs.field(repr=False)
    node: Node
    mistakes: tuple[Mistake, ...]


def evaluated(asked: Asked, said: Node | None, known: Environment, claims: Claims) -> Outcome:
    """The section that ``asked`` wants.

    Args:
        asked: By whom.
        said: What mappings, files and options say about it.
        known: The environment.
        claims: What is whose.
    """
    said = said or Table({}, DEFAULT)
    node, unreadable = overlaid(said, asked, known, claims.variables)
    if node is not said:  # the environment has put something over the options
        for path, value in leaves(said):
            if value.origin.kind == "option":
                node = replaced(node, path, value)
    faults: tuple[Fault, ...] = ()
    made = None
    try:
        made = read(plain(_own(node, asked, claims)), asked.cls)
    except WrongError as wrong:
        faults = wrong.faults
    known_wrong = {each.setting for each in unreadable}
    mistakes = tuple(
        mistake
        for mistake in (_mistake(fault, node, asked) for fault in faults)
        if mistake.setting not in known_wrong
    )
    return Outcome(made, node, unreadable + mistakes)


def _own(node: Node, asked: Asked, claims: Claims) -> Node:
    """The section without the tables that are others' sections. At the root every unknown table is."""
    if not isinstance(node, Table):
        return node
    tables = [key for key, each in node.entries.items() if is_table(each)]
    if not tables:
        return node
    names = {setting.name for setting in settings_of(asked.cls, names_around(asked.cls))}
    foreign = {
        key for key in tables if key not in names and (not asked.place or claims.holds((*asked.place, key)))
    }
    return attrs.evolve(node, entries={key: each for key, each in node.entries.items() if key not in foreign})


def _mistake(fault: Fault, node: Node, asked: Asked) -> Mistake:
    path = (*asked.place, *fault.path)
    setting = dotted(path) or "the root"
    if not fault.missing:
        return Mistake(setting, fault.reason, f"from {origin_at(node, fault.path)}")
    table = f"[{dotted(asked.place)}]" if asked.place else "the root"
    by_hand = f"{dotted(fault.path)} in {table}"
    variable = next((each.name for each in asked.variables if each.path == path), None)
    return Mistake(setting, fault.reason, f"set {variable}, or {by_hand}" if variable else f"set {by_hand}")
