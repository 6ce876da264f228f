"""How much of it? Counters, gauges and histograms, for whoever exports them.

The stage has one ``Metrics``; parts of a program get their instruments from it and record into them. Exporters are
plugins, and are told of each recording while they are attached. As long as none is, recording is a look at one
attribute. Nothing is kept here: what a sum or a bucket is, the exporter knows.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Literal, Protocol, TypeAlias, TypeVar

from rostra.values import Values

__all__ = ["Counter", "Exporter", "Gauge", "Histogram", "Kind", "Metrics", "Spec"]

Kind: TypeAlias = Literal["counter", "gauge", "histogram"]


class Spec(Values):
    """What an instrument measures.

    Args:
        name: With the unit at its end: ``http_request_seconds``.
        kind: How recordings are to be understood: added up, as the latest value, or as a distribution.
        help: One sentence for people.
        labels: By what recordings are told apart. Each may take a few values: a route, never an id.
        buckets: Upper bounds for a histogram; none leaves them to the exporter.
    """

    name: str
    kind: Kind
    help: str = ""
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


class Exporter(Protocol):
    """Takes recordings."""

    def record(self, spec: Spec, value: float, labels: Mapping[str, str]) -> None:
        """One recording. It comes from any thread, in the middle of something else: neither block nor raise.

        Args:
            spec: The instrument.
            value: What to add, the value as it is now, or one observation, as the instrument's kind says.
            labels: A value for each of the instrument's labels.
        """
        ...


class _Exporters:
    """Who is told; instruments hold this one object, and look at one attribute of it."""

    __slots__ = ("attached",)

    def __init__(self) -> None:
        self.attached: tuple[Exporter, ...] = ()

    def record(self, spec: Spec, value: float, labels: Mapping[str, str]) -> None:
        for exporter in self.attached:
            exporter.record(spec, value, labels)


class _Instrument:
    """Something that is measured, and who is told."""

    __slots__ = ("_exporters", "spec")

    def __init__(self, spec: Spec, exporters: _Exporters) -> None:
        self.spec = spec
        self._exporters = exporters


class Counter(_Instrument):
    """Counts what only grows: requests, failures."""

    __slots__ = ()

    def add(self, amount: float = 1.0, /, **labels: str) -> None:
        """Count ``amount`` more, which is never negative."""
        if self._exporters.attached:
            self._exporters.record(self.spec, amount, labels)


class Gauge(_Instrument):
    """Tells a value that goes up and down: connections, the length of a queue."""

    __slots__ = ()

    def set(self, value: float, /, **labels: str) -> None:
        """Say that the value is this from now on."""
        if self._exporters.attached:
            self._exporters.record(self.spec, value, labels)


class Histogram(_Instrument):
    """Gathers how values are distributed: seconds that requests take, sizes."""

    __slots__ = ()

    def observe(self, value: float, /, **labels: str) -> None:
        """Add one observation."""
        if self._exporters.attached:
            self._exporters.record(self.spec, value, labels)


Instrument = TypeVar("Instrument", Counter, Gauge, Histogram)


class Metrics:
    """The instruments of a stage, and who is told what they record. A component.

    ::

        class Orders:
            def __init__(self, metrics: Metrics) -> None:
                self._placed = metrics.counter("orders_placed_total", labels=["shop"])

            async def place(self, order: Order) -> None:
                self._placed.add(shop=order.shop)

    Asking twice for an instrument gives the same one.
    """

    def __init__(self) -> None:
        self._exporters = _Exporters()
        self._instruments: dict[str, Counter | Gauge | Histogram] = {}

    @property
    def is_exported(self) -> bool:
        """Whether anybody is told; to spare the work of finding out what to record."""
        return bool(self._exporters.attached)

    @property
    def specs(self) -> tuple[Spec, ...]:
        """All instruments there are so far, for exporters that announce them."""
        return tuple(instrument.spec for instrument in self._instruments.values())

    @contextmanager
    def exported(self, exporter: Exporter) -> Iterator[None]:
        """Tell ``exporter`` of each recording during the body; what was recorded before is lost to it."""
        self._exporters.attached = (*self._exporters.attached, exporter)
        try:
            yield
        finally:
            self._exporters.attached = tuple(
                each for each in self._exporters.attached if each is not exporter
            )

    def counter(self, name: str, help: str = "", *, labels: Iterable[str] = ()) -> Counter:  # noqa: A002  (its name everywhere)
        """The counter of this name; see ``Spec`` for the arguments.

        Raises:
            ValueError: There is an instrument of this name that is another kind or has other labels.
        """
        return self._instrument(Counter, Spec(name, "counter", help, tuple(labels)))

    def gauge(self, name: str, help: str = "", *, labels: Iterable[str] = ()) -> Gauge:  # noqa: A002  (likewise)
        """The gauge of this name; as ``counter``."""
        return self._instrument(Gauge, Spec(name, "gauge", help, tuple(labels)))

    def histogram(
        self,
        name: str,
        help: str = "",  # noqa: A002  (likewise)
        *,
        labels: Iterable[str] = (),
        buckets: Iterable[float] = (),
    ) -> Histogram:
        """The histogram of this name; as ``counter``."""
        return self._instrument(Histogram, Spec(name, "histogram", help, tuple(labels), tuple(buckets)))

    def _instrument(self, cls: type[Instrument], spec: Spec) -> Instrument:
        known = self._instruments.setdefault(spec.name, cls(spec, self._exporters))
        if not isinstance(known, cls) or known.spec.labels != spec.labels:
            msg = f"{spec.name} is a {known.spec.kind} with the labels {known.spec.labels}, not a {spec.kind} with {spec.labels}"
            raise ValueError(msg)
        return known
