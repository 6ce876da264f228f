"""Envelopes: what they write they read, what others write they read, and nothing breaks them."""

import base64
import datetime as dt
import enum
import gzip
import json
import subprocess
import sys
import zlib
from contextlib import suppress
from typing import Any

import attrs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rostra.config import Bytes
from rostra.documents import UnsayableError
from rostra_messaging.brokers import Parcel
from rostra_messaging.envelopes import (
    BareJsonEnvelope,
    CloudEventsEnvelope,
    Decoded,
    Envelope,
    Envelopes,
    JsonEnvelope,
    MsgpackEnvelope,
    ProtobufEnvelope,
    RawEnvelope,
    TextEnvelope,
)
from rostra_messaging.envelopes.wire import wire_class
from rostra_messaging.errors import UndecodableError
from rostra_messaging.messages import Message
from rostra_messaging.settings import MessagingConfig

PLACED = dt.datetime(2026, 1, 31, 12, 0, 0, 250_000, tzinfo=dt.UTC)
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

ENVELOPES: dict[str, Envelope] = {
    "json": JsonEnvelope(service="orders"),
    "bare-json": BareJsonEnvelope(),
    "msgpack": MsgpackEnvelope(),
    "cloudevents": CloudEventsEnvelope(source="orders"),
    "cloudevents-binary": CloudEventsEnvelope(mode="binary", source="orders"),
    "protobuf": ProtobufEnvelope(service="orders"),
    "text": TextEnvelope(),
    "raw": RawEnvelope(),
}
OF_DATA = ("json", "bare-json", "msgpack", "cloudevents", "cloudevents-binary")
WITH_HEAD = ("json", "cloudevents", "cloudevents-binary")
DATA = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)


class State(enum.Enum):
    OPEN = "open"


@attrs.frozen
class Order:
    item: str
    placed: dt.datetime
    state: State = State.OPEN


def moved(envelope: Envelope, message: Message, **changes: Any) -> Decoded:
    """What arrives of a message on the other side of a broker."""
    encoded = envelope.encode(message)
    parcel = Parcel(
        id=message.id,
        topic=message.topic,
        body=encoded.body,
        attributes=encoded.attributes,
        content_type=encoded.content_type,
    )
    return envelope.decode(attrs.evolve(parcel, **changes))


def sent(body: bytes | str, content_type: str = "application/json", **attributes: Any) -> Parcel:
    content = body.encode() if isinstance(body, str) else body
    return Parcel(
        id="1", topic="orders.placed", body=content, content_type=content_type, attributes=attributes
    )


def tomodachi(**changes: Any) -> bytes:
    """As tomodachi writes it."""
    metadata = {
        "message_uuid": "5b1c.77",
        "protocol_version": "tomodachi-json-base--1.0.0",
        "compatible_protocol_versions": ["json_base-wip"],
        "timestamp": PLACED.timestamp(),
        "topic": "orders.placed",
        "data_encoding": "raw",
    }
    service = {"name": "shop", "uuid": "5b1c"}
    return json.dumps(
        {"service": service, "metadata": {**metadata, **changes}, "data": {"item": "tea"}}
    ).encode()


@pytest.mark.parametrize("name", OF_DATA)
@given(data=DATA)
def test_what_is_written_is_read(name: str, data: Any) -> None:
    message = Message(topic="orders.placed", body=data)

    assert moved(ENVELOPES[name], message).data == data


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_a_text_is_read_as_it_was_written(text: str) -> None:
    assert moved(ENVELOPES["text"], Message(topic="t", body=text)).data == text


@pytest.mark.parametrize("name", ["raw", "protobuf", "cloudevents", "cloudevents-binary", "msgpack"])
@given(content=st.binary(max_size=200))
def test_bytes_are_read_as_they_were_written(name: str, content: bytes) -> None:
    assert moved(ENVELOPES[name], Message(topic="t", body=content)).data == content


@pytest.mark.parametrize("name", OF_DATA)
def test_a_class_is_written_by_its_attributes(name: str) -> None:
    order = Order("tea", PLACED)

    found = moved(ENVELOPES[name], Message(topic="t", body=order)).data

    placed = PLACED if name == "msgpack" else "2026-01-31T12:00:00.250000Z"
    assert found == {"item": "tea", "placed": placed, "state": "open"}


@pytest.mark.parametrize("name", ["json", "protobuf", "cloudevents", "cloudevents-binary"])
def test_who_sent_it_and_when_travels_in_the_envelope(name: str) -> None:
    message = Message(
        topic="orders.placed", body=b"", id="77", time=PLACED, attributes={"traceparent": TRACE}
    )
    if name == "json":
        message = attrs.evolve(message, body={})

    found = moved(ENVELOPES[name], message, id="", time=None)

    assert (found.id, found.time) == ("77", PLACED)


@pytest.mark.parametrize("name", ENVELOPES)
def test_attributes_travel_beside(name: str) -> None:
    body = "tea" if name == "text" else b"tea" if name in ("raw", "protobuf") else {"item": "tea"}
    attributes = {"traceparent": TRACE, "Shop-Id": 7, "empty": None}
    message = Message(topic="t", body=body, attributes=attributes)

    encoded = ENVELOPES[name].encode(message)
    found = moved(ENVELOPES[name], message)

    assert {key: encoded.attributes[key] for key in attributes} == attributes
    assert (attributes if found.attributes is None else found.attributes) == attributes


@pytest.mark.parametrize("size", [59_000, 60_000, 70_000, 900_000])
def test_large_data_are_compressed_from_60_000_characters_on(size: int) -> None:
    message = Message(topic="t", body="ö" * (size - 2))

    body = json.loads(JsonEnvelope().encode(message).body)

    assert body["metadata"]["data_encoding"] == ("raw" if size < 60_000 else "base64_gzip_json")
    if size >= 60_000:
        assert base64.b64decode(body["data"])[:2] == b"\x78\x9c"  # of zlib, not of gzip
    assert moved(JsonEnvelope(), message).data == message.body


def test_what_tomodachi_writes_in_json_is_read() -> None:
    found = JsonEnvelope().decode(sent(tomodachi()))

    assert found == Decoded({"item": "tea"}, "5b1c.77", PLACED, "orders.placed")


@pytest.mark.parametrize("timestamp", ["soon", None, -1e18, 1e300, [], True, "2026-01-31T12:00:00.250Z"])
def test_a_time_that_is_none_is_as_good_as_nothing(timestamp: Any) -> None:
    found = JsonEnvelope().decode(sent(tomodachi(timestamp=timestamp)))

    assert found.time == (PLACED if isinstance(timestamp, str) and "2026" in timestamp else None)


def test_only_data_and_their_encoding_are_needed() -> None:
    body = '{"metadata": {"data_encoding": "raw"}, "data": null}'

    assert JsonEnvelope().decode(sent(body)) == Decoded(None)


NO_ENVELOPE = "it is no envelope: an object with data and metadata.data_encoding"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "the body is no JSON"),
        (b"\xff\xfe", "the body is no JSON"),
        (b"[" * 100_000, "the body is no JSON"),
        (b"{}", NO_ENVELOPE),
        (b'"text"', NO_ENVELOPE),
        (b'{"metadata": [], "data": 1}', NO_ENVELOPE),
        (b'{"metadata": {"data_encoding": "raw"}}', NO_ENVELOPE),
        (b'{"metadata": {}, "data": 1}', NO_ENVELOPE),
        (tomodachi(data_encoding="zstd"), "its data_encoding is neither raw nor base64_gzip_json"),
        (tomodachi(data_encoding=["raw"]), "its data_encoding is neither raw nor base64_gzip_json"),
        (tomodachi(data_encoding="base64_gzip_json"), "data that are base64_gzip_json should be a text"),
    ],
)
def test_what_is_no_envelope_in_json_is_told_without_its_values(body: bytes, reason: str) -> None:
    with pytest.raises(UndecodableError) as caught:
        JsonEnvelope().decode(sent(body))

    assert caught.value.reason == reason
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def compressed(data: bytes | str) -> bytes:
    text = data if isinstance(data, str) else base64.b64encode(data).decode()
    return json.dumps({"metadata": {"data_encoding": "base64_gzip_json"}, "data": text}).encode()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("påske", "what should be base64 is none"),
        ("YWJ", "what should be base64 is none"),
        (b"abc", "what should be compressed by zlib is not"),
        (zlib.compress(b"[1, 2, 3]")[:-5], "what is compressed by zlib is broken off"),
        (zlib.compress(b"[1]") + b"more", "behind what is compressed by zlib there is more"),
        (zlib.compress(b"no json"), "what was compressed is no JSON"),
        (zlib.compress(b" " * 10_001), "decompressed it is larger than 10000 bytes, which is the limit"),
    ],
)
def test_what_is_compressed_wrongly_or_into_too_much_is_undecodable(data: bytes | str, reason: str) -> None:
    with pytest.raises(UndecodableError) as caught:
        JsonEnvelope(most_bytes=10_000).decode(sent(compressed(data)))

    assert caught.value.reason == reason


def test_gzip_is_read_like_zlib() -> None:
    assert JsonEnvelope().decode(sent(compressed(gzip.compress(b"[1]")))).data == [1]


def test_a_bomb_is_given_up_before_it_has_grown() -> None:
    bomb = zlib.compress(b"\0" * (65 * 1024**2))

    with pytest.raises(UndecodableError, match="larger than 67108864 bytes"):
        JsonEnvelope().decode(sent(compressed(bomb)))


@pytest.mark.parametrize("name", ENVELOPES)
@given(
    body=st.binary(max_size=80) | DATA.map(lambda data: json.dumps(data).encode()), kind=st.text(max_size=20)
)
def test_whatever_comes_is_read_or_undecodable(name: str, body: bytes, kind: str) -> None:
    with suppress(UndecodableError):
        ENVELOPES[name].decode(sent(body, kind))


@pytest.mark.parametrize("name", ["json", "cloudevents"])
@given(
    event=st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            ("metadata", "data", "specversion", "id", "source", "type", "time", "data_base64", "x"), DATA
        ),
    ),
    metadata=st.dictionaries(
        st.sampled_from(["data_encoding", "message_uuid", "timestamp", "topic"]),
        DATA | st.sampled_from(["raw", "base64_gzip_json"]),
    ),
)
def test_whatever_an_object_has_in_it_it_is_read_or_undecodable(
    name: str, event: dict[str, Any], metadata: dict[str, Any]
) -> None:
    with suppress(UndecodableError):
        ENVELOPES[name].decode(sent(json.dumps({"metadata": metadata, **event})))


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("json", object()),
        ("bare-json", {"deep": [Message]}),
        ("msgpack", object()),
        ("cloudevents", object()),
        ("text", b"tea"),
        ("text", "\udcff"),
        ("raw", "tea"),
        ("protobuf", {"item": "tea"}),
    ],
)
def test_a_body_that_an_envelope_cannot_write_is_the_publishers_mistake(name: str, body: Any) -> None:
    with pytest.raises(UnsayableError):
        ENVELOPES[name].encode(Message(topic="t", body=body))


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("msgpack", b"\xc1", "the body is no MessagePack"),
        ("bare-json", b"{", "the body is no JSON"),
        ("text", b"\xff", "the body is no text in UTF-8"),
        ("protobuf", b"#", "what should be base64 is none"),
        ("protobuf", base64.b64encode(b"\xff\xff"), "what is in base64 is no envelope in protobuf"),
        ("protobuf", b"", "its data_encoding is none that is known"),
    ],
)
def test_other_envelopes_tell_what_they_cannot_read(name: str, body: bytes, reason: str) -> None:
    with pytest.raises(UndecodableError) as caught:
        ENVELOPES[name].decode(sent(body))

    assert caught.value.reason == reason
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("proto", b"payload"),
        ("raw", b"payload"),
        ("base64", base64.b64encode(b"payload")),
        ("gzip_proto", zlib.compress(b"payload")),
        ("base64_gzip_proto", base64.b64encode(zlib.compress(b"payload"))),
    ],
)
def test_all_encodings_of_protobuf_that_tomodachi_knows_are_read(encoding: str, data: bytes) -> None:
    wire = wire_class()(data=data)
    wire.metadata.message_uuid, wire.metadata.timestamp = "5b1c.77", PLACED.timestamp()
    wire.metadata.data_encoding, wire.metadata.topic = encoding, "orders.placed"

    found = ProtobufEnvelope().decode(sent(base64.b64encode(wire.SerializeToString())))

    assert found == Decoded(b"payload", "5b1c.77", PLACED, "orders.placed")


@pytest.mark.parametrize("size", [60_000, 60_001])
def test_a_payload_of_protobuf_is_compressed_above_60_000_bytes(size: int) -> None:
    encoded = ProtobufEnvelope().encode(Message(topic="t", body=b"x" * size))

    wire = wire_class().FromString(base64.b64decode(encoded.body))

    assert wire.metadata.data_encoding == ("proto" if size == 60_000 else "gzip_proto")
    assert moved(ProtobufEnvelope(), Message(topic="t", body=b"x" * size)).data == b"x" * size


def test_an_event_is_what_cloudevents_says() -> None:
    message = Message(
        topic="orders.placed", body={"item": "tea"}, id="77", time=PLACED, attributes={"shop": 7}
    )

    encoded = CloudEventsEnvelope(source="/shop").encode(message)

    assert encoded.content_type == "application/cloudevents+json"
    assert json.loads(encoded.body) == {
        "specversion": "1.0",
        "id": "77",
        "source": "/shop",
        "type": "orders.placed",
        "time": "2026-01-31T12:00:00.250000+00:00",
        "datacontenttype": "application/json",
        "shop": 7,
        "data": {"item": "tea"},
    }


def test_an_event_in_binary_mode_has_its_attributes_beside_its_data() -> None:
    message = Message(topic="orders.placed", body={"item": "tea"}, id="77", attributes={"shop": 7})

    encoded = CloudEventsEnvelope(mode="binary", type="com.example.placed").encode(message)

    assert (encoded.body, encoded.content_type) == (b'{"item":"tea"}', "application/json")
    assert encoded.attributes == {
        "shop": 7,
        "cloudEvents_specversion": "1.0",
        "cloudEvents_id": "77",
        "cloudEvents_source": "rostra",
        "cloudEvents_type": "com.example.placed",
    }


EVENT = {"specversion": "1.0", "id": "7", "source": "/x", "type": "t"}


@pytest.mark.parametrize("prefix", ["cloudEvents:", "cloudEvents_", "ce-", "ce_"])
def test_events_in_binary_mode_are_read_whatever_their_prefix(prefix: str) -> None:
    context = {f"{prefix}{name}": value for name, value in EVENT.items()}

    found = CloudEventsEnvelope().decode(sent(b"{}", **context, other=1))

    assert found == Decoded({}, "7", None, None, {"other": 1})


@pytest.mark.parametrize(
    ("event", "data"),
    [
        ({**EVENT}, None),
        ({**EVENT, "data": "tea"}, "tea"),
        ({**EVENT, "data_base64": "dGVh"}, b"tea"),
        (
            {**EVENT, "data_base64": "WzFd", "datacontenttype": "application/vnd.order+json; charset=utf-8"},
            [1],
        ),
    ],
)
def test_data_of_events_are_read_as_their_type_says(event: dict[str, Any], data: Any) -> None:
    assert CloudEventsEnvelope().decode(sent(json.dumps(event))).data == data


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ([], "the body is no event, which is an object"),
        ({}, "it is no event of CloudEvents: id, source, specversion, type should be a text"),
        ({**EVENT, "id": 7}, "it is no event of CloudEvents: id should be a text"),
        ({**EVENT, "specversion": "0.3"}, "it is an event of CloudEvents, but not of version 1"),
        ({**EVENT, "data": 1, "data_base64": ""}, "an event has data or data_base64, this one has both"),
        ({**EVENT, "data_base64": 1}, "data_base64 should be a text"),
    ],
)
def test_what_is_no_event_is_told(event: Any, reason: str) -> None:
    with pytest.raises(UndecodableError) as caught:
        CloudEventsEnvelope().decode(sent(json.dumps(event)))

    assert caught.value.reason == reason


def test_a_struct_of_msgspec_is_written_too() -> None:
    class Struct(msgspec.Struct):
        item: str

    assert moved(JsonEnvelope(), Message(topic="t", body=Struct("tea"))).data == {"item": "tea"}


@pytest.mark.parametrize(
    "name",
    ["json", "bare-json", "protobuf", "msgpack", "text", "raw", "cloudevents", "cloudevents-binary"],
)
def test_settings_name_our_envelopes_and_what_they_are_told(name: str) -> None:
    settings = MessagingConfig(service="shop", most_decompressed=Bytes("1KiB"))

    envelope = Envelopes(settings).choose(name)

    assert type(envelope) is type(ENVELOPES[name])
    assert getattr(envelope, "most_bytes", 1024) == 1024
    assert getattr(envelope, "service", "shop") == "shop"
    assert getattr(envelope, "source", "shop") == "shop"


def test_without_protobuf_its_envelope_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['google.protobuf'] = None\n"
        "from rostra_messaging.envelopes import JsonEnvelope, ProtobufEnvelope\n"
        "JsonEnvelope()\n"
        "try: ProtobufEnvelope()\n"
        "except ImportError as error: print(error)"
    )

    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )

    assert said.stdout == "the envelope protobuf needs protobuf: pip install rostra-messaging[protobuf]\n"
