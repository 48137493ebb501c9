"""The text of one scrape as figures under one name each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import inf, isfinite

from genops.serving.metrics.names import COUNTERS, ENGINES, GAUGES, HISTOGRAMS, Source

_Samples = Mapping[str, list[tuple[dict[str, str], float]]]


class NotMetrics(ValueError):
    """A text that holds no metrics of an engine; the message says what it is instead."""


@dataclass(frozen=True, slots=True)
class Buckets:
    """A histogram as Prometheus counts it.

    Attributes:
        bounds: Upper end of each bucket in seconds, rising; the last one is infinite.
        counts: Observations up to each of them.
        total: Sum of the observations, in seconds.
    """

    bounds: tuple[float, ...]
    counts: tuple[float, ...]
    total: float

    @property
    def n(self) -> float:
        """How many observations there are."""
        return self.counts[-1]


@dataclass(frozen=True, slots=True)
class Reading:
    """What an engine said at one moment. A figure that it does not have is not there, which is not the same as 0.

    Attributes:
        at: Nanoseconds since the epoch.
        gauges: What is so at that moment.
        counters: What was counted since the engine started.
        histograms: How long things took since the engine started.
        born: When the process of the server started, in seconds since the epoch; None where it does not say.
    """

    at: int
    gauges: Mapping[str, float]
    counters: Mapping[str, float]
    histograms: Mapping[str, Buckets]
    born: float | None = None

    @classmethod
    def of(cls, text: str, at: int) -> Reading:
        """Reads the text of a scrape; figures of several engines behind one server are one.

        Raises:
            NotMetrics: The text is not what Prometheus reads, or is of nothing that genops knows.
        """
        samples = _samples(text)
        if not any(name.startswith(ENGINES) for name in samples):
            raise NotMetrics("metrics of no engine that genops knows")
        gauges = {name: value for name in GAUGES if (value := _gauge(name, samples)) is not None}
        counters = {name: value for name in COUNTERS if (value := _counter(name, samples)) is not None}
        histograms = {name: one for name in HISTOGRAMS if (one := _histogram(name, samples)) is not None}
        born = [value for _, value in samples.get("process_start_time_seconds", [])]
        return cls(at, gauges, counters, histograms, max(born) if born else None)


def _samples(text: str) -> _Samples:
    from prometheus_client.parser import text_string_to_metric_families

    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    try:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                found.setdefault(sample.name, []).append((sample.labels, sample.value))
    except (ValueError, KeyError, IndexError, AttributeError):  # what the parser meets in a text that is none
        raise NotMetrics(f"no metrics but {' '.join(text[:60].split())!r}") from None
    return found


def _gauge(name: str, samples: _Samples) -> float | None:
    """Requests of all engines together; of shares that of the fullest one."""
    values = _first(GAUGES[name], samples, ("",))
    if not values:
        return None
    return sum(values) if name in ("running", "waiting") else max(values)


def _counter(name: str, samples: _Samples) -> float | None:
    values = _first(COUNTERS[name], samples, ("_total", ""))
    return sum(values) if values else None


def _first(sources: Iterable[Source], samples: _Samples, endings: tuple[str, ...]) -> list[float]:
    """The values of the first source that has some, without those that are no count."""
    for source in sources:
        for ending in endings:
            there = samples.get(source.name + ending, [])
            found = [value for labels, value in there if _fits(source, labels) and isfinite(value) and value >= 0]
            if found:
                return found
            if there and source.from_zero:
                return [0.0]
    return []


def _fits(source: Source, labels: Mapping[str, str]) -> bool:
    return not source.label or labels.get(source.label) in source.values


def _histogram(name: str, samples: _Samples) -> Buckets | None:
    for source in HISTOGRAMS[name]:
        counts: dict[float, float] = {}
        for labels, value in samples.get(f"{source.name}_bucket", []):
            bound = float(labels.get("le", "nan"))
            counts[bound] = counts.get(bound, 0.0) + value
        bounds = tuple(sorted(counts))
        rising = tuple(counts[bound] for bound in bounds)
        if bounds and bounds[-1] == inf and all(a <= b for a, b in pairwise(rising)):
            return Buckets(bounds, rising, sum(value for _, value in samples.get(f"{source.name}_sum", [])))
    return None
