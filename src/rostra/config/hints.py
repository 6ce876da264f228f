"""What looks like a mistake but may be none: what nobody has read. Pure."""

from collections.abc import Iterator
from typing import Any

from rostra.config.claims import Claims
from rostra.config.environment import Environment
from rostra.config.layers import Layer, Settled, origin_around
from rostra.config.tree import Path, dotted
from rostra.errors import closest


def unread(settled: Settled, claims: Claims, environment: Environment) -> tuple[str, ...]:
    """A sentence for each table, and each variable with the prefix, that no class has asked for."""
    return (*_tables(settled.values, (), settled.layers, claims), *_variables(claims, environment))


def _tables(values: Any, path: Path, layers: tuple[Layer, ...], claims: Claims) -> Iterator[str]:
    if type(values) is not dict:
        return
    for key, each in values.items():
        inner = (*path, key)
        if inner in claims.sections or claims.covers(inner):
            continue
        if claims.holds(inner):
            yield from _tables(each, inner, layers, claims)
            continue
        near = closest(dotted(inner), map(dotted, claims.sections))
        written = f"[{dotted(inner)}]" if type(each) is dict else dotted(inner)
        yield f"nobody reads {written} of {origin_around(layers, inner)}{_meant(near and f'[{near}]')}"


def _variables(claims: Claims, environment: Environment) -> Iterator[str]:
    known = claims.names()
    for name in environment.variables:
        if name not in known:
            near = closest(name, known)
            yield f"no setting reads {name}{_meant(near)}"


def _meant(near: str | None) -> str:
    return f"; did you mean {near}?" if near else ""
