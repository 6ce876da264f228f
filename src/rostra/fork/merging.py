"""Measurements of all workers as one: counters and histograms are added up, gauges stand for each worker.

A worker gathers what it records and gives it to its parent with its signs of life; the parent adds it to what it has, and
tells any worker that asks. So what a worker has counted outlives it; one that is killed takes the last few seconds with it.
"""

import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from rostra.fork.answers import Answers
from rostra.fork.messages import Collect, Collected, Recorded
from rostra.metrics import Spec

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of histograms that name none: seconds, of requests."""

Row: TypeAlias = "tuple[Sequence[Any], Sequence[str], Sequence[float]]"
"""What travels: an instrument, a value for each of its labels, and numbers, whose meaning depends on its kind: how much more;
the value now; or how many more for each bucket and above them all, and the sum of what was observed."""

Key: TypeAlias = "tuple[Spec, tuple[str, ...]]"


class Series(NamedTuple):
    """One measurement.

    Args:
        spec: Of the instrument; a histogram has the bounds that were used.
        labels: A value for each of its labels.
        value: Of a counter its total, of a gauge its value; of a histogram the sum of what was observed.
        counts: Of a histogram, how many observations were in each bucket and not in a smaller one; the last number is of
            those above all.
        worker: Of a gauge, whose it is; None for what is of all.
    """

    spec: Spec
    labels: Mapping[str, str]
    value: float
    counts: tuple[int, ...] = ()
    worker: int | None = None


class Gathering:
    """What a worker has recorded since it was taken last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: dict[Key, list[float]] = {}

    def record(self, spec: Spec, value: float, labels: Mapping[str, str]) -> None:
        """One recording, from any thread."""
        if spec.kind == "histogram" and not spec.buckets:
            spec = spec._replace(buckets=BUCKETS)
        key = spec, tuple(labels.get(name, "") for name in spec.labels)
        with self._lock:
            if spec.kind == "gauge":
                self._numbers[key] = [value]
                return
            numbers = self._numbers.get(key)
            if numbers is None:
                numbers = self._numbers[key] = [0.0] * _width(spec)
            if spec.kind == "histogram":
                numbers[bisect_left(spec.buckets, value)] += 1
            numbers[-1] += value

    def taken(self) -> tuple[Row, ...]:
        """All of it; from now on it gathers anew."""
        with self._lock:
            numbers, self._numbers = self._numbers, {}
        return tuple((spec, labels, each) for (spec, labels), each in numbers.items())


class Sums:
    """What all workers have given, added up; the parent has it."""

    def __init__(self) -> None:
        self._totals: dict[Key, list[float]] = {}
        self._gauges: dict[tuple[Key, int], tuple[float, int]] = {}

    def add(self, rows: Iterable[Row], worker: int, key: int) -> None:
        """What a worker gives.

        Args:
            rows: As they have travelled.
            worker: Its number.
            key: What tells it from others of this number.
        """
        for what, labels, numbers in rows:
            spec = _spec(what)
            row = spec, tuple(labels)
            if spec.kind == "gauge":
                self._gauges[row, key] = (numbers[0], worker)
            else:
                known = self._totals.setdefault(row, [0.0] * _width(spec))
                self._totals[row] = [one + more for one, more in zip(known, numbers, strict=True)]

    def forget(self, key: int) -> None:
        """A worker has gone: what it has counted stays, and its gauges go."""
        self._gauges = {each: found for each, found in self._gauges.items() if each[1] != key}

    def rows(self) -> tuple[Any, ...]:
        """All of it, as it travels: rows, and for gauges the number of the worker after them; else None."""
        return (
            *((spec, labels, numbers, None) for (spec, labels), numbers in self._totals.items()),
            *(
                (spec, labels, [value], worker)
                for ((spec, labels), _), (value, worker) in self._gauges.items()
            ),
        )


def series(rows: Iterable[Any]) -> tuple[Series, ...]:
    """Rows of ``Sums`` as exporters read them, by name and labels."""
    made = [
        Series(
            spec := _spec(what),
            dict(zip(spec.labels, labels, strict=True)),
            numbers[-1],
            tuple(map(int, numbers[:-1])),
            worker,
        )
        for what, labels, numbers, worker in rows
    ]
    return tuple(
        sorted(made, key=lambda each: (each.spec.name, sorted(each.labels.items()), each.worker or 0))
    )


class Merged:
    """The measurements of all workers. A component of every worker; a process without a parent has none.

    It is an exporter: attach it in each worker, and ask any of them::

        async def export(metrics: Metrics, merged: fork.Merged, cancel: plugin.Cancel):
            with metrics.exported(merged):
                while not await cancel.within(60):
                    for each in await merged.collected():
                        ...

    What others have recorded in the last seconds, until their next sign of life, is not in it yet.

    Args:
        send: Sends a message to the parent.
    """

    __slots__ = ("_answers", "_gathering", "_send")

    def __init__(self, send: Callable[[Recorded | Collect], None]) -> None:
        self._send = send
        self._gathering = Gathering()
        self._answers: Answers[Sequence[Any]] = Answers()

    def record(self, spec: Spec, value: float, labels: Mapping[str, str]) -> None:
        """One recording, from any thread; see ``rostra.metrics.Exporter``."""
        self._gathering.record(spec, value, labels)

    def hand_over(self) -> None:
        """Give the parent what was recorded since the last time."""
        if rows := self.taken():
            self._send(Recorded(rows))

    def taken(self) -> tuple[Row, ...]:
        """What was recorded since the last time, to be given by somebody else."""
        return self._gathering.taken()

    async def collected(self) -> tuple[Series, ...]:
        """What all workers have recorded, those included that have gone, by name and labels.

        Raises:
            ConnectionError: The parent has gone.
        """
        self.hand_over()
        return series(await self._answers.to(lambda ticket: self._send(Collect(ticket))))

    def collected_by_parent(self, message: Collected) -> None:
        """The parent has answered."""
        self._answers.settle(message.ticket, message.rows)

    def lose(self) -> None:
        """The parent has gone."""
        self._answers.lose()


def _width(spec: Spec) -> int:
    """How many numbers an instrument needs."""
    return len(spec.buckets) + 2 if spec.kind == "histogram" else 1


def _spec(what: Sequence[Any]) -> Spec:
    name, kind, text, labels, buckets = what
    return Spec(name, kind, text, tuple(labels), tuple(buckets))
