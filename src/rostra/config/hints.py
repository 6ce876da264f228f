"""What looks like a mistake but may be none: what nobody has read. Pure."""

from collections.abc import Iterator

from rostra.config.claims import Claims
from rostra.config.environment import Environment
from rostra.config.tree import Node, Path, Table, dotted
from rostra.errors import closest


def unread(tree: Node, claims: Claims, environment: Environment) -> tuple[str, ...]:
    """A sentence for each table, and each variable with the prefix, that no class has asked for."""
    return (*_tables(tree, (), claims), *_variables(claims, environment))


def _tables(node: Node, path: Path, claims: Claims) -> Iterator[str]:
    if not isinstance(node, Table):
        return
    for key, each in node.entries.items():
        inner = (*path, key)
        if inner in claims.sections or claims.covers(inner):
            continue
        if claims.holds(inner):
            yield from _tables(each, inner, claims)
            continue
        near = closest(dotted(inner), map(dotted, claims.sections))
        written = f"[{dotted(inner)}]" if isinstance(each, Table) else dotted(inner)
        yield f"nobody reads {written} of {each.origin}{_meant(near and f'[{near}]')}"


def _variables(claims: Claims, environment: Environment) -> Iterator[str]:
    known = claims.names()
    for name in environment.variables:
        if name not in known:
            near = closest(name, known)
            yield f"no setting reads {name}{_meant(near)}"


def _meant(near: str | None) -> str:
    return f"; did you mean {near}?" if near else ""
