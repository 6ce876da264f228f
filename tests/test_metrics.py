"""Instruments, and who is told what they record."""

from collections.abc import Mapping

import pytest

from rostra.metrics import Metrics, Spec


class Told:
    def __init__(self) -> None:
        self.recordings: list[tuple[str, float, dict[str, str]]] = []

    def record(self, spec: Spec, value: float, labels: Mapping[str, str]) -> None:
        self.recordings.append((spec.name, value, dict(labels)))


def test_an_exporter_is_told_of_each_recording_while_it_is_attached():
    metrics, told = Metrics(), Told()
    requests = metrics.counter("requests_total", "Requests.", labels=["method"])
    waiting = metrics.gauge("waiting")
    seconds = metrics.histogram("request_seconds", buckets=[0.1, 1.0])

    requests.add(method="before")
    with metrics.exported(told):
        requests.add(method="GET")
        requests.add(2, method="POST")
        waiting.set(7)
        seconds.observe(0.25)
    requests.add(method="after")

    assert told.recordings == [
        ("requests_total", 1.0, {"method": "GET"}),
        ("requests_total", 2, {"method": "POST"}),
        ("waiting", 7, {}),
        ("request_seconds", 0.25, {}),
    ]


def test_all_exporters_are_told():
    metrics, one, other = Metrics(), Told(), Told()

    with metrics.exported(one), metrics.exported(other):
        metrics.counter("requests_total").add()

    assert one.recordings == other.recordings == [("requests_total", 1.0, {})]


def test_one_can_ask_whether_anybody_is_told():
    metrics = Metrics()

    with metrics.exported(Told()):
        assert metrics.is_exported

    assert not metrics.is_exported


def test_asking_twice_for_an_instrument_gives_the_same_one():
    metrics = Metrics()

    assert metrics.counter("requests_total") is metrics.counter("requests_total")
    assert metrics.specs == (Spec("requests_total", "counter"),)


def test_one_name_cannot_stand_for_two_instruments():
    metrics = Metrics()
    metrics.counter("requests_total")

    with pytest.raises(ValueError, match="requests_total is a counter with the labels"):
        metrics.gauge("requests_total")
    with pytest.raises(ValueError, match="not a counter with"):
        metrics.counter("requests_total", labels=["method"])
