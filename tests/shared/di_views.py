"""A small world of objects for tests of plans: two that are built, of components that are given or added."""

from typing import Any

import attrs

from rostra import di


class Database: ...


@attrs.frozen(eq=False)
class Repo:
    database: Database


@attrs.frozen(eq=False)
class Service:
    repo: Repo
    database: Database


class Request: ...


@attrs.frozen(eq=False)
class View:
    request: Request
    service: Service


async def thrice(target: Any, **given: Any) -> list[Any]:
    """Planned and interpreted, compiled and called, called."""
    return [await di.nject(target, **given) for _ in range(3)]
