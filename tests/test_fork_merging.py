"""What several workers measure is told as one."""

import asyncio
import math
import signal
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from command_line import write
from hypothesis import given
from workers import served

from rostra.fork import Merged, Series, messages
from rostra.fork.merging import BUCKETS, Gathering, Sums, series
from rostra.fork.messages import Collect, Collected, Recorded
from rostra.metrics import Exporter, Metrics, Spec
from rostra.testing import checkpoint

COUNTER = Spec("orders_total", "counter", labels=("shop",))
GAUGE = Spec("queue_length", "gauge")
HISTOGRAM = Spec("request_seconds", "histogram", buckets=(0.1, 1.0))
RECORDINGS = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.sampled_from([(COUNTER, {"shop": "a"}), (COUNTER, {"shop": "b"}), (GAUGE, {}), (HISTOGRAM, {})]),
        st.integers(0, 3),
        st.booleans(),
    ),
    max_size=60,
)


def travelled(message: Any) -> Any:
    return messages.read(messages.written(message))


@given(RECORDINGS)
def test_however_often_it_is_handed_over_the_sums_are_those_of_one_process(
    recordings: list[tuple[int, tuple[Spec, dict[str, str]], int, bool]],
) -> None:
    workers = {number: Gathering() for number in (1, 2, 3)}
    sums, alone = Sums(), Gathering()

    for number, (spec, labels), value, is_handed_over in recordings:
        workers[number].record(spec, value, labels)
        if spec.kind != "gauge":
            alone.record(spec, value, labels)
        if is_handed_over:
            sums.add(travelled(Recorded(workers[number].taken())).rows, number, number)
    for number, each in workers.items():
        sums.add(each.taken(), number, number)

    expected = Sums()
    expected.add(alone.taken(), 0, 0)
    found = series(travelled(Collected(1, sums.rows())).rows)
    assert [each for each in found if each.worker is None] == list(series(expected.rows()))
    last = {number: value for number, (spec, _), value, _ in recordings if spec is GAUGE}
    assert {each.worker: each.value for each in found if each.worker is not None} == last


def test_a_histogram_counts_in_the_smallest_bucket_that_fits() -> None:
    gathering, sums = Gathering(), Sums()
    for value in (0.1, 0.1001, 1.0, 5.0):
        gathering.record(HISTOGRAM, value, {})
    gathering.record(Spec("other_seconds", "histogram"), math.inf, {})
    sums.add(gathering.taken(), 1, 1)

    other, found = series(sums.rows())

    assert found == Series(HISTOGRAM, {}, 0.1 + 0.1001 + 1.0 + 5.0, (1, 2, 1))
    assert other.spec.buckets == BUCKETS
    assert other.counts[-1] == 1


def test_who_has_gone_has_counted_and_has_no_gauges() -> None:
    sums = Sums()
    gathering = Gathering()
    gathering.record(COUNTER, 2, {"shop": "a"})
    gathering.record(GAUGE, 7, {})
    sums.add(gathering.taken(), 1, key=1)

    sums.forget(1)

    assert series(sums.rows()) == (Series(COUNTER, {"shop": "a"}, 2.0),)


@pytest.mark.asyncio
async def test_a_worker_gives_what_it_has_before_it_asks() -> None:
    sums = Sums()
    sent: list[Any] = []

    def send(message: Recorded | Collect) -> None:
        sent.append(message)
        if isinstance(message, Recorded):
            sums.add(message.rows, 1, 1)
        else:
            merged.collected_by_parent(Collected(message.ticket, sums.rows()))

    merged = Merged(send)
    exporter: Exporter = merged
    metrics = Metrics()
    with metrics.exported(exporter):
        metrics.counter("orders_total", labels=["shop"]).add(shop="a")

        [found] = await merged.collected()

    assert (found.labels, found.value) == ({"shop": "a"}, 1.0)
    assert [type(each) for each in sent] == [Recorded, Collect]


@pytest.mark.asyncio
async def test_a_worker_without_a_parent_is_told_so() -> None:
    merged = Merged(lambda _: None)
    asking = asyncio.create_task(merged.collected())
    await checkpoint()

    merged.lose()

    with pytest.raises(ConnectionError, match="the parent of this worker has gone"):
        await asking
    with pytest.raises(ConnectionError):
        await merged.collected()


@pytest.mark.asyncio
async def test_each_worker_tells_what_all_have_counted_also_those_that_have_gone(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    write(
        tmp_path,
        "counting.py",
        """
        from rostra import fork, log, plugin
        from rostra.metrics import Metrics

        async def count(metrics: Metrics, merged: fork.Merged, worker: fork.Worker, cancel: plugin.Cancel):
            with metrics.exported(merged):
                metrics.counter("started_total").add()
                metrics.gauge("generation").set(worker.generation)
                while not await cancel.within(0.05):
                    told = {}
                    for each in await merged.collected():
                        told.setdefault(each.spec.name, []).append(each.value)
                    log.get("counting").info("counted", **told)

        async def prepare():
            yield count
        """,
    )
    async with served(tmp_path, "counting.py") as service:
        for number in (1, 2):
            await service.until("counted", worker=number, started_total=[2.0], generation=[1.0, 1.0])

        service.send(signal.SIGHUP)

        for number in (1, 2):
            await service.until("counted", worker=number, started_total=[4.0], generation=[2.0, 2.0])
