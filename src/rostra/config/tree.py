"""Settings as a tree in which every value knows its origin, and how two trees become one. Pure.

A tree is read as an edit: what it holds is laid over what lies below. Merging is putting one edit after another,
and is associative: ``merge(merge(a, b), c) == merge(a, merge(b, c))``. That needs one thing that plain dicts
cannot say: a table that once covered a value covers everything below (``whole``).
"""

from collections.abc import Hashable, Iterator, Mapping
from typing import Any, TypeAlias

import attrs

from rostra.config.origin import Origin
from rostra.config.text import DEEPEST, Text, object_in

Path: TypeAlias = tuple[Hashable, ...]


@attrs.frozen
class Value:
    """A value that is no table: it replaces whatever lies below."""

    value: Any = attrs.field(repr=False)  # may be a secret: only its class knows
    origin: Origin


@attrs.frozen
class Table:
    """A table: its entries are merged into the table below.

    Args:
        entries: Values and tables by key.
        origin: Who said so last.
        whole: Nothing of what lies below is left, since some value lay between.
    """

    entries: dict[Hashable, "Value | Table"]
    origin: Origin
    whole: bool = False


Node: TypeAlias = Value | Table


class TooDeepError(ValueError):
    """Tables are nested more than ``DEEPEST`` deep, or contain themselves."""


def tree(mapping: Mapping[Any, Any], origin: Origin, depth: int = 0) -> Table:
    """What a mapping says, copied.

    Raises:
        TooDeepError: It is nested too deeply.
    """
    return Table({key: _node(value, origin, depth + 1) for key, value in mapping.items()}, origin)


def _node(value: Any, origin: Origin, depth: int) -> Node:
    if depth > DEEPEST:
        raise TooDeepError
    if isinstance(value, Mapping):
        return tree(value, origin, depth)
    return Value(_copied(value, depth), origin)


def _copied(value: Any, depth: int) -> Any:
    """Lists and the tables in them are copied, so that nobody changes them behind our back."""
    if depth > DEEPEST:
        raise TooDeepError
    if isinstance(value, Mapping):
        return {key: _copied(each, depth + 1) for key, each in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_copied(each, depth + 1) for each in value)
    return value


def is_table(node: Node) -> bool:
    """Whether it is a table, or a text that says one."""
    return isinstance(node, Table) or (type(node.value) is Text and object_in(node.value) is not None)


def branch(path: Path, node: Node) -> Node:
    """A tree that says nothing but ``node`` at ``path``."""
    for key in reversed(path):
        node = Table({key: node}, node.origin)
    return node


def merge(below: Node, above: Node) -> Node:
    """Both as one: tables are merged, everything else is replaced, and the later wins."""
    if isinstance(above, Value) or above.whole:
        return above
    if isinstance(below, Value):
        below = _opened(below)
    entries = dict(below.entries)
    for key, node in above.entries.items():
        entries[key] = merge(entries[key], node) if key in entries else node
    return Table(entries, above.origin, below.whole)


def _opened(value: Value) -> Table:
    """A table in place of a value: what a JSON object in a text says, else nothing."""
    found = object_in(value.value) if type(value.value) is Text else None
    return attrs.evolve(tree(found or {}, value.origin), whole=True)


def replaced(node: Node, path: Path, value: Node) -> Node:
    """``node`` with ``value`` at ``path``."""
    return merge(node, branch(path, value))


def at(node: Node | None, path: Path) -> Node | None:
    """What stands at ``path``, if anything does."""
    for key in path:
        node = node.entries.get(key) if isinstance(node, Table) else None
    return node


def origin_at(node: Node, path: Path) -> Origin:
    """Who said what stands at ``path``; if nothing does, who said the nearest around it."""
    for key in path:
        if not isinstance(node, Table) or key not in node.entries:
            break
        node = node.entries[key]
    return node.origin


def leaves(node: Node, path: Path = ()) -> Iterator[tuple[Path, Value]]:
    """All values with their paths."""
    if isinstance(node, Value):
        yield path, node
        return
    for key, each in node.entries.items():
        yield from leaves(each, (*path, key))


def plain(node: Node) -> Any:
    """The values alone, tables as dicts."""
    if isinstance(node, Value):
        return node.value
    return {key: plain(each) for key, each in node.entries.items()}


def dotted(path: Path) -> str:
    """How a path is written: ``greeter.names[0]``."""
    written = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return written.removeprefix(".")
