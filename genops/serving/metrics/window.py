"""What happened between two readings of one engine: rates, shares and quantiles, each with what it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite

from genops.evals.summary import Measure
from genops.serving.metrics.reading import Buckets, Reading
from genops.stats.order_statistics import quantile_ranks

QUANTILES = (0.5, 0.95, 0.99)
BUCKETS = "buckets of a histogram, order statistics"
_RATES = {"input_tokens": "tokens/s", "output_tokens": "tokens/s", "requests": "requests/s"}
_COUNTS = ("preemptions", "failed", "aborted", "rejected", "server_errors")


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time of one engine, and what is so at its end.

    Attributes:
        seconds: Its length; None where there is only one reading since the engine started.
        figures: By name; one without a value says why.
    """

    seconds: float | None
    figures: Mapping[str, Measure]


def restarted(before: Reading, after: Reading) -> bool:
    """Whether the engine started anew between two readings: it says so, or something counted less than before."""
    if before.born is not None and after.born is not None and before.born != after.born:
        return True
    fewer = any(after.counters.get(name, inf) < value for name, value in before.counters.items())
    return fewer or any(
        after.histograms[name].n < buckets.n for name, buckets in before.histograms.items() if name in after.histograms
    )


def since_start(readings: Sequence[Reading], now: Reading) -> list[Reading]:
    """Those of the readings that are of the same start of the engine as the one now."""
    kept: list[Reading] = []
    for reading in reversed(readings):
        if restarted(reading, kept[-1] if kept else now):
            break
        kept.append(reading)
    return kept[::-1]


def window(before: Reading | None, now: Reading) -> Window:
    """What happened from one reading to another of the same start of the engine."""
    figures = {name: Measure(value, _gauge_unit(name), 1, missing=_MOMENT) for name, value in now.gauges.items()}
    if before is None:
        return Window(None, {**{name: Measure.none(unit, _ONE) for name, unit in _names(now)}, **figures})
    seconds = (now.at - before.at) / 1e9
    for name, value in now.counters.items():
        if name in _RATES and name in before.counters:
            figures[name] = _rate(value - before.counters[name], seconds, _RATES[name])
        elif name in _COUNTS and name in before.counters:
            figures[name] = Measure(value - before.counters[name], "count", 1, missing=_ALL)
    if "prefix_queries" in now.counters:
        figures["prefix_hit_rate"] = _hit_rate(before, now)
    for name, buckets in now.histograms.items():
        delta = _between(before.histograms.get(name), buckets)
        found = {f"{name}_{_label(q)}": _bucket_quantile(delta, q) for q in QUANTILES}
        figures |= {each: _alone(one) for each, one in found.items()} if name == "inter_token" else found
    return Window(seconds, figures)


_MOMENT = "what the engine says at one moment"
_ALL = "everything that the engine counted"
_GAPS = "gaps within one request depend on one another"
_ONE = "one reading since the engine started"


def _gauge_unit(name: str) -> str:
    return "requests" if name in ("running", "waiting") else "share"


def _names(now: Reading) -> Iterator[tuple[str, str]]:
    for name in now.counters:
        if name in _RATES:
            yield name, _RATES[name]
        elif name in _COUNTS:
            yield name, "count"
    if "prefix_queries" in now.counters:
        yield "prefix_hit_rate", "share"
    for name in now.histograms:
        yield from ((f"{name}_{_label(q)}", "s") for q in QUANTILES)


def _label(quantile: float) -> str:
    return f"p{quantile * 100:g}"


def _rate(count: float, seconds: float, unit: str) -> Measure:
    if seconds <= 0:
        return Measure.none(unit, "no time between two readings")
    return Measure(count / seconds, unit, int(count), missing=_ALL)


def _hit_rate(before: Reading, now: Reading) -> Measure:
    """The share of the prompts' tokens that were found; tokens of one prompt depend on one another."""
    queries, hits = (now.counters.get(n, 0.0) - before.counters.get(n, 0.0) for n in ("prefix_queries", "prefix_hits"))
    if queries <= 0:
        return Measure.none("share", "nothing was looked up in the prefix cache")
    return Measure(min(hits / queries, 1.0), "share", int(queries), missing=_ALL)


def _between(before: Buckets | None, now: Buckets) -> Buckets:
    if before is None or before.bounds != now.bounds:
        return now
    counts = tuple(b - a for a, b in zip(before.counts, now.counts, strict=True))
    return Buckets(now.bounds, counts, now.total - before.total)


def _alone(measure: Measure) -> Measure:
    """The estimate without an interval: gaps of one request depend on one another, and are not told apart."""
    return replace(measure, low=None, high=None, method="", missing=measure.missing if measure.value is None else _GAPS)


def _bucket_quantile(buckets: Buckets, quantile: float) -> Measure:
    """A quantile of observations of which only the buckets are known.

    The value is drawn evenly within its bucket, as Prometheus does. The interval's ends are ends of buckets between
    which the quantile lies: as wide as the buckets are, and of independent requests it covers no less than it says.
    """
    n = int(buckets.n)
    if n <= 0:
        return Measure.none("s", "nothing was observed")
    place = next(i for i, count in enumerate(buckets.counts) if count >= quantile * n * (1 - 1e-12))
    floor, start = (buckets.bounds[place - 1], buckets.counts[place - 1]) if place else (0.0, 0.0)
    end = buckets.bounds[place]
    inside = buckets.counts[place] - start
    if not isfinite(end):
        return Measure(None, "s", n, low=floor, missing=f"beyond the last bucket, {floor:g} s")
    value = floor + (end - floor) * ((quantile * n - start) / inside if inside else 1.0)
    ranks = quantile_ranks(n, quantile)
    if ranks is None:
        return Measure(value, "s", n, missing=f"{n} values are too few to tell this quantile's spread")
    low = next(i for i, count in enumerate(buckets.counts) if count >= ranks[0])
    high = next(i for i, count in enumerate(buckets.counts) if count >= ranks[1])
    if not isfinite(buckets.bounds[high]):
        return Measure(value, "s", n, missing=f"the interval reaches beyond the last bucket, {buckets.bounds[-2]:g} s")
    return Measure(value, "s", n, buckets.bounds[low - 1] if low else 0.0, buckets.bounds[high], method=BUCKETS)
