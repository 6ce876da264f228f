"""What was opened, and was it closed? A record that tests of lifecycles compare."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import attrs

__all__ = ["Journal", "checkpoint"]


@attrs.define(eq=False)
class Journal:
    """Records in which order things are opened and closed.

    Whatever happens in between, a lifecycle ends with ``journal.closed == journal.opened[::-1]``.
    """

    opened: list[str] = attrs.field(factory=list, init=False)
    closed: list[str] = attrs.field(factory=list, init=False)

    def open(self, name: str) -> None:
        """Record that ``name`` is open from now on."""
        self.opened.append(name)

    def close(self, name: str) -> None:
        """Record that ``name`` is closed."""
        self.closed.append(name)

    @contextmanager
    def held(self, name: str) -> Iterator[str]:
        """Open ``name`` for the body and close it afterwards, however the body ends."""
        self.open(name)
        try:
            yield name
        finally:
            self.close(name)

    @property
    def still_open(self) -> list[str]:
        """What was opened more often than closed, in the order of opening."""
        remaining = list(self.opened)
        for name in self.closed:
            if name in remaining:
                remaining.remove(name)
        return remaining


async def checkpoint() -> None:
    """Let every task that is ready take one turn; the place for a cancellation to arrive."""
    await asyncio.sleep(0)
