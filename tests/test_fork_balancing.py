"""Who of those that share a socket takes the next connection."""

import os

from hypothesis import given
from hypothesis import strategies as st

from rostra.fork.balancing import Places


def test_whoever_has_the_fewest_is_due_and_so_are_those_who_have_as_few() -> None:
    places = Places()
    one, two, three = (places.take(key) for key in (1, 2, 3))
    for each, count in ((one, 3), (two, 1), (three, 1)):
        assert each is not None
        each.tell(count)

    assert [each is not None and each.is_due for each in (one, two, three)] == [False, True, True]


def test_nobody_waits_for_one_that_takes_no_more_or_is_gone() -> None:
    places = Places()
    one, two, three = (places.take(key) for key in (1, 2, 3))
    assert one is not None
    assert two is not None
    assert three is not None
    for each, count in ((one, 3), (two, 1), (three, 0)):
        each.tell(count)

    two.leave()
    assert not one.is_due
    places.give_back(3)

    assert one.is_due


def test_a_place_is_taken_again_when_it_was_given_back() -> None:
    places = Places(most=1)

    assert places.take(1) is not None
    assert places.take(2) is None
    places.give_back(2)
    places.give_back(1)
    assert places.take(3) is not None


def test_what_one_process_tells_the_others_see() -> None:
    places = Places()
    mine, its = places.take(1), places.take(2)
    assert mine is not None
    assert its is not None
    mine.tell(5)
    its.tell(9)

    child = os.fork()
    if child == 0:
        its.tell(2)
        os._exit(0)
    os.waitpid(child, 0)

    assert not mine.is_due


@given(counts=st.lists(st.integers(0, 100), min_size=1, max_size=20))
def test_at_least_one_is_always_due(counts: list[int]) -> None:
    places = Places()
    balances = [places.take(key) for key in range(len(counts))]
    for balance, count in zip(balances, counts, strict=True):
        assert balance is not None
        balance.tell(count)

    due = [
        count
        for balance, count in zip(balances, counts, strict=True)
        if balance is not None and balance.is_due
    ]

    assert min(counts) in due
    assert max(due) <= min(counts) * 1.25
