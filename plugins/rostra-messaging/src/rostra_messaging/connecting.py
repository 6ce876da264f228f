"""Which brokers does the stage have, and what opens them? As its settings say, by name."""

import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import attrs

from rostra.config import ConfigSource
from rostra.errors import closest
from rostra.installed import entry_points
from rostra_messaging.brokers import GROUP, Broker, Connect, Connection
from rostra_messaging.errors import BrokerNotFoundError
from rostra_messaging.settings import DEFAULT, BrokerConfig, MessagingConfig


@attrs.frozen
class Known:
    """A broker of the settings, with what it takes over from those of all.

    Args:
        connection: What its transport is asked for.
        envelope: How messages are written to it, unless somebody says otherwise.
    """

    connection: Connection
    envelope: str


class Brokers:
    """The open brokers of a stage, by name. A component, closed after everything that was built with it.

    Args:
        opened: Those that are open.
        known: What the settings say of them.
    """

    __slots__ = ("_known", "_opened")

    def __init__(self, opened: Mapping[str, Broker], known: Mapping[str, Known]) -> None:
        self._opened = opened
        self._known = known

    def __iter__(self) -> Iterator[str]:
        return iter(self._opened)

    def get(self, name: str | None = None) -> Broker:
        """The broker of this name; None is that of ``[messaging]`` itself.

        Raises:
            BrokerNotFoundError: There is none.
        """
        known_as = name or DEFAULT
        broker = self._opened.get(known_as)
        if broker is None:
            raise no_broker(known_as, self._opened)
        return broker

    def envelope_of(self, name: str | None = None) -> str:
        """How messages to this broker are written, unless somebody says otherwise."""
        return self._known[name or DEFAULT].envelope

    def prefix_of(self, name: str | None = None) -> str:
        """What stands in front of all names of queues at this broker."""
        return self._known[name or DEFAULT].connection.prefix


def no_broker(name: str, known: Mapping[str, object], where: Sequence[str] = ()) -> BrokerNotFoundError:
    """Nobody has set up a broker of this name."""
    near = closest(name, known)
    return BrokerNotFoundError(
        f'there is no broker "{name}"',
        tuple(where),
        (f"there are {', '.join(known)}" if len(known) > 1 else f"there is only {', '.join(known)}",),
        (f"did you mean {near}?",) if near else (f'[messaging.brokers.{name}] url = "..."',),
    )


def known_brokers(
    settings: MessagingConfig, options: Mapping[str, Any] = MappingProxyType({})
) -> Mapping[str, Known]:
    """The brokers of the settings by name, each with all it needs; that of ``[messaging]`` itself comes first.

    Args:
        settings: Of messaging.
        options: Those of each broker, by its name, as far as they have been read.
    """
    own = BrokerConfig(settings.url, options=settings.options)
    client = f"{settings.service or 'rostra'}@{socket.gethostname()}:{os.getpid()}"
    return {
        name: _known(name, broker, settings, client, options.get(name))
        for name, broker in {DEFAULT: own, **settings.brokers}.items()
    }


def _known(name: str, broker: BrokerConfig, settings: MessagingConfig, client: str, options: Any) -> Known:
    prefix = settings.prefix if broker.prefix is None else broker.prefix
    connection = Connection(
        name=name,
        url=broker.url,
        prefix=prefix,
        client=client,
        settings=broker.options,
        options=options,
        raise_unroutable=(broker.unroutable or settings.unroutable) == "error",
    )
    return Known(connection, broker.envelope or settings.envelope)


FindConnect = Callable[[str, str], Connect]
"""Finds what opens brokers of a scheme, for the broker of that name."""


def connect_of(scheme: str, name: str) -> Connect:
    """What opens brokers with URLs of this scheme.

    Args:
        scheme: What stands before ``://``.
        name: Of the broker, for the error.

    Raises:
        BrokerNotFoundError: Nobody has installed that.
    """
    point = next((each for each in entry_points(GROUP) if each.name == scheme), None)
    if point is None:
        raise _unspoken(scheme, name)
    connect: Connect = point.load()
    return connect


def check_schemes(settings: MessagingConfig, source: ConfigSource) -> None:
    """Raise if nothing speaks the URL of a broker; nothing is imported for that, and nothing opened.

    Args:
        settings: Of messaging.
        source: Where they are from, for the error.

    Raises:
        BrokerNotFoundError: Nobody has installed what does.
    """
    spoken = {each.name for each in entry_points(GROUP)}
    for name, known in known_brokers(settings).items():
        scheme = scheme_of(known.connection.url)
        if scheme not in spoken:
            raise _unspoken(scheme, name, source)


def _unspoken(scheme: str, name: str, source: ConfigSource | None = None) -> BrokerNotFoundError:
    said = None if source is None else source.origin(f"{_section(name)}.url")
    spoken = sorted(each.name for each in entry_points(GROUP))
    return BrokerNotFoundError(
        f"nothing speaks {scheme}://" if scheme else "the URL of a broker has no scheme",
        (f"[{_section(name)}] url" + ("" if said is None else f", from {said}"),),
        (f"installed are {', '.join(spoken) or 'none'}",),
        (_remedy(scheme, spoken),),
    )


def _section(name: str) -> str:
    return "messaging" if name == DEFAULT else f"messaging.brokers.{name}"


_INSTALLED_BY = {"amqp": "rostra-amqp", "amqps": "rostra-amqp", "sqs": "rostra-aws"}


def _remedy(scheme: str, spoken: Sequence[str]) -> str:
    if scheme in _INSTALLED_BY:
        return f"pip install {_INSTALLED_BY[scheme]}"
    near = closest(scheme, spoken)
    return f"did you mean {near}://?" if near else 'url = "memory://" is a broker in this process'


def scheme_of(url: str) -> str:
    """What stands before ``://``, in small letters; empty if nothing does."""
    return url.partition("://")[0].lower() if "://" in url else ""
