"""Things that a scope keeps, asked for so often that plans are functions."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from rostra import di

Ask: TypeAlias = Callable[[type[Any]], Awaitable[Any]]
"""``di.nject``, or ``at_once``."""

TIMES = 3
"""A question is interpreted first, and a function from the second time on."""


class Pool: ...


class Session:
    def __init__(self, pool: Pool) -> None:
        self.pool = pool


class Other:
    def __init__(self, session: Session) -> None:
        self.session = session


def of_scope(*makers: object) -> None:
    """Register what lives as long as a scope."""
    di.register(*makers, lifetime="scope")


async def at_once(target: type[Any]) -> Any:
    """What ``di.now`` gives."""
    return di.now(target)
