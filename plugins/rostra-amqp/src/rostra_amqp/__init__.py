"""Messages for rostra over RabbitMQ: nothing confirmed is lost, whatever dies.

A transport of rostra-messaging: ``[messaging] url = "amqp://..."`` is all that programs need. ``Options`` says how a
queue differs from those that rostra makes, for infrastructure that exists.
"""

from rostra_amqp.broker import connect
from rostra_amqp.settings import AmqpConfig, Options

__all__ = ["AmqpConfig", "Options", "connect"]

__rostra_part__ = True
"""What waits or fails is shown without this plugin's own lines above those of the user."""
