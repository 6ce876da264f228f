"""Which part of a file a request wants, by the rules of RFC 9110; and in which encoding."""

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rostra_aiohttp.conditions import Held, judged, preferred, seconds

MODIFIED = 1_700_000_000
NOW = MODIFIED + 1000.0
HELD = Held("abc", MODIFIED, 100)
THEN = formatdate(MODIFIED, usegmt=True)
BEFORE = formatdate(MODIFIED - 60, usegmt=True)


def answer(method: str = "GET", held: Held = HELD, now: float = NOW, **headers: str) -> tuple[int, int, int]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    verdict = judged(method, named, held, now)
    return int(verdict.status), verdict.start, verdict.length


ALL = (200, 0, 100)
FAILED = (412, 0, 0)
KNOWN = (304, 0, 0)
NONE = (416, 0, 0)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"if_match": '"abc"'}, ALL),
        ({"if_match": '"x", "abc"'}, ALL),
        ({"if_match": "*"}, ALL),
        ({"if_match": '"x"'}, FAILED),
        ({"if_match": 'W/"abc"'}, FAILED),  # 13.1.1: strongly compared
        ({"if_match": '"abc"', "if_unmodified_since": BEFORE}, ALL),  # 13.1.4: If-Match counts
        ({"if_unmodified_since": BEFORE}, FAILED),
        ({"if_unmodified_since": THEN}, ALL),
        ({"if_unmodified_since": "yesterday"}, ALL),
        ({"if_none_match": '"abc"'}, KNOWN),
        ({"if_none_match": 'W/"abc"'}, KNOWN),  # 13.1.2: weakly compared
        ({"if_none_match": "*"}, KNOWN),
        ({"if_none_match": '"x"'}, ALL),
        ({"if_none_match": '"x"', "if_modified_since": THEN}, ALL),  # 13.1.3: If-None-Match counts
        ({"if_modified_since": THEN}, KNOWN),
        ({"if_modified_since": BEFORE}, ALL),
        ({"if_modified_since": "junk"}, ALL),
        ({"if_match": '"x"', "if_none_match": '"abc"'}, FAILED),  # 13.2.2: the order
    ],
)
def test_preconditions(headers, expected):
    assert answer(**headers) == expected
    assert answer("HEAD", **headers) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bytes=0-0", (206, 0, 1)),
        ("bytes=10-19", (206, 10, 10)),
        ("bytes=90-", (206, 90, 10)),
        ("bytes=90-1000", (206, 90, 10)),
        ("bytes=-10", (206, 90, 10)),
        ("bytes=-1000", (206, 0, 100)),
        ("BYTES=0-9", (206, 0, 10)),
        ("bytes=100-", NONE),
        ("bytes=500-600", NONE),
        ("bytes=-0", NONE),
        ("bytes=5-4", ALL),  # 14.1.1: no range at all, so left out of account
        ("bytes=-", ALL),
        ("bytes=a-b", ALL),
        ("items=0-5", ALL),  # 14.2: an unknown unit
        ("bytes=0-1,5-6", ALL),  # 14.2: several may be left out of account
        ("bytes=" + "9" * 5000 + "-", ALL),
    ],
)
def test_ranges(text, expected):
    assert answer(range=text) == expected
    assert answer("HEAD", range=text) == ALL, "14.2: ranges are for GET"


@pytest.mark.parametrize(
    ("validator", "expected"),
    [
        ('"abc"', (206, 0, 10)),
        ('"x"', ALL),
        ('W/"abc"', ALL),  # 13.1.5: only strong ones
        (THEN, (206, 0, 10)),
        (BEFORE, ALL),
        (formatdate(MODIFIED + 60, usegmt=True), ALL),  # 13.1.5: exactly the same
        ("junk", ALL),
    ],
)
def test_a_part_is_for_who_has_the_rest_of_the_same_file(validator, expected):
    assert answer(range="bytes=0-9", if_range=validator) == expected


def test_a_file_that_was_changed_this_very_second_is_no_base_for_a_part():
    assert answer(range="bytes=0-9", if_range=THEN, now=MODIFIED + 0.5) == ALL


def test_there_is_no_part_of_an_empty_file():
    empty = Held("abc", MODIFIED, 0)

    assert answer(held=empty, range="bytes=0-") == NONE
    assert answer(held=empty, range="bytes=-5") == (200, 0, 0)


@given(
    st.text(max_size=40),
    st.integers(0, 50),
    st.sampled_from(["range", "if_match", "if_none_match", "if_range"]),
)
def test_whatever_is_asked_for_the_part_lies_within_the_file(text, size, name):
    for value in (text, f"bytes={text}", f'"{text}"'):
        status, start, count = answer(held=Held("abc", MODIFIED, size), **{"range": "bytes=1-", name: value})

        assert status in {200, 206, 304, 412, 416}
        assert 0 <= start <= start + count <= size
        assert status != 206 or count > 0


@given(st.text(max_size=60))
def test_a_date_that_is_none_is_none(text):
    found = seconds(text)

    assert found is None or isinstance(found, int)


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("", None),
        ("gzip", "gzip"),
        ("gzip, br", "br"),
        ("br;q=0.5, gzip", "gzip"),
        ("gzip;q=0", None),
        ("br;q=0, gzip;q=0, *", None),
        ("*", "br"),
        ("*;q=0", None),
        ("gzip;q=0.5, identity", None),
        ("identity;q=0.5, gzip", "gzip"),
        ("vibrate, xgzip", None),
        ("GZIP ; Q=0.8", "gzip"),
        ("deflate", None),
    ],
)
def test_the_encoding_that_the_client_likes_best_is_chosen(accepted, expected):
    assert preferred(accepted, ("br", "gzip")) == expected
    assert preferred(accepted, ()) is None
