"""A question and its plan: what is asked for, from where, and how it can be had."""

from typing import TypeAlias

from rostra.di.annotations import Want
from rostra.di.planning import EntangledError, Planner
from rostra.di.plans import Argument, Failure, Flawed, Given, Node, Plan
from rostra.di.signatures import Signature
from rostra.di.views import View
from rostra.values import Values

Asked: TypeAlias = tuple[Want, ...] | Signature
"""Types, or a function whose parameters are to be filled."""


class Answer(Values):
    """A plan, or what it lacks.

    Args:
        wanted: What errors call what was asked for.
        function: The function whose parameters are filled, if it is one.
        view: What could be used.
        plan: How everything is made that can be had.
        arguments: For a function: what it is called with.
        failures: What cannot be had; empty if there is a plan.
        is_final: Asked again, the answer would be the same as long as the view is.
    """

    wanted: str
    function: Signature | None
    view: View
    plan: Plan
    arguments: tuple[Argument, ...]
    failures: tuple[Failure, ...]
    is_final: bool = True

    @property
    def flaws(self) -> tuple[Exception, ...]:
        """What is ambiguous in the plan."""
        return tuple(node.error for node in self.plan.nodes() if isinstance(node, Flawed))

    @property
    def unused(self) -> tuple[str, ...]:
        """The given values that serve nobody."""
        if not self.view.given:
            return ()
        used = {node.name for node in self.plan.nodes() if isinstance(node, Given)}
        return tuple(name for name in self.view.given if name not in used)


def answer(view: View, asked: Asked, wanted: str | None = None) -> Answer:
    """Plan what is asked for. A given value that serves a parameter of its name serves nothing else.

    Args:
        view: What may be used.
        asked: Types, or a function.
        wanted: What errors call it, if not by its own name.
    """
    while True:
        found = _planned(view, asked, wanted)
        if found.failures or not view.by_type:
            return found
        nodes = found.plan.nodes()
        named = {node.name for node in nodes if isinstance(node, Given) and node.is_by_name}
        if named.isdisjoint(view.by_type):
            return found
        view = view._replace(by_type=view.by_type - named)


def _planned(view: View, asked: Asked, wanted: str | None) -> Answer:
    function = asked if isinstance(asked, Signature) else None
    if wanted is None:
        wanted = asked.label if isinstance(asked, Signature) else ", ".join(map(str, asked))
    try:
        return _answered(Planner(view, wanted, function), view, asked, wanted)
    except EntangledError:
        from rostra.di.circles import CirclePlanner

        return _answered(CirclePlanner(view, wanted, function), view, asked, wanted)


def _answered(planner: Planner, view: View, asked: Asked, wanted: str) -> Answer:
    function = asked if isinstance(asked, Signature) else None
    found = planner.found(asked)
    failures = tuple(each for each in found if isinstance(each, Failure))
    arguments = tuple(each for each in found if isinstance(each, Argument))
    roots: tuple[Node, ...] = tuple(
        each.node if isinstance(each, Argument) else each for each in found if not isinstance(each, Failure)
    )
    return Answer(wanted, function, view, planner.plan(roots), arguments, failures, planner.is_final)
