"""Topics are matched as AMQP says, however many patterns there are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rostra_messaging.topics import Topics, has_wildcards, matches, mistake_in

WORDS = st.sampled_from(["a", "b", "c", "ä"])
TOPICS = st.lists(WORDS, min_size=1, max_size=6).map(".".join)
PATTERNS = st.lists(WORDS | st.sampled_from(["*", "#"]), min_size=1, max_size=6).map(".".join)


def naively(pattern: list[str], topic: list[str]) -> bool:
    match pattern:
        case []:
            return not topic
        case ["#", *rest]:
            return any(naively(rest, topic[taken:]) for taken in range(len(topic) + 1))
        case [word, *rest]:
            return bool(topic) and word in {"*", topic[0]} and naively(rest, topic[1:])
    raise AssertionError(pattern)


@pytest.mark.parametrize(
    ("pattern", "wanted", "unwanted"),
    [
        ("orders.placed", ["orders.placed"], ["orders", "orders.placed.now", "orders.Placed"]),
        ("orders.*", ["orders.placed", "orders.paid"], ["orders", "orders.placed.now"]),
        ("orders.#", ["orders", "orders.placed", "orders.placed.now"], ["order", "orders2.placed"]),
        ("#", ["orders", "a.b.c"], []),
        ("*.placed", ["orders.placed"], ["placed", "shop.orders.placed"]),
        ("#.placed", ["placed", "orders.placed", "shop.orders.placed"], ["placed.orders"]),
        ("shop.#.placed.*", ["shop.placed.now", "shop.a.b.placed.now"], ["shop.placed", "placed.now"]),
    ],
)
def test_a_pattern_matches_as_in_amqp(pattern: str, wanted: list[str], unwanted: list[str]) -> None:
    assert [topic for topic in (*wanted, *unwanted) if matches(pattern, topic)] == wanted


@given(PATTERNS, TOPICS)
def test_one_pattern_matches_what_a_naive_reading_of_the_rule_says(pattern: str, topic: str) -> None:
    assert matches(pattern, topic) == naively(pattern.split("."), topic.split("."))


@given(st.lists(PATTERNS, max_size=8), st.lists(PATTERNS, max_size=8), st.lists(TOPICS, max_size=5))
def test_many_patterns_are_found_as_if_each_were_alone(
    patterns: list[str], taken_back: list[str], topics: list[str]
) -> None:
    kept: Topics[str] = Topics([(pattern, pattern) for pattern in (*patterns, *taken_back)])
    for topic in topics:
        kept.match(topic)  # what it keeps of that may not be kept too long

    for pattern in taken_back:
        kept.discard(pattern, pattern)

    for topic in topics:
        expected = {
            each for each in {*patterns} - {*taken_back} if naively(each.split("."), topic.split("."))
        }
        found = kept.match(topic)
        assert (set(found), len(found)) == (expected, len(expected))


def test_what_has_several_patterns_is_found_once() -> None:
    topics = Topics([("orders.*", "billing"), ("orders.#", "billing"), ("#", "audit")])

    assert sorted(topics.match("orders.placed")) == ["audit", "billing"]


def test_what_is_discarded_leaves_nothing_behind() -> None:
    topics: Topics[str] = Topics([("a.*.c", "one"), ("a.*", "two")])

    topics.discard("a.*.c", "one")
    topics.discard("a.b.c", "one")
    topics.discard("a.*", "two")

    assert topics._root.further == {}


def test_many_wildcards_take_no_longer_than_words_times_patterns() -> None:
    topics = Topics([(".".join(["#", "a"] * 60), "patient")])

    assert topics.match(".".join(["a"] * 200)) == ("patient",)
    assert topics.match(".".join(["a"] * 200 + ["b"])) == ()


def test_what_is_kept_for_speed_is_bounded() -> None:
    topics = Topics([("#", "all")])

    for number in range(5000):
        topics.match(f"orders.{number}")

    assert len(topics._kept) <= 1024


@pytest.mark.parametrize(
    ("pattern", "mistake"),
    [
        ("orders.placed", None),
        ("orders.*.#", None),
        ("", "it is empty"),
        ("orders..placed", "there is no word between two of its dots, or at its end"),
        ("orders.", "there is no word between two of its dots, or at its end"),
        (
            "orders.pla*",
            "pla* is a word with a wildcard in it; * and # stand for whole words only",
        ),
        ("ä" * 128, "it has more than 255 bytes"),
        ("orders.\ud800", "it has half a character in it, which UTF-8 cannot say"),
    ],
)
def test_a_pattern_that_nobody_can_mean_is_told(pattern: str, mistake: str | None) -> None:
    assert mistake_in(pattern) == mistake


def test_wildcards_are_seen() -> None:
    assert [has_wildcards(each) for each in ("a.b", "a.*", "#", "a.b#")] == [False, True, True, False]
