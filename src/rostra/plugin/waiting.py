"""Does waiting for it end? Who waits for whom among things that are being prepared, and the circles."""

from collections.abc import Callable, Iterable
from typing import TypeVar

Node = TypeVar("Node")


def path_between(
    start: Node, goal: Node, waits_for: Callable[[Node], Iterable[Node]]
) -> tuple[Node, ...] | None:
    """A shortest path of waiting from ``start`` to ``goal``, both included, or None if there is none.

    If there is one, ``goal`` must not wait for ``start``: neither would ever be done.
    """
    came_from: dict[int, tuple[Node, Node | None]] = {id(start): (start, None)}
    frontier = [start]
    while frontier and id(goal) not in came_from:
        reached = [(node, after) for node in frontier for after in waits_for(node)]
        frontier = []
        for node, after in reached:
            if id(after) not in came_from:
                came_from[id(after)] = (after, node)
                frontier.append(after)
    if id(goal) not in came_from:
        return None
    path = [goal]
    while (before := came_from[id(path[-1])][1]) is not None:
        path.append(before)
    return tuple(reversed(path))
