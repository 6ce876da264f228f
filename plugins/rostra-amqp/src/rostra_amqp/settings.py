"""What a connection to RabbitMQ may be told beyond its URL, and what one queue may be told beyond its topic."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import attrs

from rostra.config import ConfigSource, Duration
from rostra_amqp.addresses import check_hosts
from rostra_messaging.brokers import Connection

ExchangeType = Literal["topic", "direct", "fanout", "headers"]
QueueType = Literal["quorum", "classic", "stream"]


def _are_hosts(_: Any, _attribute: Any, hosts: Sequence[str]) -> None:
    check_hosts(hosts)


@attrs.frozen(kw_only=True)
class AmqpConfig:
    """The options of a broker: ``[messaging.options]``, or ``[messaging.brokers.NAME.options]``."""

    hosts: tuple[str, ...] = attrs.field(default=(), validator=_are_hosts)
    """Further nodes of the cluster, ``host`` or ``host:port``, tried in turn after that of the URL."""
    exchange: str = "amq.topic"
    """Where messages are published, and where queues are bound."""
    exchange_type: ExchangeType = "topic"
    """What it is; it is declared, durable, unless its name begins with ``amq.``"""
    declare: bool = True
    """Whether exchanges and queues are made where they are missing. If not, all must be there, the retry and dead
    queues, too."""
    queue_type: QueueType = "quorum"
    """Of queues that several processes share. Only quorum queues lose nothing when a node dies."""
    delivery_limit: int = attrs.field(default=20, validator=attrs.validators.ge(20))
    """How often a message may come back unsettled before RabbitMQ itself moves it to the dead queue. Closed connections
    count, so a small limit would bury healthy messages in a week of deploys."""
    settle: Duration = Duration(3.0)
    """For which a new quorum queue is left alone. RabbitMQ confirms at once what it stores there, and yet forgets a queue
    that is not a second old, with all that is in it, if it is killed."""
    heartbeat: int = attrs.field(default=10, validator=attrs.validators.in_(range(1, 601)))
    """Seconds; a link that is silent for about three times as long is given up."""
    connect_timeout: Duration = Duration(10.0)
    """For each try to connect, and for each answer to what is declared."""
    confirm_timeout: Duration = Duration(10.0)
    """For each try to put a message into a retry or dead queue, the time for which a new one is left alone included. Where a
    retry queue has not confirmed it by then, another one is used."""
    consumer_timeout: Duration = Duration(1800.0)
    """What RabbitMQ's own setting of this name is, 30 minutes unless its operator says otherwise: it takes back what a
    consumer does not settle for so long. A subscription that may need longer is refused at the start."""
    in_flight: int = attrs.field(default=1000, validator=attrs.validators.ge(1))
    """How many messages may be on their way at once; further ones wait their turn, within their deadline."""
    ca_file: Path | None = None
    """Certificates that are trusted, instead of the system's (``amqps://``)."""
    cert_file: Path | None = None
    """Our own certificate, where the broker asks for one."""
    key_file: Path | None = None
    """Its key, if that is not in the same file."""
    verify: bool = True
    """Whether the broker has to prove who it is. Without it TLS keeps no secrets from who listens in between."""


@attrs.frozen(kw_only=True)
class Options:
    """How one subscription's queue differs from those that rostra makes: ``@subscribe(..., options=[Options(...)])``.

    Args:
        queue: Its name, after the broker's prefix; by default ``GROUP.TOPIC``.
        declare: Whether it, its exchange and its bindings are made where they are missing. If not, they are used as they
            are. Its retry and dead queues are made all the same.
        type: Quorum, classic or stream; by default as the broker's options say.
        exchange: To which it is bound, if not to that of the broker.
        exchange_type: What that is; it is declared, durable, unless its name begins with ``amq.``
        bind: Arguments of the binding: what a headers exchange looks for.
        arguments: Further arguments of the queue: ``{"x-max-length": 1000, "x-overflow": "reject-publish"}``.
        durable: Whether it outlives the broker; only classic queues may be otherwise.
        priority: Of this consumer; RabbitMQ serves higher ones first.
        max_priority: Makes a classic queue one of priorities, 1 to 255; the attribute ``priority`` of a message is its own.
        offset: Where to begin in a stream: ``first``, ``last``, ``next``, or the number of a message. RabbitMQ remembers no
            reader's place; after a lost connection this process goes on where it was, another one begins here.
    """

    queue: str | None = None
    declare: bool = True
    type: QueueType | None = None
    exchange: str | None = None
    exchange_type: ExchangeType = "topic"
    bind: Mapping[str, Any] = attrs.field(factory=dict)
    arguments: Mapping[str, Any] = attrs.field(factory=dict)
    durable: bool = True
    priority: int | None = None
    max_priority: int | None = None
    offset: int | Literal["first", "last", "next"] = "next"


def read(settings: Mapping[str, Any], name: str = "default") -> AmqpConfig:
    """The options of a broker, from what stands in the settings.

    Args:
        settings: As they are written.
        name: Of the broker, which says in what section they stand.

    Raises:
        ConfigError: Some of them are wrong.
    """
    path = (
        ["messaging", "options"]
        if name == "default"
        else ["messaging", "brokers", *name.split("."), "options"]
    )
    said: Mapping[str, Any] = settings
    for key in reversed(path):
        said = {key: said}
    return ConfigSource(said).load(AmqpConfig, ".".join(path))


def options_of(asked: Connection) -> AmqpConfig:
    """The options of a broker, read now if nobody has done so.

    Raises:
        ConfigError: Some of them are wrong.
    """
    return asked.options if isinstance(asked.options, AmqpConfig) else read(asked.settings, asked.name)


def chosen(options: tuple[object, ...]) -> Options:
    """Those of a subscription's options that are for RabbitMQ; the last ones, if there are several."""
    ours = [each for each in options if isinstance(each, Options)]
    return ours[-1] if ours else Options()
