"""Nodes that are equal are one object, and it is known which of them are not for others in the same scope."""

from typing import Any, TypeVar

from rostra.di.plans import Build, Collect, Constant, Flawed, Given, Load, Node, Postponed, StageObject

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
            is_private: It comes from where others in the same scope do not look. A given value always does, and
                so does what is made of such nodes.
        """
        known = self._known.setdefault(_identity(node), node)
        if is_private or isinstance(node, Given) or any(each in self._private for each in _inside(node)):
            self._private.add(known)
        return known  # type: ignore[no-any-return]  # of the same kind, by its identity

    def is_private(self, node: Node) -> bool:
        """True if it was made of something that others in the same scope do not see."""
        return node in self._private


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


def _inside(node: Node) -> tuple[Node, ...]:
    match node:
        case Build():
            return tuple(argument.node for argument in node.arguments)
        case Collect():
            return node.nodes
        case Flawed():
            return (node.node,)
        case _:
            return ()
