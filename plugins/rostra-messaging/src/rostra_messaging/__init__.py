"""Messages for rostra: subscriptions, a publisher that is safe, retries and dead letters, over any broker.

``subscribe`` marks functions; a stage loads this plugin for them, binds them when everything is prepared, and consumes
when everything else has started. ``Publisher`` is a component.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from rostra import context, di, plugin
from rostra.clock import Clock
from rostra.components import Components
from rostra.config import ConfigSource
from rostra.documents import SelfDescription
from rostra.handlers import Handlers, guard
from rostra.health import Checks
from rostra.metrics import Metrics
from rostra_messaging.binding import Subscriptions, bind
from rostra_messaging.brokers import (
    Broker,
    Connect,
    Connection,
    Consumer,
    DeadLetter,
    DeadLetters,
    Delivery,
    Failure,
    Parcel,
    Queue,
    Value,
)
from rostra_messaging.connecting import Brokers, check_schemes
from rostra_messaging.consuming import consume
from rostra_messaging.declaring import FromPayload, Payload, Retry, Subscription, subscribe
from rostra_messaging.envelopes import Decoded, Encoded, Envelope, Envelopes
from rostra_messaging.errors import (
    BrokerNotFoundError,
    EnvelopeNotFoundError,
    NoReplyError,
    NotReplayedError,
    PublishError,
    Reject,
    RetryLater,
    SubscriptionError,
    UndecodableError,
)
from rostra_messaging.messages import Message
from rostra_messaging.middlewares import (
    AroundHandling,
    AroundPublishing,
    CallNext,
    Middlewares,
    Send,
    around_handling,
    around_publishing,
    bind_handling,
    bind_publishing,
)
from rostra_messaging.opening import Opening, opening, wait_for_brokers
from rostra_messaging.publishing import Publisher
from rostra_messaging.replying import Replies, replies
from rostra_messaging.settings import BrokerConfig, MessagingConfig
from rostra_messaging.transports import BrokerOptions, read_options, transport

__all__ = [
    "Broker",
    "BrokerConfig",
    "BrokerNotFoundError",
    "Brokers",
    "CallNext",
    "Connect",
    "Connection",
    "Consumer",
    "DeadLetter",
    "DeadLetters",
    "Decoded",
    "Delivery",
    "Encoded",
    "Envelope",
    "EnvelopeNotFoundError",
    "Envelopes",
    "Failure",
    "FromPayload",
    "Message",
    "MessagingConfig",
    "NoReplyError",
    "NotReplayedError",
    "Parcel",
    "Payload",
    "PublishError",
    "Publisher",
    "Queue",
    "Reject",
    "Retry",
    "RetryLater",
    "Send",
    "Subscription",
    "SubscriptionError",
    "UndecodableError",
    "Value",
    "around_handling",
    "around_publishing",
    "guard",
    "prepare",
    "subscribe",
    "transport",
]

__rostra_part__ = True
"""What waits or fails is shown without this plugin's own lines above those of the user."""


@di.adapter(lifetime="stage")
def envelopes(settings: MessagingConfig) -> Envelopes:
    """The envelopes by name, unless somebody added others to the context."""
    return Envelopes(settings)


@di.adapter(lifetime="stage")
async def brokers_to_be(
    settings: MessagingConfig, checks: Checks, lifecycle: plugin.Lifecycle, options: BrokerOptions
) -> AsyncIterator[Opening]:
    """The brokers of the settings, which close after everything that was built with them."""
    async with opening(settings, checks, lifecycle, options=options.read) as found:
        yield found


@di.adapter(lifetime="stage")
async def brokers(opening: Opening) -> Brokers:
    """All of them, when they are open."""
    return await opening.all()


@di.adapter(lifetime="stage")
async def replies_of_stage(opening: Opening) -> AsyncIterator[Replies]:
    """Where the replies arrive that somebody waits for."""
    async with replies(opening, context.current_context()) as found:
        yield found


@di.adapter(lifetime="stage")
def publisher(
    opening: Opening,
    envelopes: Envelopes,
    replies: Replies,
    middlewares: Middlewares,
    subscriptions: Subscriptions,
    settings: MessagingConfig,
    clock: Clock,
    metrics: Metrics,
) -> Publisher:
    """What publishes."""
    return Publisher(opening, envelopes, replies, middlewares, subscriptions, settings, clock, metrics)


async def prepare(
    handlers: Handlers, lifecycle: plugin.Lifecycle, settings: MessagingConfig, source: ConfigSource
) -> AsyncIterator[plugin.Task]:
    """Take the handlers whose trigger is a subscription, connect, and consume."""
    check_schemes(settings, source)
    context.add(read_options(settings, source))
    context.add(Subscriptions(context.current_context(), lifecycle))
    context.add(Middlewares())
    context.add(_described(context.current_context(), settings), name="asyncapi")
    handlers.on(Subscription, bind)
    handlers.on(AroundHandling, bind_handling)
    handlers.on(AroundPublishing, bind_publishing)
    yield plugin.task(wait_for_brokers, name="brokers")
    yield plugin.task(consume, name="messages", intake=True)


def _described(layer: Components, settings: MessagingConfig) -> SelfDescription:
    def make() -> Mapping[str, Any]:
        from rostra_messaging.asyncapi.stage import document_of  # for those who ask

        return document_of(layer, settings)

    return SelfDescription(make)
