"""The document of a stage: what the room needs of it, and who shows it."""

from collections.abc import Mapping
from typing import Any

from rostra import di
from rostra.components import Components
from rostra.handlers import Handlers
from rostra_messaging.asyncapi.documents import Info, document
from rostra_messaging.connecting import known_brokers
from rostra_messaging.declaring import Subscription
from rostra_messaging.envelopes import Envelope, Envelopes
from rostra_messaging.settings import DEFAULT, MessagingConfig


def document_of(layer: Components, settings: MessagingConfig) -> dict[str, Any]:
    """The document of all handlers that the stage has by now.

    Args:
        layer: Of the stage.
        settings: Of messaging.

    Raises:
        EnvelopeNotFoundError: A broker or a handler names one that is not there.
    """
    known = known_brokers(settings)
    envelopes = layer.get(Envelopes, default=None) or Envelopes(settings)

    def envelope_of(subscription: Subscription) -> Envelope:
        return envelopes.choose(subscription.envelope, known[subscription.broker or DEFAULT].envelope)

    return document(layer.get(Handlers).bound, info_of(settings), _names(layer), envelope_of)


def info_of(settings: MessagingConfig) -> Info:
    """What stands at its head."""
    said = settings.asyncapi
    return Info(said.title, said.version, said.description)


def _names(layer: Components) -> Mapping[str, Any]:
    return layer.get(di.Registry).names
