"""How is something made? Decided from the graph, before anything is built.

Planning goes from what is asked for to where it comes from: given values, the context, adapters, defaults. It
reads types and what the context has; it calls nothing and keeps nothing. Which adapter is taken does not depend
on what a call happens to do: exact type first, then the nearest subclass, among those that have all they need.
An adapter that would need, on its way, the very type that it is asked for does not have all it needs.
"""

import itertools
import typing
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from rostra.components import Components, Key, keys, name_of
from rostra.di.adapters import Adapter
from rostra.di.annotations import Option, Want, is_by_name_only, item_of
from rostra.di.drawing import a, ambiguous, conflict, none_given, step_of
from rostra.di.overrides import Overrides, Replacement, replaced
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
    Plan,
    Postponed,
    ScopeValue,
    StageObject,
)
from rostra.di.registry import Offer, Registry
from rostra.di.signatures import Parameter, Signature
from rostra.errors import AnnotationError

_ENDLESS = 8
"""So often may one generic adapter be needed on the way to itself, for other types each time."""


@attrs.frozen(eq=False)
class View:
    """What planning may see.

    Args:
        layer: The layer of the context to look in, with those below it.
        registry: The adapters.
        given: The types of the given values by name.
        by_type: The names of those that may serve by their type.
        scope_depth: How many layers above the scope this layer lies; None where no scope is open.
        stage: What the stage's objects may see; None where no stage runs.
        is_stage: This is what the stage's objects may see.
    """

    layer: Components
    registry: Registry
    given: Mapping[str, type] = attrs.field(factory=dict)
    by_type: frozenset[str] = frozenset()
    scope_depth: int | None = None
    stage: "View | None" = None
    is_stage: bool = False


@attrs.define(eq=False)
class _Step:
    """Something that is being looked for, and the adapter that is being tried for it."""

    asked: tuple[bool, Option]
    offer: Offer | None = None


class Planner:
    """Plans what one call asks for.

    Args:
        view: What it may see.
    """

    def __init__(self, view: View) -> None:
        self.view = view
        self.lazies: dict[Any, Node] = {}
        self._path: list[_Step] = []
        self._touched: list[set[tuple[bool, Option]]] = [set()]
        self._known: dict[tuple[bool, Option], tuple[Node | Failure, frozenset[Any]]] = {}
        self._nodes: dict[Any, Node] = {}
        self._private: set[Node] = set()

    def want(self, want: Want) -> Node | Failure:
        """Where something comes from that no parameter asks for."""
        found = self._wanted(self.view, want, None)
        return self._without(want, found) if isinstance(found, Failure) else found

    def arguments(self, signature: Signature) -> tuple[Argument, ...] | tuple[Failure, ...]:
        """Where the parameters of a function come from, or all that cannot be had."""
        return self._arguments(self.view, signature)

    def _arguments(self, view: View, signature: Signature) -> tuple[Argument, ...] | tuple[Failure, ...]:
        arguments: list[Argument] = []
        failures: list[Failure] = []
        for parameter in signature.parameters:
            found = self._filled(view, parameter)
            if isinstance(found, Failure):
                failures.append(found)
            elif found is not None:
                arguments.append(Argument(parameter, found))
        return tuple(failures) or tuple(arguments)

    def _filled(self, view: View, parameter: Parameter) -> Node | Failure | None:
        """Where the value of a parameter comes from; None leaves it to its default."""
        if parameter.name in view.given:
            return self._given(view, parameter)
        try:
            want = parameter.read(view.registry.names)
        except AnnotationError as error:
            return Failure(str(parameter), f"its annotation cannot be read: {error.reason}", fix=error.fix)
        found = self._wanted(view, want, parameter)
        if not isinstance(found, Failure):
            return found
        if parameter.has_default:
            return self._node(Constant, parameter.default) if parameter.is_positional_only else None
        return self._without(want, found)

    def _given(self, view: View, parameter: Parameter) -> Node:
        node = self._node(Given, parameter.name, True)
        if view.given[parameter.name] is not type(None):
            return node
        try:
            want = parameter.read(view.registry.names)
        except AnnotationError:  # a value given by name needs no annotation
            return node
        if want.optional or not want.options or want.key in (Any, object):
            return node
        return self._node(Flawed, node, none_given(parameter))

    def _wanted(self, view: View, want: Want, parameter: Parameter | None) -> Node | Failure:
        if want.type_argument is not None:
            return self._node(Constant, want.type_argument)
        if want.lazy:
            return self._postponed(view, want, parameter)
        given = self._given_by_type(view, want, parameter) if parameter else None
        if given is not None:
            return given
        failures = []
        for option in want.options:
            found = self._option(view, option, parameter)
            if not isinstance(found, Failure):
                return found
            failures.append(found)
        subject = str(parameter) if parameter else str(want)
        if not failures and parameter is not None:
            value = self._in_context(view, Option(ScopeValue(parameter.name)))
            if value is not None:
                return value
        if not failures:
            return Failure(subject, "its type says too little to be found by it", is_name_only=True)
        first, *others = failures
        return attrs.evolve(first, subject=subject, others=(*first.others, *others))

    def _given_by_type(self, view: View, want: Want, parameter: Parameter) -> Node | None:
        for option in want.options:
            if option.name is None:
                fitting = [
                    name for name in view.given if name in view.by_type and fits(view.given[name], option.key)
                ]
                if len(fitting) > 1:
                    return self._node(
                        Flawed, self._node(Given, fitting[0], False), ambiguous(parameter, fitting)
                    )
                if fitting:
                    return self._node(Given, fitting[0], False)
        return None

    def _postponed(self, view: View, want: Want, parameter: Parameter | None) -> Node | Failure:
        key = (view.is_stage, want, parameter and parameter.name)
        if key not in self.lazies:
            self.lazies[key] = self._node(Constant, None)  # whoever needs itself lazily can be built
            found = self._apart(view, attrs.evolve(want, lazy=False), parameter)
            if isinstance(found, Failure):
                found = self._without(want, found)
            if isinstance(found, Failure):
                del self.lazies[key]
                return found
            self.lazies[key] = found
        node = self._node(Postponed, key)
        if self.lazies[key] in self._private:
            self._private.add(node)
        return node

    def _apart(self, view: View, want: Want, parameter: Parameter | None) -> Node | Failure:
        """Planned as if nothing else was: what is made on first use is not on the way to anything."""
        path, known, touched = self._path, self._known, self._touched
        self._path, self._known, self._touched = [], {}, [set()]
        try:
            return self._wanted(view, want, parameter)
        finally:
            self._path, self._known, self._touched = path, known, touched

    def _without(self, want: Want, failure: Failure) -> Node | Failure:
        """What a parameter gets that can do without; a list of all that there is may be empty."""
        if want.optional:
            return self._node(Constant, None)
        return self._node(Collect, ()) if failure.is_empty else failure

    def _option(self, view: View, option: Option, parameter: Parameter | None) -> Node | Failure:
        if is_by_name_only(option.key):
            value = self._in_context(view, Option(ScopeValue(parameter.name))) if parameter else None
            return value or Failure(
                str(option), f"{a(name_of(option.key))} is filled by name only", option, is_name_only=True
            )
        if parameter is not None and option.name is None:
            named = self._in_context(view, Option(option.key, parameter.name))
            if named is not None:
                return named
        return self._resolved(view, option)

    def _resolved(self, view: View, option: Option) -> Node | Failure:
        """What serves ``option``: planned anew unless it is known and nothing known came from where we are."""
        asked = (view.is_stage, option)
        under_way = [step.asked for step in self._path]
        if asked in under_way:
            self._touched[-1].add(asked)
            return self._circle(under_way.index(asked), option)
        if asked in self._known and self._known[asked][1].isdisjoint(under_way):
            found, touched = self._known[asked]
            self._touched[-1] |= touched
            return found
        self._path.append(_Step(asked))
        self._touched.append({asked})
        found = self._searched(view, option)
        self._path.pop()
        touched = frozenset(self._touched.pop())
        self._touched[-1] |= touched
        if touched.isdisjoint(under_way):
            self._known[asked] = (found, touched)
        return found

    def _circle(self, start: int, option: Option) -> Failure:
        steps = [step.offer for step in self._path[start:] if step.offer is not None]
        around = tuple((step_of(offer), offer.adapter.place) for offer in steps)
        return Failure(str(option), f"{name_of(option.key)} is needed to build itself", option, circle=around)

    def _searched(self, view: View, option: Option) -> Node | Failure:
        in_context = self._in_context(view, option)
        if in_context is not None:
            return in_context
        failures: list[Failure] = []
        for _, group in itertools.groupby(view.registry.offers(option), key=lambda offer: offer.rank):
            tried = [(offer, self._built(view, offer)) for offer in group]
            able = [(offer, found) for offer, found in tried if not isinstance(found, Failure)]
            if len(able) == 1:
                return able[0][1]
            if able:
                error = conflict(option, [offer for offer, _ in able], self._path_drawn())
                return self._node(Flawed, able[0][1], error)
            failures += [found for _, found in tried if isinstance(found, Failure)]
        item = item_of(option.key)
        if item is not None:
            return self._collected(view, item)
        return _nothing(option, failures)

    def _in_context(self, view: View, option: Option) -> Node | Failure | None:
        """The nearest component, or what stands in for it."""
        for depth, layer in enumerate(view.layer.layers()):
            if option.name in layer.own(option.key):
                node = self._node(Load, option.key, option.name, view.is_stage)
                return self._marked(node, view, depth)
            for overrides in layer.own(Overrides).values():
                if option in overrides.by_type:
                    return self._replacement(view, option.key, overrides.by_type[option], depth)
        return None

    def _replacement(self, view: View, key: Key, replacement: Replacement, depth: int) -> Node | Failure:
        if isinstance(replacement, Constant):
            return self._marked(replacement, view, depth)
        offer = Offer(replacement, key, (0, 0), replacement.make, replacement.signature, is_override=True)
        found = self._built(view, offer)
        return found if isinstance(found, Failure) else self._marked(found, view, depth)

    def _marked(self, node: Node, view: View, depth: int) -> Node:
        """What comes from a layer above the scope is not for others in that scope."""
        if not view.is_stage and view.scope_depth is not None and depth < view.scope_depth:
            self._private.add(node)
        return node

    def _built(self, view: View, offer: Offer) -> Node | Failure:
        if self._path:
            self._path[-1].offer = offer
        if not offer.is_override:
            replacement = replaced(view.layer.layers(), offer.adapter)
            if replacement is not None:
                depth, instead = replacement
                return self._replacement(view, offer.made, instead, depth)
        refusal = _refusal(view, offer)
        if refusal:
            return _lacking(offer, refusal)
        if (
            sum(step.offer is not None and step.offer.adapter is offer.adapter for step in self._path)
            > _ENDLESS
        ):
            return _lacking(offer, "it needs itself for ever larger types")
        lives_on_stage = offer.adapter.lifetime == "stage" and not offer.is_override
        inner = view.stage if lives_on_stage and view.stage is not None else view
        arguments = self._arguments(inner, offer.signature)
        failures = tuple(each for each in arguments if isinstance(each, Failure))
        if failures:
            return _lacking(offer, failures[0].reason, failures)
        build = self._build(offer, tuple(each for each in arguments if isinstance(each, Argument)))
        return self._node(StageObject, build) if lives_on_stage else build

    def _build(self, offer: Offer, arguments: tuple[Argument, ...]) -> Node:
        sources = tuple((argument.parameter.name, argument.node) for argument in arguments)
        key = (Build, offer.identity, sources)
        if key not in self._nodes:
            is_private = any(node in self._private for _, node in sources)
            is_kept = offer.adapter.lifetime == "scope" and not is_private
            self._nodes[key] = Build(offer, arguments, is_kept)
            if is_private:
                self._private.add(self._nodes[key])
        return self._nodes[key]

    def _collected(self, view: View, item: Option) -> Node | Failure:
        """Everything that is an ``item``: components from the lowest layer up, then what adapters make."""
        names = view.layer.find(item.key) if item.name is None else ()
        loads = [
            self._marked(
                self._node(Load, item.key, name, view.is_stage), view, self._depth(view, item.key, name)
            )
            for name in names
        ]
        built = [(offer, self._built(view, offer)) for offer in view.registry.all_offers(item)]
        nodes = (*loads, *(node for _, node in built if not isinstance(node, Failure)))
        if not nodes:
            return Failure(f"list[{item}]", f"nothing gives {a(item)}", is_empty=True)
        return self._node(Collect, nodes)

    def _depth(self, view: View, key: Key, name: str | None) -> int:
        return next(depth for depth, layer in enumerate(view.layer.layers()) if name in layer.own(key))

    def _node(self, kind: Any, *fields: Any) -> Any:
        """Equal nodes are one object. Constants are equal if they hold one object."""
        key = (kind, *(id(field) if kind is Constant else field for field in fields))
        if key not in self._nodes:
            self._nodes[key] = kind(*fields)
            if kind is Given or any(node in self._private for node in _inside(self._nodes[key])):
                self._private.add(self._nodes[key])
        return self._nodes[key]

    def _path_drawn(self) -> tuple[tuple[str, str], ...]:
        return tuple((step_of(step.offer), step.offer.adapter.place) for step in self._path if step.offer)


def _inside(node: Node) -> tuple[Node, ...]:
    if isinstance(node, Collect):
        return node.nodes
    return (node.node,) if isinstance(node, Flawed) else ()


def _refusal(view: View, offer: Offer) -> str:
    """Why an adapter cannot be used here at all, or nothing."""
    adapter = offer.adapter
    if adapter.lifetime == "stage" and not offer.is_override:
        return (
            ""
            if view.stage is not None or view.is_stage
            else "it lives as long as the stage, and no stage runs here"
        )
    if view.is_stage:
        return (
            "it is made for each scope, so nothing that lives as long as the stage can use it"
            if adapter.lifetime == "scope"
            else ""
        )
    if view.scope_depth is None and (adapter.lifetime == "scope" or adapter.is_resource):
        return "it is closed when a scope ends, and no scope is open here"
    return ""


def _lacking(offer: Offer, reason: str, causes: tuple[Failure, ...] = ()) -> Failure:
    return Failure(step_of(offer), reason, None, offer, causes)


def _nothing(option: Option, failures: list[Failure]) -> Failure:
    """Nothing serves ``option``: the first adapter that makes exactly it is what is drawn."""
    reason = f"nothing gives {a(option)}"
    first = failures[0] if failures else None
    if first is None or first.through is None or not first.through.is_exact:
        return Failure(str(option), reason, option, others=tuple(failures))
    return attrs.evolve(first, option=option, others=tuple(failures[1:]))


def fits(given: type, key: Key) -> bool:
    """True if a given value of this type serves a parameter of type ``key``; never for a builtin type."""
    if given is type(None) or is_by_name_only(key):
        return False
    origin = typing.get_origin(key)
    cls = key if origin is None else origin
    if not isinstance(cls, type) or cls.__module__ == "builtins":
        return False
    if getattr(cls, "_is_protocol", False):
        return key in keys(given)
    if origin is not None and any(typing.get_origin(form) is origin for form in keys(given)):
        return key in keys(given)
    return issubclass(given, cls)


@attrs.frozen(eq=False)
class Answer:
    """A plan, or what it lacks.

    Args:
        plan: How everything is made.
        arguments: For a function: what it is called with.
        failures: What cannot be had; empty if there is a plan.
    """

    plan: Plan
    arguments: tuple[Argument, ...]
    failures: tuple[Failure, ...]


def answer(view: View, wants: tuple[Want, ...], signature: Signature | None) -> tuple[View, Answer]:
    """Plan what is asked for; a given value that serves a parameter of its name serves nothing else."""
    while True:
        planner = Planner(view)
        found: tuple[Any, ...] = (
            planner.arguments(signature) if signature else tuple(map(planner.want, wants))
        )
        failures = tuple(each for each in found if isinstance(each, Failure))
        arguments = tuple(each for each in found if isinstance(each, Argument))
        nodes = tuple(each.node if isinstance(each, Argument) else each for each in found)
        plan = Plan(() if failures else nodes, planner.lazies)
        named = {node.name for node in plan.nodes() if isinstance(node, Given) and node.by_name}
        if failures or named.isdisjoint(view.by_type):
            return view, Answer(plan, arguments, failures)
        view = attrs.evolve(view, by_type=view.by_type - named)
