"""What queues are called and how they are made, and where RabbitMQ is: decided purely, the same in every process."""

import itertools
import logging
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rostra.errors import ConfigError
from rostra_amqp.addresses import addresses
from rostra_amqp.faults import Fault
from rostra_amqp.names import (
    LONGEST_DELAY,
    LONGEST_QUEUE_BYTES,
    REDECLARED_AFTER,
    retry_lane,
    rounded_ms,
    topic_lane,
    topology,
)
from rostra_amqp.pacing import Repeats, pauses
from rostra_amqp.settings import AmqpConfig, Options, chosen, read
from rostra_amqp.streams import Position
from rostra_messaging.brokers import Queue

SETTINGS = AmqpConfig()


def made(queue: Queue, options: Options | None = None, settings: AmqpConfig = SETTINGS):
    return topology(queue, options or Options(), settings, "dev.", "host.17")


@given(st.floats(0.001, LONGEST_DELAY))
def test_a_delay_is_never_shorter_than_asked_and_at_most_a_tenth_longer(seconds: float) -> None:
    delay_ms = rounded_ms(seconds)

    assert seconds * 1000 - 1e-3 <= delay_ms <= max(1, seconds * 1000 * 1.1 + 1)


@given(st.floats(0.001, LONGEST_DELAY))
def test_there_are_few_queues_for_delays(seconds: float) -> None:
    delay_ms = rounded_ms(seconds)

    assert len(str(delay_ms).rstrip("0")) <= 2


def test_the_usual_ladder_is_kept_exactly() -> None:
    assert [rounded_ms(delay) for delay in (0.5, 1, 10, 60, 600)] == [500, 1000, 10_000, 60_000, 600_000]


@pytest.mark.parametrize("seconds", [-1, LONGEST_DELAY + 1, float("inf"), float("nan")])
def test_what_no_queue_can_wait_for_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="at most"):
        rounded_ms(seconds)


@given(st.floats(0.001, LONGEST_DELAY))
def test_a_delay_queue_outlives_its_messages(seconds: float) -> None:
    for lane in (
        retry_lane("billing.orders", seconds, SETTINGS, is_own=False),
        topic_lane("amq.topic", "orders", seconds, SETTINGS),
    ):
        expires, waits = lane.arguments["x-expires"], lane.arguments["x-message-ttl"]

        assert expires < 2**32
        assert waits + REDECLARED_AFTER * 1000 < expires


@given(st.lists(st.floats(0.001, LONGEST_DELAY), min_size=2, max_size=20))
def test_each_delay_has_a_queue_of_its_own(delays: list[float]) -> None:
    lanes = {
        lane.name: lane.arguments["x-message-ttl"]
        for lane in (retry_lane("q", delay, SETTINGS, is_own=False) for delay in delays)
    }

    assert len(lanes) == len({rounded_ms(delay) for delay in delays}) == len(set(lanes.values()))


def test_a_shared_queue_is_a_quorum_queue_that_buries_what_comes_back_too_often() -> None:
    wanted = made(Queue(topic="orders.*", name="billing.orders"))

    assert wanted.queue.name == "dev.billing.orders"
    assert wanted.queue.arguments["x-queue-type"] == "quorum"
    assert wanted.queue.arguments["x-delivery-limit"] == 20
    assert (
        wanted.queue.arguments["x-dead-letter-routing-key"] == wanted.dead_name == "dev.billing.orders.dead"
    )
    assert [(binding.exchange, binding.key) for binding in wanted.bindings] == [("amq.topic", "dev.orders.*")]
    assert wanted.exchanges == ()


def test_a_queue_without_a_name_is_of_this_process_alone() -> None:
    wanted = made(Queue(topic="orders.placed"))

    assert wanted.queue.name == "dev.orders.placed.host.17"
    assert wanted.is_own
    assert wanted.dead is None
    assert wanted.dead_name == "dev.orders.placed.dead"


def test_an_ordered_queue_has_one_consumer_at_a_time() -> None:
    wanted = made(Queue(topic="orders", name="billing.orders", ordered=True))

    assert wanted.queue.arguments["x-single-active-consumer"] is True


@given(st.floats(0, LONGEST_DELAY))
def test_each_queue_that_may_be_consumed_may_have_its_retry_queues(seconds: float) -> None:
    lane = retry_lane("q" * LONGEST_QUEUE_BYTES, seconds, SETTINGS, is_own=False)

    assert len(lane.name) <= 255


def test_options_say_how_a_queue_differs() -> None:
    options = Options(
        queue="legacy",
        type="classic",
        exchange="shop",
        exchange_type="headers",
        bind={"x-match": "all", "kind": "order"},
        arguments={"x-max-length": 5},
        max_priority=9,
        priority=3,
    )

    wanted = made(Queue(topic="orders", name="billing.orders"), options)

    assert wanted.queue.name == "dev.legacy"
    assert wanted.queue.arguments == {"x-queue-type": "classic", "x-max-length": 5, "x-max-priority": 9}
    assert [tuple(exchange) for exchange in wanted.exchanges] == [("shop", "headers")]
    assert wanted.bindings[0].arguments == {"x-match": "all", "kind": "order"}
    assert wanted.consume == {"x-priority": 3}


def test_nothing_is_declared_of_what_exists() -> None:
    wanted = made(Queue(topic="orders", name="billing.orders"), Options(declare=False))

    assert wanted.queue.is_passive
    assert wanted.exchanges == wanted.bindings == ()
    assert wanted.dead is not None
    assert not wanted.dead.is_passive


def test_a_broker_that_declares_nothing_looks_for_its_dead_queue_only() -> None:
    wanted = made(Queue(topic="orders", name="billing.orders"), settings=AmqpConfig(declare=False))

    assert wanted.queue.is_passive
    assert wanted.dead is not None
    assert wanted.dead.is_passive


def test_the_options_of_other_brokers_are_ignored() -> None:
    assert chosen(("fifo", 3)) == Options()
    assert chosen((Options(queue="a"), "fifo", Options(queue="b"))).queue == "b"


def test_settings_are_read_strictly() -> None:
    read_back = read({"hosts": ["b", "c:5673"], "connect_timeout": "3s", "declare": "no"})

    assert read_back.hosts == ("b", "c:5673")
    assert float(read_back.connect_timeout) == 3
    assert read_back.declare is False


@pytest.mark.parametrize(
    ("name", "section"), [("default", "messaging.options"), ("billing", "messaging.brokers.billing.options")]
)
def test_a_wrong_setting_is_told_by_its_section(name: str, section: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read({"heartbeat": "often"}, name)

    assert f"{section}.heartbeat" in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("amqp://rabbit", ["rabbit:5672 (vhost /)"]),
        ("amqp://u:p@rabbit:5673/", ["rabbit:5673 (vhost /)"]),
        ("amqps://u:p@rabbit/orders", ["rabbit:5671 (vhost orders)"]),
        ("amqp://u:p@a,b:5673/x%2Fy", ["a:5672 (vhost x/y)", "b:5673 (vhost x/y)"]),
        ("amqp://u:p%40ss@[::1]:5673/", ["::1:5673 (vhost /)"]),
        ("amqp://", ["localhost:5672 (vhost /)"]),
    ],
)
def test_a_url_names_nodes(url: str, shown: list[str]) -> None:
    assert [str(address) for address in addresses(url)] == shown


def test_further_hosts_share_account_and_vhost() -> None:
    found = addresses("amqp://u:p%40ss@a/orders", ["b", "c:5673", "a"])

    assert [(each.url.host, each.url.port, each.url.password) for each in found] == [
        ("a", 5672, "p@ss"),
        ("b", 5672, "p@ss"),
        ("c", 5673, "p@ss"),
    ]


def test_the_heartbeat_of_the_url_wins() -> None:
    (plain,) = addresses("amqp://a/?name=x", heartbeat=7)
    (said,) = addresses("amqp://a/?heartbeat=30", heartbeat=7)

    assert dict(plain.url.query) == {"name": "x", "heartbeat": "7"}
    assert dict(said.url.query) == {"heartbeat": "30"}


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("amqp://u:hunter2@a:b/", "no number from 1 to 65535"),
        ("amqp://u:hunter2@a:99999/", "no number from 1 to 65535"),
        ("amqp://u:hunter2/7@a/", "no number from 1 to 65535"),
        ("amqp://u:hunter2@:5/", "names no host"),
    ],
)
def test_a_url_that_is_none_is_refused_without_its_password(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        addresses(url)

    assert "hunter2" not in repr(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("url", ["amqp://u:hunter2℀@a/", "amqp://u:[hunter2@a/"])
def test_a_url_that_cannot_be_read_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match="cannot be read") as caught:
        addresses(url)

    assert "hunter2" not in repr(caught.value)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


@pytest.mark.parametrize("host", ["b:x", ":5672", "", "u:p@b", "b/orders"])
def test_a_further_host_that_is_none_is_a_mistake_of_the_settings(host: str) -> None:
    assert read({"hosts": ["Rabbit-1", "c:5673", "[::1]:5672", "127.0.0.1"]})

    with pytest.raises(ConfigError, match=f'"{host}" is no host, and no host:port'):
        read({"hosts": ["b", host]})


def test_an_address_shows_no_password() -> None:
    (address,) = addresses("amqp://u:hunter2@a/")

    assert "hunter2" not in f"{address} {address!r}"


@given(st.integers())
def test_pauses_grow_up_to_a_bound_and_are_spread(seed: int) -> None:
    found = list(itertools.islice(pauses(Random(seed), first=0.1, longest=5.0), 12))

    assert all(0 < pause <= 5.0 for pause in found)
    assert all(pause >= 0.05 * 2**position for position, pause in enumerate(found[:6]))
    assert found[-1] >= 2.5


def test_only_the_same_lasting_reason_again_and_again_is_too_much() -> None:
    refused, lost = Fault("refused", "no permission"), Fault("lost", "gone")
    repeats = Repeats(limit=3)

    assert [repeats.are_too_many(each) for each in (refused, refused, lost, lost, lost, lost, refused)] == [
        False,
        False,
        False,
        False,
        False,
        False,
        True,
    ]


def test_what_exists_otherwise_is_too_much_at_once() -> None:
    assert Repeats().are_too_many(Fault("mismatched", "inequivalent arg 'x-queue-type'"))


def test_success_forgives() -> None:
    missing = Fault("missing", "no queue")
    repeats = Repeats(limit=2)

    repeats.are_too_many(missing)
    repeats.forget()

    assert not repeats.are_too_many(missing)


def test_a_position_is_the_first_that_was_not_settled() -> None:
    position = Position("first")
    found = [position.resume]

    for offset in (4, 5, 6):
        position.came(offset)
    for offset in (5, 4, 6):
        position.settled(offset)
        found.append(position.resume)

    assert found == ["first", 4, 6, 7]


def test_what_aiormq_says_of_connections_is_no_news_and_all_else_is(
    caplog: pytest.LogCaptureFixture,
) -> None:
    said = logging.getLogger("aiormq.channel")

    said.warning("Closing channel %r because RPC call %s cancelled", "channel 7", "Basic.Qos")
    said.error("Consumer callback failed")

    assert [record.getMessage() for record in caplog.records] == ["Consumer callback failed"]


def test_who_asks_for_all_that_aiormq_says_hears_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "aiormq")

    logging.getLogger("aiormq.connection").warning("Cancelling cause reader exited abnormally")

    assert len(caplog.records) == 1
