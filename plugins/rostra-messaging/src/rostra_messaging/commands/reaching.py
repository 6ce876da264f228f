"""The plugin of our commands: messaging, with brokers that can be reached from outside of the service's process."""

from rostra import plugin
from rostra.errors import CommandLineError
from rostra_messaging.connecting import known_brokers
from rostra_messaging.settings import MessagingConfig

_IN_PROCESS = "memory://"


async def prepare(load: plugin.Loader, settings: MessagingConfig) -> None:
    """Load messaging.

    Raises:
        CommandLineError: All brokers live in the processes of services.
    """
    urls = [each.connection.url for each in known_brokers(settings).values()]
    if all(url.startswith(_IN_PROCESS) for url in urls):
        raise CommandLineError(
            "there is no broker that can be reached from here",
            ("memory:// lives in the process of its service, and is gone with it",),
            ('give the settings of the service: -c config.toml with [messaging] url = "amqp://..."',),
        )
    await load("rostra_messaging")
