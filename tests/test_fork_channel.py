"""The control channel: messages and descriptors between a worker and its parent, and what is behind it."""

import os
import socket
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given

from rostra.errors import ConfigError, WorkerError
from rostra.fork import messages
from rostra.fork.channel import pair
from rostra.fork.messages import Beat, Chosen, Ended, Granted, Hurry, Reached, Refused, Stop, Tired, Wanted
from rostra.fork.program import Logged, beat_of, exit_code, in_short
from rostra.fork.recycling import Endurance, Recycling, memory_bytes

TEXTS = st.text(max_size=50)
MESSAGES = st.one_of(
    st.just(Beat()),
    st.just(Chosen()),
    st.builds(Reached, TEXTS),
    st.builds(Wanted, st.integers(1), TEXTS, st.lists(TEXTS).map(tuple)),
    st.builds(Tired, TEXTS),
    st.builds(Ended, st.integers(0, 255), st.booleans(), TEXTS),
    st.builds(Refused, st.integers(1), st.none() | st.integers(), TEXTS),
    st.builds(Stop, TEXTS),
    st.builds(Hurry, TEXTS),
)


@given(MESSAGES)
def test_a_message_arrives_as_it_was_sent(message: messages.Message) -> None:
    line = messages.written(message)

    arrived = messages.read(line)

    assert line.count(b"\n") == 1
    assert type(arrived) is type(message)
    assert arrived == message


def test_a_line_that_is_no_message_is_refused() -> None:
    with pytest.raises(ValueError, match="Beta is no message of the control channel"):
        messages.read(b'["Beta"]\n')


@given(st.lists(MESSAGES, max_size=30))
def test_messages_arrive_in_their_order(sent: list[messages.Message]) -> None:
    one, other = pair()

    for message in sent:
        one.send(message)

    assert list(other.received()) == sent
    one.close()
    assert list(other.received()) == []
    assert other.is_over
    other.close()


def test_what_does_not_fit_waits_and_nothing_is_lost_or_torn() -> None:
    one, other = pair()
    sent = [Stop(f"{number}" * 1000) for number in range(1000)]

    for message in sent:
        one.send(message)
    assert one.is_waiting
    arrived: list[messages.Message] = []
    while len(arrived) < len(sent):
        arrived += other.received()
        one.flush()

    assert arrived == sent
    assert not one.is_waiting
    one.close()
    other.close()


def test_descriptors_come_with_their_messages_in_order(tmp_path: Path) -> None:
    one, other = pair()
    for name in ("first", "second", "third"):
        (tmp_path / name).write_text(name)
    files = [os.open(tmp_path / name, os.O_RDONLY) for name in ("first", "second", "third")]

    one.send(Granted(1, 2), files[0], files[1])
    one.send(Beat())
    one.send(Granted(2, 1), files[2])
    arrived = list(other.received())
    taken = [other.descriptor() for _ in range(3)]

    assert arrived == [Granted(1, 2), Beat(), Granted(2, 1)]
    assert [os.read(each, 10) for each in taken] == [b"first", b"second", b"third"]
    assert not any(os.get_inheritable(each) for each in taken)
    for each in (*taken, *files):
        os.close(each)
    one.close()
    other.close()


def test_descriptors_that_nobody_took_are_closed_with_the_channel() -> None:
    one, other = pair()
    kept, sent = socket.socketpair()

    one.send(Granted(1, 1), sent.fileno())
    sent.close()
    assert list(other.received()) == [Granted(1, 1)]
    kept.setblocking(False)
    with pytest.raises(BlockingIOError):
        kept.recv(1)
    other.close()

    assert kept.recv(1) == b""
    kept.close()
    one.close()


def test_sending_to_who_is_gone_is_no_error() -> None:
    one, other = pair()
    other.close()

    one.send(Beat())
    one.send(Beat())
    one.finish(0.1)

    assert one.is_over
    assert not one.is_waiting
    one.close()


def test_the_last_word_waits_until_it_is_taken_but_not_for_ever() -> None:
    one, other = pair()
    for _ in range(1000):
        one.send(Stop("x" * 1000))

    one.finish(0.05)

    assert one.is_waiting
    one.close()
    other.close()


@given(st.integers(1, 200), st.integers(0, 100))
def test_a_worker_is_tired_once_after_about_so_many_requests(most: int, jitter: int) -> None:
    told: list[str] = []
    endurance = Endurance(Recycling(most, jitter), told.append)
    count = endurance.counter
    assert count is not None

    answered = 0
    while not told:
        count()
        answered += 1
    count()

    assert max(1, most - jitter) <= answered <= most + jitter
    assert told == [f"it has answered {answered} requests"]


def test_where_nobody_counts_there_is_nothing_to_call() -> None:
    assert Endurance(Recycling(), print).counter is None
    assert not Recycling().is_on


def test_a_worker_above_its_memory_is_tired_once() -> None:
    told: list[str] = []
    used = memory_bytes()
    assert used > 1 << 20

    Endurance(Recycling(most_memory_bytes=used * 10), told.append).look_at_memory()
    assert told == []
    endurance = Endurance(Recycling(most_memory_bytes=1), told.append)
    endurance.look_at_memory()
    endurance.look_at_memory()

    assert len(told) == 1
    assert "MiB of memory" in told[0]


@given(st.just(0.0) | st.floats(0.01, 1000))
def test_signs_of_life_come_several_times_within_the_time_for_one(heartbeat: float) -> None:
    beat = beat_of(heartbeat)

    assert 0 < beat <= 5.0
    assert heartbeat == 0 or beat <= heartbeat / 5


def test_an_error_is_told_to_the_parent_in_one_line() -> None:
    nested = ExceptionGroup("two", [ValueError("first\nmore"), ExceptionGroup("one", [KeyError()])])

    assert in_short(nested) == "ValueError: first, and 1 more"
    assert in_short(KeyError()) == "KeyError"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("wrong"), 2),
        (ExceptionGroup("wrong", [ConfigError("a"), ConfigError("b")]), 2),
        (ExceptionGroup("wrong", [ConfigError("a"), ValueError("b")]), 1),
        (ValueError(), 1),
        (WorkerError("worker 1 did not start", "it ended with exit code 3", 3), 3),
    ],
)
def test_exit_codes_tell_settings_from_everything_else(error: BaseException, code: int) -> None:
    assert exit_code(error) == code
    if not isinstance(error, WorkerError):
        with pytest.raises(SystemExit) as left, Logged():
            raise error
        assert left.value.code == code
