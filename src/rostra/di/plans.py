"""What is a plan? Nodes that say where each value comes from, and what was missing where there is none.

A node refers to the nodes of its arguments. Equal nodes are one object, so what is made once per call can be
kept by node. Plans hold no values but those of overrides.
"""

from collections.abc import Iterator
from typing import Any, TypeAlias

import attrs

from rostra.components import Key
from rostra.di.annotations import Option
from rostra.di.offers import Offer
from rostra.di.signatures import Parameter


@attrs.frozen
class ScopeValue:
    """The key under which a scope's layer has what it was given by this name: for parameters of builtin types."""

    name: str

    def __repr__(self) -> str:
        return ""  # no news to a reader who sees the value's type


@attrs.frozen(eq=False)
class Given:
    """A given value.

    Args:
        name: Under which name it was given.
        is_by_name: It stands for the parameter of that name, not for its type.
    """

    name: str
    is_by_name: bool


@attrs.frozen(eq=False)
class Load:
    """A component of the context.

    Args:
        key: Its type.
        name: Its name.
        is_stage: It is looked up from the stage's layer.
    """

    key: Key
    name: str | None
    is_stage: bool


@attrs.frozen(eq=False)
class Constant:
    """A value that the plan itself knows: None, the class for ``type[T]``, the instance of an override."""

    value: Any


@attrs.frozen(eq=False)
class Build:
    """Call an adapter.

    Args:
        offer: Which one, for which type.
        arguments: What it is called with; parameters that are left out have a default.
    """

    offer: Offer
    arguments: "tuple[Argument, ...]"


@attrs.frozen(eq=False)
class StageObject:
    """An object of the stage, which builds it when it is first asked for."""

    build: Build


@attrs.frozen(eq=False)
class Collect:
    """A list of all that there is."""

    nodes: "tuple[Node, ...]"


@attrs.frozen(eq=False)
class Postponed:
    """A ``Lazy``. Its own plan is found under its key in the plan's ``lazies``."""

    key: Any


@attrs.frozen(eq=False)
class Flawed:
    """Something that must not be part of a plan: an ambiguity. Planning raises it unless the plan does without.

    Args:
        node: What would have been taken.
        error: What to raise.
    """

    node: "Node"
    error: Exception


Node: TypeAlias = Given | Load | Constant | Build | StageObject | Collect | Postponed | Flawed


@attrs.frozen(eq=False)
class Argument:
    """A parameter and where its value comes from."""

    parameter: Parameter
    node: Node


@attrs.frozen(eq=False)
class Failure:
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


@attrs.frozen(eq=False)
class Plan:
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
    passed_over: dict[Node, tuple[Failure, ...]] = attrs.field(factory=dict)

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

    def takes(self) -> list[str]:
        """The names of all parameters of what is called."""
        builds = (node for node in self.nodes() if isinstance(node, Build))
        return sorted({parameter.name for build in builds for parameter in build.offer.signature.parameters})

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
