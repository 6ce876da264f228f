"""What is known of a kind of broker before one is connected: which options it has, and which queues it can never have."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias, TypeVar

from rostra.config import ConfigSource
from rostra_messaging.brokers import Connection, Queue
from rostra_messaging.connecting import Known, connect_of, known_brokers, scheme_of
from rostra_messaging.settings import DEFAULT, MessagingConfig

Opens = TypeVar("Opens", bound=Callable[..., Any])
CheckQueue: TypeAlias = Callable[[Connection, Queue], None]

_MARK = "__rostra_transport__"


class Traits(NamedTuple):
    """Of a kind of broker.

    Args:
        options: The class of what ``[messaging.options]`` may say; None is not known.
        check: Raises SubscriptionError for a queue that no broker of this kind can have as asked.
    """

    options: type[Any] | None = None
    check: CheckQueue | None = None


class BrokerOptions(NamedTuple):
    """The options of brokers, by the name of the broker, as the classes of their transports. A component.

    Args:
        read: Those of all whose transport says what they are.
    """

    read: Mapping[str, Any] = {}


def transport(
    *, options: type[Any] | None = None, check: CheckQueue | None = None
) -> Callable[[Opens], Opens]:
    """Mark a ``Connect`` with what is known before it is called, so that ``rostra check`` and ``rostra config`` know it.

    Args:
        options: The class of what ``[messaging.options]`` may say. ``Connection.options`` is an instance of it then.
        check: Raises SubscriptionError for a queue that no broker of this kind can have as asked. It is called for each
            subscription when handlers are bound, and asks no broker.
    """

    def marked(connect: Opens) -> Opens:
        setattr(connect, _MARK, Traits(options, check))
        return connect

    return marked


def traits_of(known: Known) -> Traits:
    """What is known of a broker of the settings.

    Raises:
        BrokerNotFoundError: Nothing speaks its URL.
    """
    connection = known.connection
    found: Traits = getattr(connect_of(scheme_of(connection.url), connection.name), _MARK, Traits())
    return found


def read_options(settings: MessagingConfig, source: ConfigSource) -> BrokerOptions:
    """The options of all brokers.

    Raises:
        ConfigError: Some of them are wrong.
        BrokerNotFoundError: Nothing speaks the URL of a broker.
    """
    return BrokerOptions(
        {
            name: _read(cls, known.connection.settings, _place(name), source)
            for name, known in known_brokers(settings).items()
            if (cls := traits_of(known).options) is not None
        }
    )


def _read(cls: type[Any], said: Mapping[str, Any], place: Sequence[str], source: ConfigSource) -> Any:
    """From where they stand, with who said what; if the settings came in another way, from what was said."""
    if _standing(source, place) != said:
        for key in reversed(place):
            said = {key: said}
        source = ConfigSource(said)
    return source.load(cls, ".".join(place))


def _place(name: str) -> Sequence[str]:
    """Where the options of a broker stand."""
    within = () if name == DEFAULT else ("brokers", *name.split("."))
    return "messaging", *within, "options"


def _standing(source: ConfigSource, place: Sequence[str]) -> Mapping[str, Any]:
    """What stands at a place of the settings' files; a variable that holds all options in one does not."""
    found: Any = source
    for key in place:
        found = found.get(key, {})
    return dict(found)
