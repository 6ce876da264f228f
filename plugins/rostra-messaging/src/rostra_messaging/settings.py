"""The section ``[messaging]``."""

from collections.abc import Mapping
from typing import Any, Literal

import attrs

from rostra.config import Bytes, Config, Duration

DEFAULT = "default"
"""The name of the broker that the section itself describes."""


@attrs.frozen
class BrokerConfig:
    """One more broker: ``[messaging.brokers.NAME]``. What it does not say is as ``[messaging]`` says."""

    url: str = attrs.field(repr=False)
    """Where it is; the scheme says what it is: ``memory://``, ``amqp://user:password@host/vhost``."""
    prefix: str | None = None
    """In front of all its topics and queues."""
    envelope: str | None = None
    """How messages are written."""
    unroutable: Literal["error", "log"] | None = None
    """What to do when a message is published that no queue wants."""
    options: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    """What only this kind of broker understands."""


@attrs.frozen
class AsyncApiConfig:
    """What stands at the head of the document that describes the messages of the service: ``[messaging.asyncapi]``."""

    title: str = "Messages"
    """Of the service."""
    version: str = "0"
    """Of the service."""
    description: str = ""
    """Of the service; CommonMark."""


@attrs.frozen
class MessagingConfig(Config, section="messaging"):
    """Which brokers there are.

    ::

        [messaging]
        url = "amqp://rabbit.example/orders"

        [messaging.brokers.billing]
        url = "amqp://billing.example"
    """

    url: str = attrs.field(default="memory://", repr=False)
    """Where the broker is; the scheme says what it is. By default it lives in this process."""
    prefix: str = ""
    """In front of all topics and queues, so that several stages may share a broker: ``dev.``"""
    envelope: str = "json"
    """How messages are written, where neither a broker nor a subscription says otherwise."""
    unroutable: Literal["error", "log"] = "error"
    """What to do when a message is published that no queue wants: PublishError, or a line in the log."""
    options: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    """What only this kind of broker understands: ``[messaging.options]``."""
    brokers: Mapping[str, BrokerConfig] = attrs.field(factory=dict)
    """Others, by name: ``@subscribe(..., broker="billing")``, ``publish(..., broker="billing")``."""
    service: str = ""
    """What others call this service: in envelopes, and in the broker's own tools."""
    deadline: Duration = Duration(30.0)
    """In which a publish ends, if it does not say otherwise."""
    most_decompressed: Bytes = Bytes("64MiB")
    """How large the data of a message may become that came compressed; one that becomes larger is dead."""
    asyncapi: AsyncApiConfig = AsyncApiConfig()
    """How the service describes its messages to others."""
