"""Messages for rostra: subscriptions, a publisher that is safe, retries and dead letters, over any broker.

``subscribe`` marks functions; a stage loads this plugin for them, binds them when everything is prepared, and consumes
when everything else has started. ``Publisher`` is a component.
"""

from rostra.handlers import guard
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
from rostra_messaging.declaring import FromPayload, Payload, Retry, Subscription, subscribe
from rostra_messaging.envelopes import Decoded, Encoded, Envelope, Envelopes
from rostra_messaging.errors import (
    BrokerNotFoundError,
    EnvelopeNotFoundError,
    NoReplyError,
    PublishError,
    Reject,
    RetryLater,
    SubscriptionError,
    UndecodableError,
)
from rostra_messaging.messages import Message
from rostra_messaging.middlewares import CallNext, Send, around_handling, around_publishing
from rostra_messaging.publishing import Publisher
from rostra_messaging.settings import BrokerConfig, MessagingConfig

__all__ = [
    "Broker",
    "BrokerConfig",
    "BrokerNotFoundError",
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
    "subscribe",
]
