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
from rostra.handlers import Bound, Origin, bare, union_members
from rostra_messaging.asyncapi.messages import COMPONENTS, Told, is_told_nothing, told
from rostra_messaging.declaring import Subscription
from rostra_messaging.envelopes import Envelope, JsonEnvelope
from rostra_messaging.messages import REPLY_TO

VERSION = "3.0.0"

EnvelopeOf: TypeAlias = Callable[[Subscription], Envelope]
"""How the messages of a subscription are written."""


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


class Address(NamedTuple):
    """Where messages pass.

    Args:
        broker: Its name; None is that of ``[messaging]``.
        topic: None where whoever asks says it.
        asked: The handler that answers there, if that is so.
    """

    broker: str | None
    topic: str | None
    asked: str = ""


class Operation(NamedTuple):
    """That a handler takes or sends messages on a topic, or answers where it is asked to.

    Args:
        bound: The handler.
        subscription: What sets it off.
        action: Which of these.
        address: Where.
        message: What.
        envelope: How it is written.
    """

    bound: Bound
    subscription: Subscription
    action: Literal["receive", "send", "reply"]
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
    envelope, broker, topic = envelope_of(subscription), subscription.broker, subscription.topic
    taken = told(_payload_of(bound), "sent", envelope, schemas, topic)
    yield Operation(bound, subscription, "receive", Address(broker, topic), taken, envelope)
    returned = _returned(bound, names)
    if (publishes := subscription.publishes) is not None:
        sent = told(_without_none(returned), "answered", envelope, schemas, publishes)
        yield Operation(bound, subscription, "send", Address(broker, publishes), sent, envelope)
    if not is_told_nothing(returned):
        asked = f"{bound.declared.function.__module__}.{bound.declared.label}"
        answer = told(returned, "answered", envelope, schemas, topic)
        yield Operation(bound, subscription, "reply", Address(broker, None, asked), answer, envelope)


def _payload_of(bound: Bound) -> Any:
    """The type of the payload; Any where the handler takes none, or the message as a whole."""
    source = next((each for each in bound.from_outside if each.origin is Origin.PAYLOAD), None)
    return Any if source is None else source.annotation


def _returned(bound: Bound, names: Mapping[str, Any]) -> Any:
    try:
        return di.signature(bound.declared.function).returns(names)
    except AnnotationError:  # the handler can be called all the same
        return Any


def _without_none(annotation: Any) -> Any:
    """None is not published."""
    return bare(annotation) if len(union_members(annotation)) == 1 else annotation


def _channels(
    operations: Sequence[Operation], channels: Mapping[Address, str], messages: Mapping[Any, str]
) -> dict[str, Schema]:
    made: dict[str, Schema] = {}
    for each in operations:
        broker = each.address.broker
        tags = {"tags": [{"name": broker, "description": "The broker."}]} if broker else {}
        new: Schema = {"address": each.address.topic, "messages": {}, **tags}
        channel = made.setdefault(channels[each.address], new)
        name = messages[each.message.key]
        channel["messages"][name] = {"$ref": f"#/components/messages/{name}"}
    return made


def _named_operations(
    operations: Sequence[Operation], channels: Mapping[Address, str], messages: Mapping[Any, str]
) -> dict[str, Schema]:
    own = {number: each for number, each in enumerate(operations) if each.action != "reply"}
    names = unique({number: _operation_names(each) for number, each in own.items()})
    replies = {each.bound: each for each in operations if each.action == "reply"}
    made = {}
    for number, each in own.items():
        reply = replies.get(each.bound) if each.action == "receive" else None
        made[names[number]] = {**_operation(each, channels, messages), **_reply(reply, channels, messages)}
    return made


def _operation(each: Operation, channels: Mapping[Address, str], messages: Mapping[Any, str]) -> Schema:
    summary, _, description = docstring(each.bound.declared.function.__doc__).text.partition("\n\n")
    queue = each.subscription.queue.name if each.action == "receive" else None
    return {
        "action": each.action,
        "channel": {"$ref": f"#/channels/{channels[each.address]}"},
        **({"summary": summary} if summary else {}),
        **({"description": description} if description else {}),
        "messages": _messages(each, channels, messages),
        **({"x-queue": queue} if queue else {}),
    }


def _reply(each: Operation | None, channels: Mapping[Address, str], messages: Mapping[Any, str]) -> Schema:
    """What whoever asks gets, and where."""
    if each is None:
        return {}
    where = {"location": f"$message.header#/{REPLY_TO}", "description": "Where whoever asks waits."}
    return {
        "reply": {
            "address": where,
            "channel": {"$ref": f"#/channels/{channels[each.address]}"},
            "messages": _messages(each, channels, messages),
        }
    }


def _messages(
    each: Operation, channels: Mapping[Address, str], messages: Mapping[Any, str]
) -> list[dict[str, str]]:
    place = f"#/channels/{channels[each.address]}/messages/{messages[each.message.key]}"
    return [{"$ref": place}]


def _with_payload(message: Schema) -> Schema:
    if "payload" not in message:
        return message
    return {**message, "payload": in_draft_07(message["payload"])}


def _channel_names(address: Address) -> tuple[str, ...]:
    if address.topic is None:
        return (f"{address.asked.rpartition('.')[2]}.reply", f"{address.asked}.reply")
    readable = address.topic.replace("*", "any").replace("#", "all")
    return (readable, f"{address.broker or 'default'}.{readable}")


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
