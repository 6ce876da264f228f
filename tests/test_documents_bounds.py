"""Bounds that stand beside a type are asked of values, wherever the type stands, and told as JSON Schema."""

import base64
import dataclasses
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Generic, NamedTuple, NewType, NotRequired, TypedDict, TypeVar

import attrs
import pytest
from annotated_types import Ge, Gt, Interval, Le, Len, Lt, MaxLen, MinLen, MultipleOf
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from rostra import documents

T = TypeVar("T")


class Pattern(NamedTuple):
    """Words of one's own, which nobody has looked at."""

    pattern: str


Price = NewType("Price", Annotated[int, Ge(0)])
Positive = Annotated[int, Gt(0)]


def wrong(value: Any, annotation: Any, **options: Any) -> dict[str, str]:
    """What is wrong with a value, by its place."""
    try:
        documents.read(value, annotation, **options)
    except documents.UNFIT as error:
        return {fault.pointer: fault.detail for fault in documents.faults(error)}
    return {}


@pytest.mark.parametrize(
    ("annotation", "good", "bad", "detail"),
    [
        (Annotated[int, Ge(1)], 1, 0, "expected at least 1, found 0"),
        (Annotated[int, Gt(1)], 2, 1, "expected more than 1, found 1"),
        (Annotated[int, Le(9)], 9, 10, "expected at most 9, found 10"),
        (Annotated[float, Lt(1.5)], 1.4, 1.5, "expected less than 1.5, found 1.5"),
        (Annotated[int, Interval(ge=1, lt=5)], 4, 5, "expected less than 5, found 5"),
        (Annotated[int, MultipleOf(5)], 10, 11, "expected a multiple of 5, found 11"),
        (Annotated[float, MultipleOf(0.1)], 0.3, 0.35, "expected a multiple of 0.1, found 0.35"),
        (
            Annotated[Decimal, MultipleOf(Decimal("0.01"))],
            "1.25",
            "1.255",
            "expected a multiple of 0.01, found 1.255",
        ),
        (Annotated[str, MinLen(2)], "ab", "a", "expected at least 2 characters, found 1 character"),
        (Annotated[str, Len(0, 2)], "", "abc", "expected at most 2 characters, found 3 characters"),
        (Annotated[bytes, MaxLen(1)], "YQ==", "YWI=", "expected at most 1 byte, found 2 bytes"),
        (Annotated[list[int], MinLen(1)], [0], [], "expected at least 1 item, found 0 items"),
        (
            Annotated[dict[str, int], MaxLen(1)],
            {"a": 1},
            {"a": 1, "b": 2},
            "expected at most 1 item, found 2 items",
        ),
        (Annotated[str, Meta(pattern="^[a-z]+$")], "ab", "A", 'expected a text like ^[a-z]+$, found "A"'),
        (Annotated[str, re.compile("a", re.IGNORECASE)], "bAr", "b", 'expected a text like a, found "b"'),
        (
            Annotated[date, Ge(date(2020, 1, 1))],
            "2020-01-01",
            "2019-12-31",
            "expected at least 2020-01-01, found 2019-12-31",
        ),
        (Price, 0, -1, "expected at least 0, found -1"),
        (Positive | None, None, 0, "expected more than 0, found 0"),
        (Annotated[int | None, Gt(0)], None, 0, "expected more than 0, found 0"),
        (Positive | str, "text", 0, "expected more than 0, found 0"),
        (Annotated[int | float, MultipleOf(2)], 4.0, 3, "expected a multiple of 2, found 3"),
        (
            Annotated[str | list[int], MinLen(2)],
            [1, 2],
            "a",
            "expected at least 2 characters or items, found 1 character",
        ),
    ],
)
def test_a_value_has_to_be_within_what_stands_beside_its_type(annotation, good, bad, detail):
    assert wrong(good, annotation) == {}
    assert wrong(bad, annotation) == {"": detail}


def test_all_that_is_asked_of_a_value_and_was_missed_is_told_at_once():
    name = Annotated[str, MinLen(3), Meta(pattern="^[a-z]+$")]

    assert wrong("A", name) == {"": 'expected at least 3 characters and a text like ^[a-z]+$, found "A"'}


def test_what_a_member_of_a_union_misses_is_told_only_if_no_other_fits():
    assert wrong(1.5, Positive | str) == {"": "expected a whole number or a text, found 1.5"}
    assert wrong("0", Annotated[int, Gt(0)] | str, of_texts=True) == {}


@attrs.frozen
class Line:
    count: Annotated[int, Ge(1)]
    note: Annotated[str, MaxLen(3)] = "as long as it likes"


@attrs.frozen
class Order:
    lines: Annotated[list[Line], MinLen(1)]
    price: Price
    prices: dict[Annotated[str, MinLen(2)], Price]
    codes: list[Annotated[str, Len(2, 2)]]


def test_all_faults_of_a_document_are_told_with_their_places():
    order = {
        "lines": [{"count": 0}, {"count": 1, "note": "long"}, {"count": "x"}],
        "price": -1,
        "prices": {"a": 1, "bb": -1},
        "codes": ["DE", "DEU"],
    }

    assert wrong(order, Order) == {
        "/lines/0/count": "expected at least 1, found 0",
        "/lines/1/note": "expected at most 3 characters, found 4 characters",
        "/lines/2/count": 'expected a whole number, found "x"',
        "/price": "expected at least 0, found -1",
        "/prices/a": "expected at least 2 characters, found 1 character",
        "/prices/bb": "expected at least 0, found -1",
        "/codes/1": "expected at most 2 characters, found 3 characters",
    }


def test_a_default_is_the_business_of_its_class():
    assert documents.read({"count": 1}, Line) == Line(1, "as long as it likes")


@dataclasses.dataclass
class OfDataclass:
    n: Positive


class OfDict(TypedDict):
    n: Positive
    m: NotRequired[Positive]


class OfTuple(NamedTuple):
    n: Positive


@attrs.frozen
class Box(Generic[T]):
    n: T


@pytest.mark.parametrize(
    ("kind", "value", "places"),
    [
        (OfDataclass, {"n": 0}, ["/n"]),
        (OfDict, {"n": 0, "m": 0}, ["/n", "/m"]),
        (OfTuple, [0], ["/0"]),
        (Box[Positive], {"n": 0}, ["/n"]),
        (tuple[int, Positive], [0, 0], ["/1"]),
    ],
)
def test_bounds_hold_in_classes_of_all_kinds(kind, value, places):
    assert list(wrong(value, kind)) == places


def test_what_cannot_be_compared_is_not_within_bounds():
    since = Annotated[datetime, Ge(datetime(2020, 1, 1, tzinfo=UTC))]

    assert wrong("2021-01-01T00:00:00Z", since) == {}
    assert "found 2021-01-01 00:00:00" in wrong("2021-01-01T00:00:00", since)[""]


@pytest.mark.parametrize(
    ("annotation", "why"),
    [
        (Annotated[int, Ge(5), Le(1)], "beside int stand ge=5 and le=1, and no value has both"),
        (Annotated[int, Gt(5), Lt(5)], "beside int stand gt=5 and lt=5, and no value has both"),
        (Annotated[float, Ge(5), Lt(5.0)], "beside float stand ge=5 and lt=5.0, and no value has both"),
        (Annotated[str, Len(3, 2)], "beside str stand min_length=3 and max_length=2, and no value has both"),
        (Annotated[int, MinLen(1)], "beside int stands a length, which no value of it has"),
        (Annotated[int, Meta(pattern="x")], "beside int stands a pattern, which no value of it has"),
        (list[Annotated[str, MultipleOf(2)]], "beside str stands a step, which no value of it has"),
        (Annotated[int, MultipleOf(0)], "beside int stands a step of 0"),
        (Annotated[int, Ge("1")], "beside int stands '1', with which no value of it can be compared"),
        (Annotated[float, Le(float("nan"))], "beside float stands nan, with which"),
        (Annotated[date, Ge(datetime(2020, 1, 1, tzinfo=UTC))], "with which no value of it can be compared"),
        (Annotated[int | str, Ge(1)], "beside str stands 1, with which no value of it can be compared"),
        (Annotated[Positive | str, MinLen(1)], "beside int stands a length, which no value of it has"),
        (Annotated[str, Pattern("(")], r"the pattern \( is none: missing \)"),
    ],
)
def test_bounds_that_no_value_could_have_are_an_error_beforehand(annotation, why):
    with pytest.raises(documents.UnreadableTypeError, match=why):
        documents.check_readable(annotation)


def test_where_others_read_it_what_was_found_is_not_told():
    with pytest.raises(documents.UNFIT) as caught:
        documents.read("secret", Annotated[str, Meta(pattern="^[0-9]+$")])

    [fault] = documents.faults(caught.value, with_values=False)
    assert fault.detail == "expected a text like ^[0-9]+$"


def test_a_type_without_bounds_has_nothing_to_check():
    assert documents.bounds_check(Annotated[int, "a remark"]) is None


@given(st.integers(), st.integers(), st.integers(min_value=1))
def test_exactly_what_the_schema_takes_is_taken(value, least, span):
    annotation = Annotated[int, Ge(least), Lt(least + span)]

    schema = documents.Schemas().of(annotation, "sent")

    is_within = schema["minimum"] <= value < schema["exclusiveMaximum"]
    assert (wrong(value, annotation) == {}) is is_within


def test_the_schema_says_what_is_asked_of_each_member_of_a_union():
    schema = documents.Schemas().of(Annotated[str | list[int] | dict[str, int], MinLen(2)], "sent")

    assert (schema["minLength"], schema["minItems"], schema["minProperties"]) == (2, 2, 2)


def test_the_schema_says_a_bound_of_decimals_if_json_can_say_it_exactly():
    of = documents.Schemas().of

    assert of(Annotated[Decimal, Ge(Decimal("0.10"))], "sent")["minimum"] == 0.1
    assert "minimum" not in of(Annotated[Decimal, Ge(Decimal("1e-400"))], "sent")
    assert "maximum" not in of(Annotated[Decimal, Le(Decimal("0.1234567890123456789"))], "sent")


@given(st.text(max_size=20), st.integers(0, 10), st.integers(0, 10))
def test_lengths_are_those_of_the_schema(text, least, span):
    annotation = Annotated[str, MinLen(least), MaxLen(least + span)]

    schema = documents.Schemas().of(annotation, "sent")

    assert (wrong(text, annotation) == {}) is (schema["minLength"] <= len(text) <= schema["maxLength"])


@pytest.mark.parametrize(
    ("annotation", "value", "is_fit"),
    [
        (Annotated[Decimal, MultipleOf(Decimal("0.01"))], "1e50", True),
        (Annotated[Decimal, MultipleOf(0.1)], "0.3", True),
        (Annotated[int, MultipleOf(0.5)], 10**400, True),
        (Annotated[int, MultipleOf(1.5)], 10**400 + 1, False),
        (Annotated[timedelta, MultipleOf(timedelta(minutes=5))], "10m", True),
        (Annotated[timedelta, MultipleOf(timedelta(minutes=5))], "11m", False),
    ],
)
def test_multiples_of_a_step_may_be_of_any_size_and_kind(annotation, value, is_fit):
    assert (wrong(value, annotation) == {}) is is_fit


@given(st.integers(-(10**12), 10**12))
def test_amounts_are_multiples_of_a_cent_however_large_they_are(cents):
    assert wrong(float(f"{cents}e-2"), Annotated[float, MultipleOf(0.01)]) == {}


@pytest.mark.parametrize(
    ("pattern", "fit", "unfit"),
    [
        ("^[0-9]+$", "42", "42\n"),
        ("^a$|^b$", "a", "a\n"),
        ("^[$]$", "$", "$\n"),
        (r"^\$$", "$", "$\n"),
        ("^[]$]$", "]", "]\n"),
        ("(?m)^a$", "a\nb", "b"),
    ],
)
def test_the_end_of_a_pattern_is_the_end_of_the_text(pattern, fit, unfit):
    annotation = Annotated[str, Pattern(pattern)]

    assert wrong(fit, annotation) == {}
    assert wrong(unfit, annotation) != {}


@given(st.binary(max_size=12), st.integers(0, 12))
def test_lengths_of_bytes_are_told_as_those_of_the_text_that_says_them(content, most):
    annotation = Annotated[bytes, MaxLen(most)]
    text = base64.b64encode(content).decode()

    longest = documents.Schemas().of(annotation, "sent")["maxLength"]

    assert len(text) <= longest or wrong(text, annotation) != {}
    assert documents.Schemas().of(Annotated[bytes, MinLen(4)], "sent")["minLength"] == len("YWJjZA==")


def test_lengths_of_bytes_that_validators_ask_for_are_told_likewise():
    @attrs.frozen
    class Photo:
        content: bytes = attrs.field(validator=attrs.validators.max_len(4))

    schemas = documents.Schemas()
    _, components = documents.finished(schemas.of(Photo, "sent"), schemas, {})

    [photo] = components.values()
    assert photo["properties"]["content"]["maxLength"] == 8


@given(st.integers(-1000, 1000), st.sampled_from([0.1, 0.25, 0.01, 3.0]))
def test_multiples_of_a_floating_point_step_are_multiples(count, step):
    assert wrong(count * step, Annotated[float, MultipleOf(step)]) == {}
    assert wrong(count * step + step / 2, Annotated[float, MultipleOf(step)]) != {}


def test_a_list_in_a_query_is_told_with_its_own_bounds_and_those_of_its_items():
    schema = documents.Schemas().of_text(Annotated[list[Positive], MaxLen(3)])

    assert schema == {"type": "array", "items": {"type": "integer", "exclusiveMinimum": 0}, "maxItems": 3}
