"""What is known of a kind of broker before one is connected: which options it has, which URLs are none of it, and which queues
it can never have.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias, TypeVar

from rostra.config import ConfigSource
from rostra.errors import ConfigError, Mistake, together
from rostra_messaging.brokers import Connection, Queue
from rostra_messaging.connecting import Known, connect_of, known_brokers, scheme_of
from rostra_messaging.settings import DEFAULT, MessagingConfig

Opens = TypeVar("Opens", bound=Callable[..., Any])
CheckQueue: TypeAlias = Callable[[Connection, Queue], None]
CheckUrl: TypeAlias = Callable[[str], None]

_MARK = "__rostra_transport__"


class Traits(NamedTuple):
    """Of a kind of broker.

    Args:
        options: The class of what ``[messaging.options]`` may say; None is not known.
        check: Raises SubscriptionError for a queue that no broker of this kind can have as asked.
        check_url: Raises ValueError for a URL that none of this kind can have.
    """

    options: type[Any] | None = None
    check: CheckQueue | None = None
    check_url: CheckUrl | None = None


class BrokerOptions(NamedTuple):
    """The options of brokers, by the name of the broker, as the classes of their transports. A component.

    Args:
        read: Those of all whose transport says what they are.
    """

    read: Mapping[str, Any] = {}


def transport(
    *,
    options: type[Any] | None = None,
    check: CheckQueue | None = None,
    check_url: CheckUrl | None = None,
) -> Callable[[Opens], Opens]:
    """Mark a ``Connect`` with what is known before it is called, so that ``rostra check`` and ``rostra config`` know it.

    Args:
        options: The class of what ``[messaging.options]`` may say. ``Connection.options`` is an instance of it then.
        check: Raises SubscriptionError for a queue that no broker of this kind can have as asked. It is called for each
            subscription when handlers are bound, and asks no broker.
        check_url: Raises ValueError for a URL that none of this kind can have. The first line of its text says why, and is told
            with the setting and the file; further ones say how to fix it. They must show nothing of the URL, which may
            have a password. It is called while the stage is prepared.
    """

    def marked(connect: Opens) -> Opens:
        setattr(connect, _MARK, Traits(options, check, check_url))
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
    """The options of all brokers, whose URLs are looked at, too.

    Raises:
        ConfigError: Some of them are wrong, or URLs are. Several such are raised as an ExceptionGroup.
        BrokerNotFoundError: Nothing speaks the URL of a broker.
    """
    read: dict[str, Any] = {}
    problems: list[ConfigError] = []
    for name, known in known_brokers(settings).items():
        traits = traits_of(known)
        try:
            _check_url(traits, known.connection.url, name, source)
        except ConfigError as error:
            problems.append(error)
        try:
            if traits.options is not None:
                read[name] = _read(traits.options, known.connection.settings, _place(name), source)
        except ConfigError as error:
            problems.append(error)
    if problems:
        raise together("settings of brokers are wrong", problems)
    return BrokerOptions(read)


def _check_url(traits: Traits, url: str, name: str, source: ConfigSource) -> None:
    if traits.check_url is None:
        return
    try:
        traits.check_url(url)
    except ValueError as error:
        reason, *fix = str(error).splitlines()
    else:
        return
    setting = ".".join((*_section(name), "url"))
    origin = source.origin(setting)
    mistake = Mistake(setting, reason, f"from {origin}" if origin is not None else "")
    raise ConfigError(f"1 setting of [{'.'.join(_section(name))}] is wrong", (mistake,), tuple(fix))


def _read(cls: type[Any], said: Mapping[str, Any], place: Sequence[str], source: ConfigSource) -> Any:
    """From where they stand, with who said what; if the settings came in another way, from what was said."""
    if _standing(source, place) != said:
        for key in reversed(place):
            said = {key: said}
        source = ConfigSource(said)
    return source.load(cls, ".".join(place))


def _place(name: str) -> Sequence[str]:
    """Where the options of a broker stand."""
    return *_section(name), "options"


def _section(name: str) -> Sequence[str]:
    """Where a broker stands in the settings."""
    within = () if name == DEFAULT else ("brokers", *name.split("."))
    return "messaging", *within


def _standing(source: ConfigSource, place: Sequence[str]) -> Mapping[str, Any]:
    """What stands at a place of the settings' files; a variable that holds all options in one does not."""
    found: Any = source
    for key in place:
        found = found.get(key, {})
    return dict(found)
