"""Nodes that are equal are one object, and it is known which of them are for one call alone."""

from typing import Any, TypeVar

from rostra.di.plans import Build, Collect, Constant, Flawed, Given, Load, Node, Plan, Postponed, StageObject

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
        users: dict[Node, list[Node]] = {}
        nodes = list(plan.nodes())
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
        return frozenset(node for node in nodes if node not in private and _lives_in_scope(node))


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
