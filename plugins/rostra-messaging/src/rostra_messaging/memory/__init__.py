"""The broker that lives in the process: ``memory://``.

It keeps what every broker keeps, until the process ends: messages are acknowledged, come again, are retried later, die
and are replayed; queues are shared and bounded, and who publishes waits for room. ``memory://`` is a broker of the stage's
own; ``memory://name`` is the same one for all stages of the process that say so, one after another or side by side.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import attrs

from rostra import context
from rostra.clock import Clock, SystemClock
from rostra.config import Bytes, ConfigSource
from rostra_messaging.brokers import Broker, Connection
from rostra_messaging.errors import BrokerNotFoundError
from rostra_messaging.memory.connection import MemoryBroker
from rostra_messaging.memory.exchange import Exchange, Opened, Watcher
from rostra_messaging.memory.queues import Limits
from rostra_messaging.transports import transport

__all__ = ["Exchange", "Limits", "MemoryOptions", "Opened", "Watcher", "connect", "exchange_of", "forget"]

_SCHEME = "memory://"
_shared: dict[str, Exchange] = {}


@attrs.frozen
class MemoryOptions:
    """What ``[messaging.options]`` may say of a broker in memory."""

    queue_messages: int = attrs.field(default=100_000, validator=attrs.validators.ge(1))
    """How many messages each queue holds at most: waiting, being handled, to come later and dead."""
    queue_size: Bytes = Bytes("256MiB")
    """How much each queue holds at most, bodies and about a kilobyte for each message. One message always fits."""


@transport(options=MemoryOptions)
@asynccontextmanager
async def connect(connection: Connection) -> AsyncIterator[Broker]:
    """Open the broker that the URL names.

    Raises:
        ConfigError: The options are wrong.
        BrokerNotFoundError: Another event loop is using it right now.
    """
    exchange = exchange_of(connection)
    broker = MemoryBroker(connection, exchange, context.get(Clock, default=None) or SystemClock())
    _check_loop(exchange, connection.url)
    _show(connection, exchange)
    exchange.connections.append(broker)
    clockwork = asyncio.create_task(broker.bring_back(), name=f"messages to come later: {connection.name}")
    try:
        yield broker
    finally:
        broker.close()
        exchange.connections.remove(broker)
        clockwork.cancel()
        await asyncio.wait({clockwork})
        if not clockwork.cancelled():
            await clockwork


def exchange_of(connection: Connection) -> Exchange:
    """The exchange that a URL names: a new one, if it has no name."""
    options = (
        connection.options if isinstance(connection.options, MemoryOptions) else _read(connection.settings)
    )
    limits = Limits(options.queue_messages, int(options.queue_size))
    name = connection.url.removeprefix(_SCHEME)
    return _shared.setdefault(name, Exchange(limits)) if name else Exchange(limits)


def _read(settings: Mapping[str, Any]) -> MemoryOptions:
    if not settings:
        return MemoryOptions()
    return ConfigSource({"messaging": {"options": settings}}).load(MemoryOptions, "messaging.options")


def forget(name: str) -> None:
    """Let the next who says ``memory://name`` begin with nothing."""
    _shared.pop(name, None)


def _show(connection: Connection, exchange: Exchange) -> None:
    """Let the tests of the stage find it."""
    opened = Opened(connection, exchange)
    watcher = context.get(Watcher, default=None)
    if watcher is not None:
        watcher.opened(opened)
    if context.peek(None) is not None:
        context.add(opened, name=connection.name)


def _check_loop(exchange: Exchange, url: str) -> None:
    loop = asyncio.get_running_loop()
    if exchange.connections and exchange.loop is not loop:
        raise BrokerNotFoundError(
            f"{url} is being used by another event loop",
            why=("a broker in memory serves the tasks of one event loop at a time",),
            fix=("let the stages run one after another, or in one loop; or use a broker of their own each",),
        )
    exchange.loop = loop
