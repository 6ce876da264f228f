"""What becomes of forgotten orders: a background task closes them."""

from collections.abc import AsyncIterator
from datetime import timedelta

import attrs

from rostra import config, di, log, plugin
from rostra.clock import Clock

from .storage import Orders

_log = log.get(__name__)


@attrs.frozen
class ExpiryConfig(config.Config, section="expiry"):
    """When an order that nobody pays is closed."""

    after: timedelta = timedelta(minutes=30)
    every: timedelta = timedelta(minutes=1)
    """How often to look."""


async def expire(cancel: plugin.Cancel, settings: ExpiryConfig, clock: Clock) -> None:
    """Look for forgotten orders until the stage stops; each look is a scope, and so a transaction, of its own."""
    while not await cancel.within(settings.every.total_seconds()):
        async with di.scope():
            orders = await di.nject(Orders)
            if count := await orders.expire(clock.now() - settings.after):
                _log.info("orders.expired", count=count)


async def prepare() -> AsyncIterator[plugin.Task]:
    yield plugin.task(expire, background=True)
