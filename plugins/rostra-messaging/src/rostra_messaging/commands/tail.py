"""``rostra tail``: show the messages on a topic as they pass."""

import asyncio
from collections.abc import Callable

import click

from rostra import plugin
from rostra.cli import acting
from rostra_messaging.brokers import Consumer, Queue
from rostra_messaging.commands.shown import as_json, passing
from rostra_messaging.connecting import Brokers
from rostra_messaging.envelopes import Envelopes

_HELP = """Show the messages on TOPIC as they pass, until Ctrl-C.

A * in the topic stands for one word, # for any number of them: rostra tail "orders.#". A queue of its own gets a copy
of each message that is published from now on; no handler misses any. Bodies are shown as their envelope reads them,
and may hold what is nobody else's business.
"""
_PREFETCH = 100


async def tail(
    topic: str,
    count: int | None,
    is_json: bool,
    broker: str | None,
    envelope: str | None,
    say: Callable[[str], None],
    brokers: Brokers,
    envelopes: Envelopes,
    cancel: plugin.Cancel,
) -> None:
    """Show messages.

    Raises:
        SubscriptionError: The queue cannot be had.
        EnvelopeNotFoundError: There is no such envelope.
    """
    read_by = envelopes.choose(envelope, brokers.envelope_of(broker))
    line_of = as_json if is_json else passing
    shown = 0
    async with brokers.get(broker).consume(Queue(topic=topic, prefetch=_PREFETCH)) as consumer:
        stopping = asyncio.create_task(_stop(consumer, cancel))
        try:
            async for delivery in consumer:
                say(line_of(delivery.parcel, read_by))
                await delivery.done()
                shown += 1
                if shown == count:
                    break
        finally:
            stopping.cancel()
            await asyncio.wait([stopping])


async def _stop(consumer: Consumer, cancel: plugin.Cancel) -> None:
    await cancel.wait()
    await consumer.stop()


command = acting(
    _HELP,
    tail,
    click.Argument(["topic"]),
    click.Option(["-n", "--count"], type=click.IntRange(1), help="How many; then it ends."),
    click.Option(["--json", "is_json"], is_flag=True, help="A line of JSON for each, with its attributes."),
    click.Option(["--broker"], metavar="NAME", help="Of [messaging.brokers]; else that of [messaging]."),
    click.Option(["--envelope"], metavar="NAME", help="How they are written, if not as the settings say."),
    plugin="rostra_messaging.commands.reaching",
)
