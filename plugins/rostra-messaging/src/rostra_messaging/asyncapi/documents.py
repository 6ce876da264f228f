"""The document: what all handlers together take and send, as AsyncAPI 3.0 writes it.

What publishers are called with elsewhere stands in no signature, so it is not told: only what handlers return to be
published. Neither are brokers, whose addresses are nobody else's business.

Source: https://www.asyncapi.com/docs/reference/specification/v3.0.0
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from rostra import di
from rostra.describing import docstring
from rostra.documents import Schema, Schemas, finished, in_draft_07, unique
from rostra.errors import AnnotationError
from rostra.handlers import Bound, Origin
from rostra_messaging.asyncapi.messages import COMPONENTS, Told, told
from rostra_messaging.declaring import Subscription
from rostra_messaging.envelopes import Envelope, JsonEnvelope

VERSION = "3.0.0"

EnvelopeOf: TypeAlias = Callable[[Subscription], Envelope]
"""How the messages of a subscription are written."""
Address: TypeAlias = tuple[str | None, str]
"""The name of a broker, and a topic."""


class Info(NamedTuple):
    """What stands at the head of a document.

    Args:
        title: Of the service.
        version: Of the service, not of AsyncAPI.
        description: In CommonMark.
    """

    title: str = "Messages"
    version: str = "0"
    description: str = ""


class Operation(NamedTuple):
    """That a handler takes or sends messages on a topic.

    Args:
        bound: The handler.
        subscription: What sets it off.
        action: Which of the two.
        address: Where.
        message: What.
        envelope: How it is written.
    """

    bound: Bound
    subscription: Subscription
    action: Literal["receive", "send"]
    address: Address
    message: Told
    envelope: Envelope


def document(
    handlers: Iterable[Bound], info: Info, names: Mapping[str, Any], envelope_of: EnvelopeOf
) -> dict[str, Any]:
    """The AsyncAPI 3.0 document of handlers.

    Args:
        handlers: Those whose trigger is no subscription are left out.
        info: What stands at its head.
        names: Classes by name, in which string annotations are looked up last.
        envelope_of: How messages are written.
    """
    schemas = Schemas()
    operations = [each for bound in handlers for each in _operations(bound, names, envelope_of, schemas)]
    channels = unique({each.address: _channel_names(each.address) for each in operations})
    messages = unique({each.message.key: each.message.names for each in operations})
    made = {
        "channels": _channels(operations, channels, messages),
        "operations": _named_operations(operations, channels, messages),
        "components": {"messages": {messages[each.message.key]: each.message.content for each in operations}},
    }
    has_envelope = any(isinstance(each.envelope, JsonEnvelope) for each in operations)
    done, components = finished(made, schemas, COMPONENTS if has_envelope else {})
    payloads = {name: _with_payload(each) for name, each in done["components"]["messages"].items()}
    parts = {"messages": payloads, "schemas": {name: in_draft_07(each) for name, each in components.items()}}
    return {
        "asyncapi": VERSION,
        "info": {
            "title": info.title,
            "version": info.version,
            **({"description": info.description} if info.description else {}),
        },
        "channels": done["channels"],
        "operations": done["operations"],
        "components": {name: part for name, part in parts.items() if part},
    }


def _operations(
    bound: Bound, names: Mapping[str, Any], envelope_of: EnvelopeOf, schemas: Schemas
) -> Iterable[Operation]:
    subscription = bound.declared.trigger
    if not isinstance(subscription, Subscription):
        return
    envelope = envelope_of(subscription)
    broker = subscription.broker
    taken = told(_payload_of(bound), "sent", envelope, schemas, subscription.topic)
    yield Operation(bound, subscription, "receive", (broker, subscription.topic), taken, envelope)
    if subscription.publishes is not None:
        sent = told(_returned(bound, names), "answered", envelope, schemas, subscription.publishes)
        yield Operation(bound, subscription, "send", (broker, subscription.publishes), sent, envelope)


def _payload_of(bound: Bound) -> Any:
    """The type of the payload; Any where the handler takes none, or the message as a whole."""
    source = next((each for each in bound.from_outside if each.origin is Origin.PAYLOAD), None)
    return Any if source is None else source.annotation


def _returned(bound: Bound, names: Mapping[str, Any]) -> Any:
    try:
        return di.signature(bound.declared.function).returns(names)
    except AnnotationError:  # the handler can be called all the same
        return Any


def _channels(
    operations: Sequence[Operation], channels: Mapping[Address, str], messages: Mapping[Any, str]
) -> dict[str, Schema]:
    made: dict[str, Schema] = {}
    for each in operations:
        broker, topic = each.address
        tags = {"tags": [{"name": broker, "description": "The broker."}]} if broker else {}
        channel = made.setdefault(channels[each.address], {"address": topic, "messages": {}, **tags})
        name = messages[each.message.key]
        channel["messages"][name] = {"$ref": f"#/components/messages/{name}"}
    return made


def _named_operations(
    operations: Sequence[Operation], channels: Mapping[Address, str], messages: Mapping[Any, str]
) -> dict[str, Schema]:
    names = unique({number: _operation_names(each) for number, each in enumerate(operations)})
    return {
        names[number]: _operation(each, channels[each.address], messages[each.message.key])
        for number, each in enumerate(operations)
    }


def _operation(each: Operation, channel: str, message: str) -> Schema:
    summary, _, description = docstring(each.bound.declared.function.__doc__).text.partition("\n\n")
    queue = each.subscription.queue.name if each.action == "receive" else None
    return {
        "action": each.action,
        "channel": {"$ref": f"#/channels/{channel}"},
        **({"summary": summary} if summary else {}),
        **({"description": description} if description else {}),
        "messages": [{"$ref": f"#/channels/{channel}/messages/{message}"}],
        **({"x-queue": queue} if queue else {}),
    }


def _with_payload(message: Schema) -> Schema:
    if "payload" not in message:
        return message
    return {**message, "payload": in_draft_07(message["payload"])}


def _channel_names(address: Address) -> tuple[str, ...]:
    broker, topic = address
    readable = topic.replace("*", "any").replace("#", "all")
    return (readable, f"{broker or 'default'}.{readable}")


def _operation_names(each: Operation) -> tuple[str, ...]:
    """From the shortest to the one that is nobody else's."""
    declared = each.bound.declared
    label = declared.label if each.action == "receive" else f"{declared.label}.{each.action}"
    module = declared.function.__module__
    return (
        label,
        f"{module.rpartition('.')[2]}.{label}",
        f"{module}.{label}",
        f"{module}.{label}.{_channel_names(each.address)[1]}",
    )
