"""Durations and sizes: numbers that know their unit, write themselves with it, and read that back."""

import json
import math
import pickle
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rostra.config import Bytes, Duration


@given(st.floats(0, 1e300), st.floats(0, 1e3))
def test_a_duration_is_written_so_that_it_reads_back(huge: float, small: float) -> None:
    assert float(Duration(str(Duration(huge)))) == huge
    assert float(Duration(str(Duration(small)))) == small


@pytest.mark.parametrize(
    ("duration", "text"),
    [(0, "0s"), (90, "1m30s"), (0.25, "0.25s"), (90061.5, "1d1h1m1.5s"), (1e-7, "0.0000001s"), (86400, "1d")],
)
def test_a_duration_shows_its_units(duration: float, text: str) -> None:
    assert (str(Duration(duration)), repr(Duration(duration))) == (text, f'Duration("{text}")')


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0B"),
        (1, "1B"),
        (1024, "1KiB"),
        (10 * 1024**2, "10MiB"),
        (1500, "1500B"),
        (2**50, "1PiB"),
        (2**70, "1024EiB"),
    ],
)
def test_a_size_shows_its_unit(size: int, text: str) -> None:
    assert (str(Bytes(size)), repr(Bytes(size))) == (text, f'Bytes("{text}")')


@given(st.integers(0, 2**80))
def test_a_size_is_written_so_that_it_reads_back(size: int) -> None:
    assert Bytes(str(Bytes(size))) == size
    assert int(Bytes(str(Bytes(size)))) == size


@given(st.floats(0, 1e12), st.floats(0, 1e12))
def test_durations_reckon_as_their_seconds_do(one: float, other: float) -> None:
    assert Duration(one) + Duration(other) == one + other
    assert Duration(one) - Duration(other) == one - other
    assert (Duration(one) < Duration(other)) == (one < other)
    assert hash(Duration(one)) == hash(one)


def test_what_is_reckoned_is_a_plain_number() -> None:
    assert type(Duration("1m") + Duration("1s")) is float
    assert type(Bytes("1KiB") * 2) is int
    assert Duration("1s") - Duration("1m") == -59
    assert str(Duration(Duration("1m") + Duration("30s"))) == "1m30s"
    assert Bytes("1KiB") / 2 == 512.0


def test_a_number_with_a_unit_is_formatted_as_text_or_as_a_number() -> None:
    assert f"{Duration(90)} {Duration(90):.1f} {Duration(90)!r}" == '1m30s 90.0 Duration("1m30s")'
    assert f"{Bytes('10MiB')} {Bytes('10MiB'):,} {Bytes('10MiB')!r}" == '10MiB 10,485,760 Bytes("10MiB")'
    assert "%s %d" % (Duration(90), Bytes(1024)) == "1m30s 1024"  # noqa: UP031  (old code says so)
    assert json.dumps([Duration(90), Bytes(1024)]) == "[90.0, 1024]"


def test_durations_and_sizes_survive_pickling() -> None:
    found = pickle.loads(pickle.dumps([Duration("1m"), Bytes("1KiB")]))

    assert found == [60.0, 1024]
    assert list(map(type, found)) == [Duration, Bytes]


def test_no_time_at_all_has_no_sign() -> None:
    assert str(Duration(-0.0)) == "0s"


@pytest.mark.parametrize(
    "make",
    [
        lambda: Duration(-1),
        lambda: Duration("x"),
        lambda: Duration(math.nan),
        lambda: Duration(math.inf),
        lambda: Duration(10**400),
        lambda: Duration("1e400"),
        lambda: Duration("9" * 400),
        lambda: Duration("-1s"),
        lambda: Bytes(-1),
        lambda: Bytes("x"),
        lambda: Bytes("-1B"),
        lambda: Bytes("1.5B"),
        lambda: Bytes("9" * 5000),
        lambda: Bytes(1.5),  # type: ignore[arg-type]  # what is refused
        lambda: Bytes(math.nan),  # type: ignore[arg-type]  # what is refused
    ],
)
def test_no_duration_or_size_is_wrong_when_made_by_hand(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="such as"):
        make()
