"""What is made of what? The functions that rostra will call, and the adapters, with what fills each parameter.

For tools that draw it. It follows from the plans alone: nothing is built, and no value is looked at.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Literal, TypeAlias

from rostra.components import Components, Key
from rostra.di.adapters import Adapter, identity
from rostra.di.answering import Answer, answer
from rostra.di.offers import Offer
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
    innermost,
)
from rostra.di.registry import Root, here, registry_of
from rostra.di.signatures import Parameter, Signature
from rostra.di.stages import layer_of, planned
from rostra.di.views import view_from

Kind: TypeAlias = Literal["given", "component", "adapter", "list", "lazy", "nothing", "default", "missing"]


class Filling:
    """What fills a parameter.

    Args:
        kind: A value ``given`` by the caller; a ``component``; what an ``adapter`` makes; a ``list`` of all that
            there is; what is made when it is asked for, ``lazy``; None, because ``nothing`` gives it and it is
            optional; its ``default``; or it is ``missing``, and the call will fail. Of an adapter that nothing needs
            what is not there is up to who will ask for it, and so ``given``.
        key: The type of the component, or of what the adapter makes.
        name: The name of the component, if it has one.
        adapter: Who makes it; of what is missing: who would, if nothing were missing for that.
        inside: Of a list or of what is lazy.
        reason: Why it is missing, or what is ambiguous about it.
    """

    __slots__ = ("adapter", "inside", "key", "kind", "name", "reason")

    def __init__(
        self,
        kind: Kind,
        key: Key = None,
        name: str | None = None,
        *,
        adapter: Adapter | None = None,
        inside: "tuple[Filling, ...]" = (),
        reason: str = "",
    ) -> None:
        self.kind = kind
        self.key = key
        self.name = name
        self.adapter = adapter
        self.inside = inside
        self.reason = reason

    @property
    def adapters(self) -> Iterator[Adapter]:
        """The adapters that are asked for directly."""
        if self.adapter is not None:
            yield self.adapter
        for each in self.inside:
            yield from each.adapters


class Wired:
    """A function, and what fills its parameters.

    Args:
        label: What messages call it.
        place: File and line of its definition.
        parameters: Each with what fills it, in order.
    """

    __slots__ = ("label", "parameters", "place")

    def __init__(self, label: str, place: str, parameters: tuple[tuple[Parameter, Filling], ...]) -> None:
        self.label = label
        self.place = place
        self.parameters = parameters


class Wiring:
    """What is made of what.

    Args:
        roots: What rostra will call: handlers, tasks, ``prepare``, ``@di.inject``.
        adapters: All of them, whether something needs them or not.
    """

    __slots__ = ("adapters", "roots")

    def __init__(
        self, roots: tuple[tuple[Root, Wired], ...], adapters: tuple[tuple[Adapter, Wired], ...]
    ) -> None:
        self.roots = roots
        self.adapters = adapters

    def users(self, adapter: Adapter) -> tuple[str, ...]:
        """The labels of the roots and adapters that ask for what ``adapter`` makes."""
        wanted = identity(adapter.make)
        everybody = (*((root.label, wired) for root, wired in self.roots), *_labelled(self.adapters))
        return tuple(
            dict.fromkeys(
                label
                for label, wired in everybody
                for _, filling in wired.parameters
                if any(identity(each.make) == wanted for each in filling.adapters)
            )
        )


def wiring() -> Wiring:
    """What is made of what, as far as it is known here."""
    layer = here()
    registry = registry_of(layer)
    answers = [(root, planned(root, layer)) for root in registry.roots]
    builds = _builds(found.plan for _, found in answers)
    in_vain = {offer.identity[0] for _, found in answers for offer in _tried(found.failures)}
    return Wiring(
        tuple((root, _of_answer(found)) for root, found in answers),
        tuple(
            (each, _of_adapter(each, builds, layer, is_needed=identity(each.make) in in_vain))
            for each in registry.adapters
        ),
    )


def _labelled(adapters: Iterable[tuple[Adapter, Wired]]) -> Iterator[tuple[str, Wired]]:
    return ((adapter.label, wired) for adapter, wired in adapters)


def _builds(plans: Iterable[Plan]) -> dict[Any, tuple[Build, Plan]]:
    """How each adapter is called, by the first who needs it."""
    found: dict[Any, tuple[Build, Plan]] = {}
    for plan in plans:
        for node in plan.nodes():
            if isinstance(node, Build):
                found.setdefault(identity(node.offer.adapter.make), (node, plan))
    return found


def _tried(failures: Iterable[Failure]) -> Iterator[Offer]:
    """The adapters that somebody needs and that lack something."""
    for failure in failures:
        if failure.through is not None:
            yield failure.through
        yield from _tried(failure.causes)


def _of_adapter(
    adapter: Adapter, builds: dict[Any, tuple[Build, Plan]], layer: Components, *, is_needed: bool
) -> Wired:
    """As somebody needs it; else as somebody could, for whom a scope is open."""
    known = builds.get(identity(adapter.make))
    if known is not None:
        build, plan = known
        return _wired(build.offer.signature, build.arguments, (), plan)
    if adapter.declares is None:
        return Wired(adapter.label, adapter.place, ())
    above = layer_of(Root(adapter.make, adapter.label, scoped=True), layer)
    view = view_from(above, {})
    of_stage = view.stage if adapter.lifetime == "stage" else None
    return _of_answer(answer(of_stage or view, adapter.signature), is_needed=is_needed)


def _of_answer(found: Answer, *, is_needed: bool = True) -> Wired:
    assert found.function is not None  # noqa: S101  (functions are asked for here)
    lack = _missing if is_needed else _open
    return _wired(found.function, found.arguments, map(lack, found.failures), found.plan)


def _wired(
    function: Signature, arguments: Iterable[Argument], missing: Iterable[tuple[str, Filling]], plan: Plan
) -> Wired:
    filled = {each.parameter.name: _filling(each.node, plan) for each in arguments} | dict(missing)
    return Wired(
        function.label,
        function.place,
        tuple((each, filled.get(each.name) or _left_out(each)) for each in function.parameters),
    )


def _missing(failure: Failure) -> tuple[str, Filling]:
    """A parameter of what is needed."""
    adapter = failure.through and failure.through.adapter
    return _parameter(failure), Filling("missing", reason=failure.reason, adapter=adapter)


def _open(failure: Failure) -> tuple[str, Filling]:
    """A parameter of what nothing needs: whoever will ask for that may give what is not there."""
    offer, leaf = failure.through, innermost(failure)
    if leaf.option is None or leaf.is_circle or leaf.view is None or leaf.view.is_stage:
        return _missing(failure)
    filling = Filling("given") if offer is None else Filling("adapter", offer.made, adapter=offer.adapter)
    return _parameter(failure), filling


def _parameter(failure: Failure) -> str:
    return failure.subject.partition(":")[0]


def _left_out(parameter: Parameter) -> Filling:
    return Filling("default" if parameter.has_default else "given")


def _filling(node: Node, plan: Plan) -> Filling:
    match node:
        case Given():
            return Filling("given", name=node.name)
        case Load(key=ScopeValue()):
            return Filling("given", name=node.key.name)
        case Load():
            return Filling("component", node.key, node.name)
        case StageObject():
            return _filling(node.build, plan)
        case Build():
            return Filling("adapter", node.offer.made, adapter=node.offer.adapter)
        case Collect():
            return Filling("list", inside=tuple(_filling(each, plan) for each in node.nodes))
        case Postponed():
            return Filling("lazy", inside=(_filling(plan.lazies[node.key], plan),))
        case Flawed():
            ambiguous = _filling(node.node, plan)
            ambiguous.reason = str(node.error).partition("\n")[0]
            return ambiguous
        case Constant():
            return Filling("nothing" if node.value is None else "given")
