"""What is a plan? Nodes that say where each value comes from, and what was missing where there is none.

A node refers to the nodes of its arguments. Equal nodes are one object, so what is made once per call can be
kept by node. Plans hold no values but those of overrides.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar

from rostra.components import Key
from rostra.di.annotations import Option, with_article
from rostra.di.offers import Offer
from rostra.di.signatures import Parameter
from rostra.values import Values


class ScopeValue(Values):
    """The key under which a scope's layer has what it was given by this name: for parameters of builtin types."""

    name: str

    def __repr__(self) -> str:
        return ""  # no news to a reader who sees the value's type


class Given:
    """A given value.

    Args:
        name: Under which name it was given.
        is_by_name: It stands for the parameter of that name, not for its type.
    """

    __slots__ = ("is_by_name", "name")

    def __init__(self, name: str, is_by_name: bool) -> None:
        self.name = name
        self.is_by_name = is_by_name


class Load:
    """A component of the context.

    Args:
        key: Its type.
        name: Its name.
        is_stage: It is looked up from the stage's layer.
    """

    __slots__ = ("is_stage", "key", "name")

    def __init__(self, key: Key, name: str | None, is_stage: bool) -> None:
        self.key = key
        self.name = name
        self.is_stage = is_stage


class Constant:
    """A value that the plan itself knows: None, the class for ``type[T]``, the instance of an override."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Build:
    """Call an adapter.

    Args:
        offer: Which one, for which type.
        arguments: What it is called with; parameters that are left out have a default.
    """

    __slots__ = ("arguments", "offer")

    def __init__(self, offer: Offer, arguments: "tuple[Argument, ...]") -> None:
        self.offer = offer
        self.arguments = arguments


class StageObject:
    """An object of the stage, which builds it when it is first asked for."""

    __slots__ = ("build",)

    def __init__(self, build: Build) -> None:
        self.build = build


class Collect:
    """A list of all that there is."""

    __slots__ = ("nodes",)

    def __init__(self, nodes: "tuple[Node, ...]") -> None:
        self.nodes = nodes


class Postponed:
    """A ``Lazy``.

    Args:
        key: Under this its own plan is found in the plan's ``lazies``.
        lazy: Makes it, of the call that has the plan and the node that is to be made on first use.
    """

    __slots__ = ("key", "lazy")

    def __init__(self, key: Any, lazy: "Callable[[Any, Node], Any]") -> None:
        self.key = key
        self.lazy = lazy


class Flawed:
    """Something that must not be part of a plan: an ambiguity. Planning raises it unless the plan does without.

    Args:
        node: What would have been taken.
        error: What to raise.
    """

    __slots__ = ("error", "node")

    def __init__(self, node: "Node", error: Exception) -> None:
        self.node = node
        self.error = error


Node: TypeAlias = Given | Load | Constant | Build | StageObject | Collect | Postponed | Flawed


class Argument(Values):
    """A parameter and where its value comes from."""

    parameter: Parameter
    node: Node


class Failure(Values):
    """Why something cannot be had.

    Args:
        subject: What was asked for, such as ``db: Database``.
        reason: What is wrong, in a sentence.
        option: The type asked for.
        view: What could be used for it, a ``View``.
        through: The adapter that would do if it had all it needs.
        causes: What that adapter lacks.
        others: The further adapters that would do, each with what it lacks.
        fix: What to write, if that is not a component or an adapter.
        is_circle: It is needed to build itself.
        is_name_only: Only a given value of the parameter's name would do.
        is_empty: It is a list that would be empty.
    """

    subject: str
    reason: str
    option: Option | None = None
    view: Any = None
    through: Offer | None = None
    causes: "tuple[Failure, ...]" = ()
    others: "tuple[Failure, ...]" = ()
    fix: str = ""
    is_circle: bool = False
    is_name_only: bool = False
    is_empty: bool = False


Way: TypeAlias = tuple[tuple[str, str], ...]
"""Functions from the outside in, each with its place."""


class Plan(Values):
    """How everything that was asked for in one call is made.

    Args:
        roots: What was asked for, in order.
        lazies: The plans of what is made on first use.
        kept: What the scope keeps for the next who asks.
        passed_over: What was nearer than the adapter that was taken, and why it was not.
    """

    roots: tuple[Node, ...]
    lazies: dict[Any, Node]
    kept: frozenset[Node] = frozenset()
    passed_over: Mapping[Node, tuple[Failure, ...]] = MappingProxyType({})

    def nodes(self) -> Iterator[Node]:
        """Every node once: an argument before what it is an argument of."""
        seen: set[Node] = set()
        stack: list[tuple[Node, bool]] = [(root, False) for root in reversed(self.roots)]
        while stack:
            node, is_done = stack.pop()
            if is_done:
                yield node
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack += [(each, False) for each in reversed(self.inside(node))]

    def inside(self, node: Node) -> tuple[Node, ...]:
        """What a node is made of."""
        match node:
            case Build():
                return tuple(argument.node for argument in node.arguments)
            case StageObject():
                return (node.build,)
            case Collect():
                return node.nodes
            case Postponed():
                return (self.lazies[node.key],)
            case Flawed():
                return (node.node,)
            case _:
                return ()


Kind = TypeVar("Kind", Given, Load, Constant, Build, StageObject, Collect, Postponed, Flawed)


class Nodes:
    """The nodes of one plan."""

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}
        self._private: set[Node] = set()

    def one(self, node: Kind, *, is_private: bool = False) -> Kind:
        """The node that stands for all that are equal to this one.

        Args:
            node: A new node.
            is_private: It comes from where others in the same scope do not look. Given values always do.
        """
        known = self._known.setdefault(_identity(node), node)
        if is_private or isinstance(node, Given):
            self._private.add(known)
        return known  # type: ignore[no-any-return]  # of the same kind, by its identity

    def kept(self, plan: Plan) -> frozenset[Node]:
        """What the scope may keep for others: all that lives in it and is made of nothing private."""
        nodes = list(plan.nodes())
        of_scope = [node for node in nodes if _lives_in_scope(node)]
        if not of_scope or not self._private:
            return frozenset(of_scope)
        users: dict[Node, list[Node]] = {}
        for node in nodes:
            for each in plan.inside(node):
                users.setdefault(each, []).append(node)
        private: set[Node] = set()
        found = [node for node in nodes if node in self._private]
        while found:
            node = found.pop()
            if node not in private:
                private.add(node)
                found += users.get(node, ())
        return frozenset(node for node in of_scope if node not in private)


def _lives_in_scope(node: Node) -> bool:
    return isinstance(node, Build) and node.offer.adapter.lifetime == "scope"


def _identity(node: Node) -> Any:
    match node:
        case Given():
            return Given, node.name, node.is_by_name
        case Load():
            return Load, node.key, node.name, node.is_stage
        case Constant():
            return Constant, id(node.value)
        case Build():
            sources = tuple((argument.parameter.name, argument.node) for argument in node.arguments)
            return Build, node.offer.identity, sources
        case StageObject():
            return StageObject, node.build
        case Collect():
            return Collect, node.nodes
        case Postponed():
            return Postponed, node.key
        case Flawed():
            return Flawed, node.node, id(node.error)


def innermost(failure: Failure) -> Failure:
    """The first thing that is missing."""
    *_, leaf = chain(failure)
    return leaf


def chain(failure: Failure) -> Iterator[Failure]:
    """The failure, the first thing that it lacks, the first thing that that lacks, and so on."""
    yield failure
    while failure.causes:
        failure = failure.causes[0]
        yield failure


def nothing(view: Any, option: Option, failures: list[Failure]) -> Failure:
    """Nothing serves ``option``: an adapter that makes exactly that is what is drawn, or else a circle."""
    drawn = next((each for each in failures if each.through is not None and each.through.is_exact), None)
    if drawn is None and failures and all(innermost(each).is_circle for each in failures):
        drawn = failures[0]
    others = tuple(each for each in failures if each is not drawn)
    if drawn is None:
        return Failure(str(option), f"nothing gives {with_article(option)}", option, view, others=others)
    return drawn._replace(option=option, others=others)
