"""A parcel goes over the wire and back; and what strangers wrote, goes on as far as AMQP can carry it."""

import pytest

from rostra_amqp.sending import headers_fit
from rostra_amqp.wire import on_its_way_back, properties
from rostra_messaging.brokers import Parcel


def a_parcel(**attributes: str) -> Parcel:
    return Parcel(id="1", topic="orders.placed", body=b"{}", attributes=attributes)


def test_an_attribute_whose_name_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than 128 bytes"):
        properties(a_parcel(**{"n" * 129: "x"}), "tests")


def test_of_a_stranger_s_attributes_that_are_too_long_the_longest_stay_behind() -> None:
    parcel = a_parcel(long="€" * 40_000, short="x" * 60_000, shop="north")

    headers = properties(parcel, "tests", on_its_way_back(parcel)).headers

    assert sorted(headers) == ["rostra-topic", "shop", "short"]


@pytest.mark.parametrize(
    ("text", "fits"), [("x" * 99_000, True), ("x" * 100_000, False), ("€" * 40_000, False)]
)
def test_headers_fit_by_their_bytes(text: str, fits: bool) -> None:
    assert headers_fit(properties(a_parcel(text=text), "tests")) is fits


def test_a_stranger_s_long_name_is_cut_when_the_message_is_put_back() -> None:
    parcel = a_parcel(**{"ä" * 100: "x", "shop": "north"})

    headers = properties(parcel, "tests", on_its_way_back(parcel)).headers

    assert headers == {"ä" * 64: "x", "shop": "north", "rostra-topic": "orders.placed"}
