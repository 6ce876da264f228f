"""In which order are the objects of a plan made, and which of them whatever is there already?"""

from collections.abc import Iterator

from rostra.di.offers import Way
from rostra.di.plans import Build, Collect, Node, Plan


def in_order(roots: tuple[Node, ...]) -> Iterator[tuple[Build, Way]]:
    """What is to be made, arguments first, each with the way to it; not what the objects of the stage are made of."""
    seen: set[Node] = set()
    stack: list[tuple[Node, Way, bool]] = [(root, (), False) for root in reversed(roots)]
    while stack:
        node, way, is_done = stack.pop()
        if is_done and isinstance(node, Build):
            yield node, way
        elif node not in seen:
            seen.add(node)
            if isinstance(node, Build):
                way = (*way, node.offer)
                stack.append((node, way, True))
            stack += [(each, way, False) for each in reversed(_inside(node))]


def _inside(node: Node) -> tuple[Node, ...]:
    match node:
        case Build():
            return tuple(argument.node for argument in node.arguments)
        case Collect():
            return node.nodes
        case _:
            return ()


def parts(node: Node) -> Iterator[Node]:
    """The objects that are made for ``node``, also those in its lists."""
    for each in _inside(node):
        if isinstance(each, Collect):
            yield from parts(each)
        elif isinstance(each, Build):
            yield each


def in_any_case(plan: Plan) -> set[Node]:
    """What is asked for whatever the scope has already."""
    stack = list(plan.roots)
    seen: set[Node] = set()
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack += () if node in plan.kept else _inside(node)
    return seen
