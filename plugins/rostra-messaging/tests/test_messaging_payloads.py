"""What a handler takes is made of data, and what does not fit is told without the values of the message."""

import base64
import inspect
from typing import Any, Literal

import attrs
import pytest
from google.protobuf import wrappers_pb2
from hypothesis import given
from hypothesis import strategies as st

from rostra.documents import UnreadableTypeError
from rostra_messaging.brokers import Parcel
from rostra_messaging.envelopes import ProtobufEnvelope
from rostra_messaging.errors import UndecodableError
from rostra_messaging.messages import Message
from rostra_messaging.payloads import reader_of


@attrs.frozen
class Line:
    item: str
    quantity: int = attrs.field(default=1, validator=attrs.validators.le(9))


@attrs.frozen
class Order:
    lines: list[Line]
    state: Literal["open", "paid"] = "open"
    note: str | None = None


class Service:
    def __init__(self, place: object) -> None:
        self.place = place


def test_data_become_what_the_annotation_says() -> None:
    data = {"lines": [{"item": "tea", "quantity": 2}], "unknown": 1}

    assert reader_of(Order)(data) == Order([Line("tea", 2)])


@pytest.mark.parametrize("annotation", [inspect.Parameter.empty, Any, object])
def test_without_a_type_the_data_are_taken_as_they_are(annotation: Any) -> None:
    data = object()

    assert reader_of(annotation)(data) is data


@pytest.mark.parametrize(
    ("annotation", "data"),
    [(bytes, b"tea"), (str, "tea"), (dict[str, int], {"tea": 1}), (int | None, None), (list, [1])],
)
def test_plain_values_are_themselves(annotation: Any, data: Any) -> None:
    assert reader_of(annotation)(data) == data


def test_faults_are_told_with_their_place_and_without_what_was_found() -> None:
    data = {
        "lines": [{"item": 4711}, {"quantity": "planted"}, {"item": "tea", "quantity": 12}],
        "state": "planted",
    }

    with pytest.raises(UndecodableError) as caught:
        reader_of(Order)(data)

    assert caught.value.reason == (
        "it is no Order: /lines/0/item: expected a text; /lines/1/item: it is missing; "
        "/lines/1/quantity: expected a whole number; /lines/2/quantity: it does not fit (ValueError); "
        '/state: expected "open" or "paid"'
    )
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_of_many_faults_the_first_are_told() -> None:
    with pytest.raises(UndecodableError) as caught:
        reader_of(list[int])(["planted"] * 100)

    assert caught.value.reason.endswith("/4: expected a whole number and 95 more")


def test_a_type_that_nobody_can_make_is_noticed_beforehand() -> None:
    with pytest.raises(UnreadableTypeError):
        reader_of(Service)


def test_a_message_of_protobuf_is_read_by_its_class() -> None:
    envelope = ProtobufEnvelope()
    encoded = envelope.encode(Message(topic="t", body=wrappers_pb2.StringValue(value="tea")))
    data = envelope.decode(Parcel(id="1", topic="t", body=encoded.body)).data

    assert reader_of(wrappers_pb2.StringValue)(data).value == "tea"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff\xff", "the data are no google.protobuf.StringValue"),
        ({"value": "tea"}, "expected the bytes of a google.protobuf.StringValue, found other data"),
    ],
)
def test_what_is_no_message_of_protobuf_is_undecodable(data: Any, reason: str) -> None:
    with pytest.raises(UndecodableError) as caught:
        reader_of(wrappers_pb2.StringValue)(data)

    assert caught.value.reason == reason


def test_bytes_in_json_are_base64() -> None:
    assert reader_of(bytes)(base64.b64encode(b"tea").decode()) == b"tea"


ANY_DATA = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.sampled_from(["tea", "open", "", "9"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["lines", "state", "note", "item", "quantity"]), inner, max_size=4)
    ),
    max_leaves=10,
)
NEAR = st.fixed_dictionaries(
    {
        "lines": st.lists(
            ANY_DATA | st.fixed_dictionaries({"item": ANY_DATA, "quantity": ANY_DATA}), max_size=3
        )
    },
    optional={"state": ANY_DATA, "note": ANY_DATA},
)


@pytest.mark.parametrize("annotation", [Order, list[Line], dict[str, Order | int], Line | None, int, str])
@given(data=ANY_DATA | NEAR)
def test_whatever_was_sent_is_read_or_told_in_one_line(annotation: Any, data: Any) -> None:
    try:
        reader_of(annotation)(data)
    except UndecodableError as error:
        reason = error.reason
    else:
        return
    assert reason.startswith("it is no ")
    assert "\n" not in reason
