"""What a load measured: quantiles, rates and failures, each with its unit, n and interval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from genops.evals.summary import Measure
from genops.serving.load.pacing import Load, Measured
from genops.serving.load.sending import Timing
from genops.stats import Interval, cluster_quantile_interval, mean_interval, proportion_interval
from genops.stats.order_statistics import order_statistic_interval

QUANTILES = (0.5, 0.95, 0.99)
LATENCIES = ("ttft", "inter_token", "per_token", "end_to_end")
SLICES = 10
_BLOCKS = 20
_LEAST_IN_A_BLOCK = 5
_SILENT = "the server does not say how many tokens there are"


@dataclass(frozen=True, slots=True)
class LoadFigures:
    """A load and what it measured.

    Attributes:
        load: Which.
        answered: Requests with a whole answer; everything but ``failed_share`` is of these.
        errors: Failures by the type of the error: apart from the latencies, which failing fast would flatter.
        example: Message of the first failure; "" for none.
        figures: By name: ``ttft_p95``, ``output_tokens``, ….
    """

    load: Load
    answered: int
    errors: Mapping[str, int]
    example: str
    figures: Mapping[str, Measure]

    @property
    def name(self) -> str:
        """The load as people call it."""
        return f"{self.load.level:g} {self.load.unit}"


def figures_of(measured: Measured) -> LoadFigures:
    """What a load measured."""
    timings = measured.timings
    answered = [timing for timing in timings if not timing.error]
    failed = [timing for timing in timings if timing.error]
    blocks = blocks_of(len(answered))
    figures: dict[str, Measure] = {}
    for name, values in _latencies(answered).items():
        for quantile in QUANTILES:
            figures[f"{name}_p{quantile * 100:g}"] = _quantile(values, blocks, quantile)
    figures |= _rates(measured)
    figures["input_length"] = _mean([timing.input_tokens for timing in answered])
    figures["output_length"] = _mean([timing.output_tokens for timing in answered])
    late = [timing.sent - timing.intended for timing in timings]
    figures["late_p99"] = _quantile([[value] for value in late], blocks_of(len(late)), 0.99)
    figures["failed_share"] = Measure.of(proportion_interval(len(failed), len(timings)), "share")
    errors = dict(Counter(timing.error for timing in failed).most_common())
    return LoadFigures(measured.load, len(answered), errors, failed[0].message if failed else "", figures)


def blocks_of(n: int) -> NDArray[np.int64]:
    """The block of each of n requests that follow one another: those that queue together depend on one another."""
    blocks = max(1, min(_BLOCKS, n // _LEAST_IN_A_BLOCK))
    return (np.arange(n) * blocks // max(n, 1)).astype(np.int64)


def _latencies(answered: Sequence[Timing]) -> dict[str, list[list[float]]]:
    """Seconds of each request; of ``inter_token`` all its gaps."""
    return {
        "ttft": [[timing.ttft] for timing in answered],
        "inter_token": [np.diff(timing.pieces).tolist() for timing in answered],
        "per_token": [[] if timing.per_token is None else [timing.per_token] for timing in answered],
        "end_to_end": [[timing.end_to_end] for timing in answered],
    }


def _quantile(values: Sequence[Sequence[float]], blocks: NDArray[np.int64], quantile: float) -> Measure:
    """A quantile with the wider of two intervals: of independent values, and of blocks that depend inside.

    Where a request has several values only the second one is right, and stands alone.
    """
    flat = np.array([value for one in values for value in one])
    if not len(flat):
        return Measure.none("s", "no answer with two pieces" if len(values) else "no answers")
    clusters = np.array([block for one, block in zip(values, blocks, strict=True) for _ in one])
    alone = order_statistic_interval(flat, quantile)
    if len(set(clusters.tolist())) < 2:
        return Measure.of(alone, "s")
    together = cluster_quantile_interval(flat, quantile, clusters)
    if len(flat) > len(values):
        return Measure.of(together, "s", (0.0, np.inf))
    return Measure.of(_wider(alone, together), "s", (0.0, np.inf))


def _wider(alone: Interval, together: Interval) -> Interval:
    if alone.bounds is None or together.bounds is None:
        return alone
    bounds = (min(alone.bounds[0], together.bounds[0]), max(alone.bounds[1], together.bounds[1]))
    return Interval(alone.estimate, bounds, alone.level, alone.n, "order statistics or blocks, the wider")


def _rates(measured: Measured) -> dict[str, Measure]:
    """Requests and tokens a second, from the first measured request that was due to the last one.

    What comes after that is a server that runs empty, and no longer the load. Batch means give the interval: the
    spread of equal slices of that time.
    """
    ends = [timing.intended for timing in measured.timings]
    answered = [timing for timing in (*measured.warmup, *measured.timings) if not timing.error]
    if len(answered) < 2 or max(ends) <= min(ends):
        return {name: Measure.none(unit, "too few requests") for name, unit in _UNITS.items()}
    edges = np.linspace(min(ends), max(ends), SLICES + 1)
    return {name: _rate(answered, name, edges) for name in _UNITS}


_UNITS = {"requests": "requests/s", "input_tokens": "tokens/s", "output_tokens": "tokens/s"}
_When = Callable[[Timing], tuple[list[float], float | None]]
_MOMENTS: dict[str, _When] = {
    "requests": lambda timing: ([timing.ended], 1.0),
    "input_tokens": lambda timing: ([timing.ended if timing.first is None else timing.first], timing.input_tokens),
    "output_tokens": lambda timing: (timing.pieces or [timing.ended], timing.output_tokens),
}


def _rate(answered: Sequence[Timing], name: str, edges: NDArray[np.float64]) -> Measure:
    """An amount a second; that of a request is spread over the moments at which it came."""
    moments: list[float] = []
    amounts: list[float] = []
    for timing in answered:
        times, amount = _MOMENTS[name](timing)
        if amount is None:
            return Measure.none(_UNITS[name], _SILENT)
        moments += times
        amounts += [amount / len(times)] * len(times)
    slices, _ = np.histogram(moments, edges, weights=amounts)
    found = mean_interval(slices / np.diff(edges)).within(0.0, inf)
    n = round(float(slices.sum()))
    named = Interval(found.estimate, found.bounds, found.level, n, f"batch means of {SLICES} slices", found.missing)
    return Measure.of(named, _UNITS[name])


def _mean(values: Sequence[int | None]) -> Measure:
    known = [float(value) for value in values if value is not None]
    if not known:
        return Measure.none("tokens", _SILENT if values else "no answers")
    return Measure.of(mean_interval(known), "tokens", (0.0, np.inf))
