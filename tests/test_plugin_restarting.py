"""When a task may start again: pure, with the time and the chance given."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rostra import plugin
from rostra.errors import PluginError
from rostra.plugin.restarting import Restarts, pause

policies = st.builds(
    plugin.Restart,
    budget=st.integers(1, 20),
    within=st.floats(0.1, 1000),
    delay=st.floats(0.01, 10),
    longest=st.floats(0.01, 100),
    jitter=st.floats(0, 1),
)
moments = st.lists(st.floats(0, 1000), max_size=30).map(lambda found: Restarts(tuple(sorted(found))))
chances = st.floats(0, 1, exclude_max=True)


def test_pauses_double_up_to_the_longest():
    policy = plugin.Restart(delay=1, longest=5, jitter=0)

    pauses = [pause(policy, Restarts((0.0,) * count), 0.0, 0.5) for count in range(5)]

    assert pauses == [1, 2, 4, 5, 5]


def test_a_spent_budget_allows_none():
    policy = plugin.Restart(budget=2, within=60)

    assert pause(policy, Restarts((0.0, 1.0)), 2.0, 0.0) is None
    assert pause(policy, Restarts((0.0, 1.0)), 60.5, 0.0) is not None


@given(policies, moments, st.floats(1000, 3000), chances)
def test_a_pause_is_never_longer_than_the_longest_nor_negative(policy, restarts, now, chance):
    seconds = pause(policy, restarts, now, chance)

    assert seconds is None or 0 <= seconds <= policy.longest


@given(policies, moments, st.floats(1000, 3000), chances)
def test_chance_only_takes_off(policy, restarts, now, chance):
    whole, jittered = pause(policy, restarts, now, 0.0), pause(policy, restarts, now, chance)

    assert (whole is None) == (jittered is None)
    if whole is not None and jittered is not None:
        assert whole * (1 - policy.jitter) <= jittered <= whole


@given(policies, moments, st.floats(1000, 3000))
def test_exactly_the_budget_is_allowed_in_any_window(policy, restarts, now):
    recent = [moment for moment in restarts.moments if now - moment < policy.within]

    assert (pause(policy, restarts, now, 0.0) is None) == (len(recent) >= policy.budget)


@given(policies, moments, st.floats(1000, 3000))
def test_what_is_long_ago_is_forgotten(policy, restarts, now):
    kept = restarts.recent(policy, now)

    assert pause(policy, kept, now, 0.0) == pause(policy, restarts, now, 0.0)
    assert kept.recent(policy, now) == kept


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"budget": 0}, "budget of a Restart must be more than 0, not 0"),
        ({"delay": -1.0}, "delay of a Restart must be more than 0, not -1.0"),
        ({"jitter": 2.0}, "jitter of a Restart must be between 0 and 1, not 2.0"),
        ({"when": "on_failure"}, "when of a Restart must be on-failure or always, not on_failure"),
        ({"when": "sometimes"}, "when of a Restart must be on-failure or always, not sometimes"),
    ],
)
def test_a_policy_that_makes_no_sense_is_an_error(wrong, text):
    with pytest.raises(PluginError) as caught:
        plugin.Restart(**wrong)

    assert str(caught.value).splitlines()[0] == text
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_misspelt_policy_is_told_what_was_meant():
    with pytest.raises(PluginError) as caught:
        plugin.Restart(when="on_failure")

    assert str(caught.value).endswith('to fix  did you mean when="on-failure"?')
