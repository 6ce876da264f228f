"""How is something made? Decided from the graph, before anything is built.

Planning goes from what is asked for to where it comes from: given values, the context, adapters, defaults. It
reads types and what the context has; it calls nothing and keeps nothing. Which adapter is taken does not depend
on what a call happens to do: exact type first, then the nearest subclass, among those that have all they need.
An adapter that would need itself, or on its way the very type that it is asked for, does not have all it needs.
"""

import itertools
from typing import Any, TypeAlias

from rostra import errors
from rostra.components import Key, name_of
from rostra.di.adapters import Adapter
from rostra.di.annotations import Option, Want, is_by_name_only, item_of, with_article
from rostra.di.offers import Offer, step_of
from rostra.di.plans import (
    Argument,
    Build,
    Collect,
    Constant,
    Failure,
    Flawed,
    Given,
    Load,
    Node,
    Nodes,
    Plan,
    Postponed,
    ScopeValue,
    StageObject,
    nothing,
)
from rostra.di.signatures import Parameter, Signature
from rostra.di.views import Seen, View
from rostra.values import Values

_ENDLESS = 8
"""So often may one generic adapter be needed on the way to itself, for another type each time."""

MANY = 100
"""Failures, of which an error shows a few: after so many the first one of a function is enough."""

Mark: TypeAlias = tuple[bool, Any]
"""A type that is looked for, or an adapter that is tried; for an object of the stage or not."""

Found: TypeAlias = tuple[Node | Failure, frozenset[Mark]]
"""What serves, and all that was looked at to find out."""


class Step(Values):
    """Something that is being looked for, or an adapter that is being tried."""

    mark: Mark
    offer: Offer | None


class EntangledError(Exception):
    """Something is needed on several ways through a circle, and would have to be planned on each of them."""


class Planner:
    """Plans what one call asks for, and looks for each type once. What was found for it serves again.

    Args:
        view: What it may use.
        wanted: What errors call what is asked for.
        function: The function whose parameters are filled, if it is one.

    ``is_final`` says that no annotation turned up that may become readable later.

    Raises:
        EntangledError: From all that plans: a type would have to be looked for again. ``circles`` can do that.
    """

    def __init__(self, view: View, wanted: str, function: Signature | None) -> None:
        self._view = view
        self._wanted_by = (wanted, function)
        self.is_final = True
        self._hopeless: dict[Any, Failure] = {}
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._lazies: dict[Any, Node] = {}
        self._postponed: list[tuple[Any, View, Want, Parameter | None]] = []
        self._passed_over: dict[Node, tuple[Failure, ...]] = {}
        self._nodes = Nodes()
        self._failures = 0
        self._begin()

    def _begin(self) -> None:
        self._path: list[Step] = []
        self._parameters: list[Parameter] = []
        self._touched: list[set[Mark]] = [set()]
        self._known: dict[Mark, Found] = {}
        self._looked_for: set[Mark] = set()

    def found(self, asked: tuple[Want, ...] | Signature) -> list[Any]:
        """Where what is asked for comes from: nodes, or the arguments of a function; a failure for each that cannot be had.

        What is made lazily is taken for granted, and planned afterwards. If that cannot be had, all is planned anew.
        """
        while True:
            found = self._of_all(asked)
            if self._are_lazies_planned():
                return found
            self._begin_anew()

    def _of_all(self, asked: tuple[Want, ...] | Signature) -> list[Any]:
        if isinstance(asked, Signature):
            return self.arguments(self._view, asked)
        return [self._without(want, self._wanted(self._view, want, None)) for want in asked]

    def _are_lazies_planned(self) -> bool:
        """Plan all that is made lazily, and what is made lazily in that; False if something of it cannot be had."""
        known = len(self._hopeless)
        while self._postponed:
            key, view, want, parameter = self._postponed.pop()
            found = self._apart(view, want, parameter)
            if isinstance(found, Failure):
                self._hopeless[key] = found
            else:
                self._lazies[key] = found
        return len(self._hopeless) == known

    def arguments(self, view: View, signature: Signature) -> list[Argument | Failure]:
        """Where the parameters of a function come from; those that are left to their default are left out."""
        found: list[Argument | Failure] = []
        for parameter in signature.parameters:
            self._parameters.append(parameter)
            node = self._filled(view, parameter)
            self._parameters.pop()
            if isinstance(node, Failure):
                found.append(node)
                self._failures += 1
                if self._failures > MANY:
                    break
            elif node is not None:
                found.append(Argument(parameter, node))
        return found

    def plan(self, roots: tuple[Node, ...]) -> Plan:
        """The plan that has these roots."""
        plan = Plan(roots, self._lazies, passed_over=self._passed_over)
        return plan._replace(kept=self._nodes.kept(plan))

    def _filled(self, view: View, parameter: Parameter) -> Node | Failure | None:
        if parameter.name in view.given:
            return self._given(view, parameter)
        try:
            want = parameter.read(view.registry.names)
        except errors.AnnotationError as error:
            self.is_final = False
            return Failure(str(parameter), error.reason, view=view, fix=error.fix)
        found = self._wanted(view, want, parameter)
        if not isinstance(found, Failure):
            return found
        if parameter.has_default:
            return self._constant(parameter.default) if parameter.is_positional_only else None
        return self._without(want, found)

    def _given(self, view: View, parameter: Parameter) -> Node:
        node = self._nodes.one(Given(parameter.name, is_by_name=True))
        if view.given[parameter.name] is not type(None):
            return node
        try:
            want = parameter.read(view.registry.names)
        except errors.AnnotationError:  # a value that is given by name needs no annotation
            self.is_final = False
            return node
        if want.optional or not want.options or want.key in (Any, object):
            return node
        from rostra.di.drawing import none_given

        return self._nodes.one(Flawed(node, none_given(parameter)))

    def _without(self, want: Want, found: Node | Failure) -> Node | Failure:
        """What one gets who can perhaps do without; a list of all that there is may be empty."""
        if not isinstance(found, Failure):
            return found
        if want.optional:
            return self._constant(None)
        return self._nodes.one(Collect(())) if found.is_empty else found

    def _constant(self, value: Any) -> Constant:
        return self._nodes.one(Constant(value))

    def _wanted(self, view: View, want: Want, parameter: Parameter | None) -> Node | Failure:
        """Given values by type first, then each type in the order written."""
        if want.type_argument is not None:
            return self._constant(want.type_argument)
        if want.lazy:
            return self._lazy(view, want, parameter)
        given = self._given_by_type(view, want, parameter) if parameter else None
        if given is not None:
            return given
        failures: list[Failure] = []
        for option in want.options or (Option(Any),):
            found = self._option(view, option, parameter)
            if not isinstance(found, Failure):
                return found
            failures.append(found)
        first, *others = failures
        subject = str(parameter) if parameter else str(want)
        return first._replace(subject=subject, others=(*first.others, *others))

    def _given_by_type(self, view: View, want: Want, parameter: Parameter) -> Node | None:
        for option in want.options:
            names = view.fitting(option)
            if names:
                node = self._nodes.one(Given(names[0], is_by_name=False))
                if len(names) == 1:
                    return node
                from rostra.di.drawing import ambiguous

                return self._nodes.one(Flawed(node, ambiguous(parameter, names, view)))
        return None

    def _lazy(self, view: View, want: Want, parameter: Parameter | None) -> Node | Failure:
        """A ``Lazy``: it must be possible to make what is in it, but that is not on the way to anything."""
        from rostra.di.lazies import lazy

        key = (view.is_stage, want.inside, parameter and parameter.name)
        if key in self._hopeless:
            return self._hopeless[key]
        if key not in self._lazies:
            self._lazies[key] = self._constant(None)  # until it is planned
            self._postponed.append((key, view, want.inside, parameter))
        return self._nodes.one(Postponed(key, lazy))

    def _apart(self, view: View, want: Want, parameter: Parameter | None) -> Node | Failure:
        self._begin()
        return self._without(want, self._wanted(view, want, parameter))

    def _option(self, view: View, option: Option, parameter: Parameter | None) -> Node | Failure:
        if is_by_name_only(option.key):
            value = self._in_context(view, Option(ScopeValue(parameter.name))) if parameter else None
            reason = "what says no more of its type is filled by name only"
            if option.key is not Any:
                reason = f"{with_article(option)} is filled by name only"
            return value or Failure(str(option), reason, option, view, is_name_only=True)
        if parameter is not None and option.name is None:
            named = Option(option.key, parameter.name)
            if view.seen(named) is not None:
                return self._resolved(view, named)
        return self._resolved(view, option)

    def _resolved(self, view: View, option: Option) -> Node | Failure:
        """What serves ``option``, if that is not under way itself."""
        mark = (view.is_stage, option)
        under_way = {step.mark for step in self._path}
        if mark in under_way and item_of(option.key) is None:  # a member of a list may ask for the others
            self._touched[-1].add(mark)
            return Failure(str(option), f"{option} needs itself", option, view, is_circle=True)
        known = self._recalled(mark, under_way)
        if known is None:
            self._touched.append({mark})
            self._path.append(Step(mark, None))
            found = self._searched(view, option)
            self._path.pop()
            known = (found, frozenset(self._touched.pop()))
            self._remember(mark, known, under_way)
        found, touched = known
        self._touched[-1] |= touched
        return found

    def _recalled(self, mark: Mark, under_way: set[Mark]) -> Found | None:
        """What was found before, if it is right here, too; None if it has to be looked for."""
        known = self._known.get(mark)
        if known is not None and known[1].isdisjoint(under_way):
            return known
        if mark in self._looked_for:
            raise EntangledError
        self._looked_for.add(mark)
        return None

    def _remember(self, mark: Mark, found: Found, under_way: set[Mark]) -> None:
        """Keep what was found, if it is right wherever nothing of what it has to do with is under way."""
        if found[1].isdisjoint(under_way):
            self._known[mark] = found

    def _searched(self, view: View, option: Option) -> Node | Failure:
        """The context first, then adapters, nearest first."""
        in_context = self._in_context(view, option)
        if in_context is not None:
            return in_context
        failures: list[Failure] = []
        for _, equally_near in itertools.groupby(view.roster.offers(option), key=lambda offer: offer.rank):
            able: list[tuple[Offer, Node]] = []
            for offer in equally_near:
                found = self._built(view, offer)
                if isinstance(found, Failure):
                    failures.append(found)
                else:
                    able.append((offer, found))
            if able:
                return self._chosen(view, option, able, failures)
        item = item_of(option.key)
        return nothing(view, option, failures) if item is None else self._collected(view, item, option)

    def _chosen(
        self, view: View, option: Option, able: list[tuple[Offer, Node]], failures: list[Failure]
    ) -> Node:
        node = able[0][1]
        if failures:
            self._passed_over[node] = tuple(failures)
        if len(able) == 1:
            return node
        from rostra.di.drawing import conflict

        wanted, function = self._wanted_by
        way = [function, *(step.offer.signature for step in self._path if step.offer)]
        error = conflict(wanted, option, [offer for offer, _ in able], way, self._parameters, view)
        return self._nodes.one(Flawed(node, error))

    def _in_context(self, view: View, option: Option) -> Node | Failure | None:
        """The nearest component, or what stands in for it."""
        seen = view.seen(option)
        if seen is None:
            return None
        if seen.instead is not None:
            return self._instead(view, seen, seen.target)
        load = Load(option.key, option.name, view.is_stage)
        return self._nodes.one(load, is_private=view.is_private(seen.depth))

    def _instead(self, view: View, seen: Seen, made: Key) -> Node | Failure:
        """What stands in for a type or an adapter."""
        is_private = view.is_private(seen.depth)
        if not isinstance(seen.instead, Adapter):
            return self._nodes.one(Constant(seen.instead and seen.instead.value), is_private=is_private)
        make, signature = seen.instead.make, seen.instead.signature
        offer = Offer(seen.instead, made, (0, 0), make, signature, is_override=True)
        return self._built(view, offer, is_private=is_private)

    def _built(self, view: View, offer: Offer, *, is_private: bool = False) -> Node | Failure:
        """The adapter called with all it needs, or what it lacks."""
        seen = None if offer.is_override else view.replaced(offer.adapter)
        if seen is not None:
            return self._instead(view, seen, offer.made)
        lives_on_stage = offer.adapter.lifetime == "stage" and not offer.is_override
        mark = (view.is_stage or (lives_on_stage and view.stage is not None), offer.identity)
        self._touched[-1].add(mark)
        refusal = self._refusal(view, offer, mark)
        if refusal is not None:
            return refusal
        made = self._made(view, offer, mark, is_private=is_private)
        return self._nodes.one(StageObject(made)) if lives_on_stage and isinstance(made, Build) else made

    def _made(self, view: View, offer: Offer, mark: Mark, *, is_private: bool) -> Build | Failure:
        """The call of an adapter that may be used, or what it lacks."""
        inner = view.stage if mark[0] and view.stage is not None else view
        self._path.append(Step(mark, offer))
        found = self.arguments(inner, offer.signature)
        self._path.pop()
        lacks = tuple(each for each in found if isinstance(each, Failure))
        if lacks:
            return Failure(step_of(offer), lacks[0].reason, view=view, through=offer, causes=lacks)
        arguments = tuple(each for each in found if isinstance(each, Argument))
        return self._nodes.one(Build(offer, arguments), is_private=is_private)

    def _refusal(self, view: View, offer: Offer, mark: Mark) -> Failure | None:
        """Why an adapter cannot be used here at all."""
        adapter = offer.adapter
        around = [step for step in self._path if step.offer is not None and step.offer.adapter is adapter]
        is_circle = any(step.mark == mark for step in around)
        reason = fix = ""
        if is_circle:
            reason = f"{name_of(offer.made)} needs itself"
        elif len(around) > _ENDLESS:
            reason, fix = "it needs itself for ever larger types", "ask for a type that does not grow"
        elif adapter.lifetime == "stage" and not offer.is_override:
            if view.stage is None and not view.is_stage:
                reason = "it lives as long as the stage, and no stage runs here"
                fix = 'ask in a stage, or register it without lifetime="stage"'
        elif view.is_stage and adapter.lifetime == "scope":
            reason = "it is closed with its scope, so nothing that lives as long as the stage may use it"
            fix = f'register {adapter.label} with lifetime="stage", too'
        elif (
            not view.is_stage and view.scope is None and (adapter.lifetime == "scope" or adapter.is_resource)
        ):
            reason = "it is closed when a scope ends, and no scope is open here"
            fix = "async with di.scope(): ..."
        if not reason:
            return None
        return Failure(step_of(offer), reason, view=view, through=offer, fix=fix, is_circle=is_circle)

    def _collected(self, view: View, item: Option, option: Option) -> Node | Failure:
        """Everything that is an ``item``: components, and what adapters make."""
        from rostra.di.listing import members

        found = [
            self._in_context(view, each) if isinstance(each, Option) else self._built(view, each)
            for each in members(view, item)
        ]
        nodes = tuple(node for node in found if node is not None and not isinstance(node, Failure))
        if not nodes:
            reason = f"nothing gives {with_article(item)}"
            return Failure(str(option), reason, item, view, is_empty=True)
        return self._nodes.one(Collect(nodes))
