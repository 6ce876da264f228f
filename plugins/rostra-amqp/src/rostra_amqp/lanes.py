"""The queues in which messages wait for a later try, and those of the dead: made when the first one comes."""

import asyncio
import math
from collections import defaultdict

from rostra import log
from rostra_amqp.declaring import make_queues
from rostra_amqp.links import Live
from rostra_amqp.names import MOST_SPARES, REDECLARED_AFTER, Made, spare

_log = log.get(__name__)


class Lanes:
    """Remembers which of them are there.

    Args:
        patience: Seconds for each answer of RabbitMQ.
        settle: Seconds for which a new one is left alone.
    """

    def __init__(self, *, patience: float, settle: float) -> None:
        self._patience, self._settle = patience, settle
        self._made: dict[str, float] = {}
        self._spares: dict[str, int] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def usable(self, lane: Made) -> Made:
        """The queue to wait in: this one, or a spare for it if it did not confirm what was sent there."""
        return spare(lane, self._spares.get(lane.name, 0))

    def leave(self, lane: Made, used: Made) -> None:
        """Use another queue than ``used`` from now on, which does not confirm.

        So is one whose node was killed within its first second: it never gets a leader. It is left as it is, since what it
        may have stored comes out of it if it gets one after all.
        """
        if self.usable(lane) == used:
            self._spares[lane.name] = (self._spares.get(lane.name, 0) + 1) % (MOST_SPARES + 1)
            _log.warning("amqp.queue_left", queue=used.name, instead=self.usable(lane).name)

    async def made(self, queue: Made, live: Live) -> None:
        """Return when the queue is there. It is declared again every few hours, which puts off its expiry."""
        if self._is_due(queue):
            await self._make(queue, live)

    async def remade(self, queue: Made, live: Live) -> None:
        """Return when a queue is there again that was not, though it had been made: somebody deleted it."""
        now = asyncio.get_running_loop().time()
        if now - self._made.get(queue.name, -math.inf) > self._settle:  # else somebody was quicker
            self._made.pop(queue.name, None)
        await self.made(queue, live)

    async def _make(self, queue: Made, live: Live) -> None:
        async with self._turns[queue.name]:
            if self._is_due(queue):
                await make_queues(live, [queue], patience=self._patience, settle=self._settle)
                self._made[queue.name] = asyncio.get_running_loop().time()

    def _is_due(self, queue: Made) -> bool:
        now = asyncio.get_running_loop().time()
        return now - self._made.get(queue.name, -math.inf) > REDECLARED_AFTER
