"""Does a broker keep what every broker promises? The cases, for whoever writes a transport, and for ours.

::

    from rostra_messaging.testing import conformance

    @pytest.mark.parametrize("case", conformance.CASES, ids=str)
    async def test_our_broker_conforms(case, ...):
        await case.check(conformance.BrokerUnderTest(url=..., connect=..., ...))

A case says with an assertion what is not as it must be. It waits for what has to come, with patience, and judges nothing
by its speed.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator
from types import ModuleType

import attrs
import pytest

from rostra import context
from rostra.clock import Clock

pytest.register_assert_rewrite("rostra_messaging.testing.conformance.cases")

from rostra_messaging.testing.conformance.cases import (  # noqa: E402  (their assertions explain themselves)
    delivering,
    failing,
    handling,
    lasting,
    losing,
    publishing,
    routing,
)
from rostra_messaging.testing.conformance.trial import BrokerUnderTest, Trial  # noqa: E402

__all__ = ["CASES", "BrokerUnderTest", "Case", "Trial"]


_WAITS = 3
"""So many times somebody's patience a case may take."""


@attrs.frozen
class Case:
    """One thing that a broker promises.

    Args:
        part: Of the promises: ``delivering``, ``routing`` and so on.
        name: A sentence.
        steps: What proves it.
    """

    part: str
    name: str
    steps: Callable[[Trial], Awaitable[None]] = attrs.field(repr=False)

    def __str__(self) -> str:
        return f"{self.part}-{self.name}"

    async def check(self, under: BrokerUnderTest) -> None:
        """Return if the broker keeps this promise.

        Raises:
            AssertionError: It does not.
            TimeoutError: Something did not come.
        """
        with context.child(self.name) as layer:
            layer.add(under.clock, Clock)
            async with asyncio.timeout(_WAITS * under.patience):
                await self.steps(Trial(under))


def _cases(*parts: ModuleType) -> Iterator[Case]:
    for part in parts:
        for name, steps in vars(part).items():
            is_own = inspect.iscoroutinefunction(steps) and steps.__module__ == part.__name__
            if is_own and not name.startswith("_"):
                yield Case(part.__name__.rpartition(".")[2], name, steps)


CASES: tuple[Case, ...] = tuple(_cases(delivering, routing, publishing, failing, losing, handling, lasting))
"""All of them."""
