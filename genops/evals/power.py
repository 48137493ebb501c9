"""How many cases a wished-for difference needs, with the spread that an earlier evaluation had."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import ceil, sqrt
from typing import Any

import numpy as np

from genops.errors import UsageError, nearest
from genops.evals.summary import MetricSpec, Tally
from genops.evals.summary.comparison import paired_values
from genops.evals.summary.metric import case_values
from genops.stats import FiniteDataset
from genops.stats.power import FixedPlan, SequentialPlan, cases_for_mean, sequential_cases

_RUNS = 500
_LEAST_RUNS = 50
_VALUES = 5_000_000
_BUDGET = 6
_LEAST_BUDGET = 300
_FEWEST = 2
_MOST = 1_000_000  # of which one simulated run holds a gigabyte


@dataclass(frozen=True, slots=True)
class Spread:
    """How far differences between two variants scatter over cases.

    Attributes:
        deviation: Standard deviation of the paired differences.
        ends: Between which every difference lies.
        n: Cases that it was measured on; 0 where it was given.
        source: Where it is from.
    """

    deviation: float
    ends: tuple[float, float]
    n: int
    source: str


@dataclass(frozen=True, slots=True)
class PowerPlan:
    """How many cases it takes.

    Attributes:
        difference: That is to be told from none: of means, or from a gate's margin.
        spread: Of the differences.
        fixed: Of a test that looks once.
        sequential: Of the gate, which stops when it is certain.
        cases: Of the dataset that is claimed about; None for the population.
    """

    difference: float
    spread: Spread
    fixed: FixedPlan
    sequential: SequentialPlan
    cases: int | None

    def to_json(self) -> dict[str, Any]:
        """The plan as plain data."""
        return asdict(self)


def plan_cases(
    difference: float, spread: Spread, *, power: float = 0.8, alpha: float = 0.05, cases: int | None = None
) -> PowerPlan:
    """How many cases a difference needs.

    Args:
        difference: To be told from none; its sign does not matter.
        spread: Of the differences.
        power: To be reached by the test that looks once.
        alpha: How often a test may be wrong.
        cases: Of the dataset that is claimed about; None for the population.

    Raises:
        UsageError: There is no such difference or spread, or power or alpha is no share; or the gate would have to be
            simulated with too many cases.
    """
    size = abs(difference)
    low, high = spread.ends
    deviation = spread.deviation
    if spread.n:  # a few cases may scatter more than is possible in the long run
        deviation = min(deviation, sqrt(max(high - size, 0.0) * (size - low)))
    try:
        fixed = cases_for_mean(size, deviation, power, alpha)
        _check_feasible(size, fixed, cases)
        budget = cases or max(_LEAST_BUDGET, min(_BUDGET * fixed.n, _MOST))
        sequential = sequential_cases(
            size,
            deviation,
            0.0,
            budget,
            alpha,
            spread.ends,
            None if cases is None else FiniteDataset(cases),
            runs=max(_LEAST_RUNS, min(_RUNS, ceil(_VALUES / budget))),
        )
    except ValueError as error:
        raise UsageError(str(error)) from None
    return PowerPlan(difference, spread, fixed, sequential, cases)


def _check_feasible(size: float, fixed: FixedPlan, cases: int | None) -> None:
    """Refuses what would be simulated with more cases than fit in memory."""
    if cases is not None and cases > _MOST:
        raise UsageError(f"the gate is simulated with {_MOST:,} cases at most, not {cases:,}")
    if cases is None and fixed.n > _MOST:
        raise UsageError(
            f"a difference of {size:g} takes {fixed.n:,} cases where a test looks once; the gate is simulated with "
            f"{_MOST:,} at most",
            hint="wish for a larger difference",
        )


def measured_spread(tally: Tally, metric: str | None = None) -> Spread:
    """The spread of an earlier evaluation: of its first two variants' differences, case by case.

    With one variant there are no differences. Two variants whose scores have nothing in common would differ by the
    square root of two times as much as one scatters; those of like chains have much in common, and differ by less.

    Args:
        tally: The evaluation's samples.
        metric: Whose; default the first.

    Raises:
        UsageError: There is no such metric, it has no bound, or it tells no spread.
    """
    spec = _spec(tally, metric)
    if spec.ends is None:
        raise UsageError(
            f"{spec.name} has no upper bound, so that its mean cannot be gated", hint="choose another metric"
        )
    width = spec.ends[1] - spec.ends[0]
    first, *others = tally.arms
    source = f"evaluation {tally.record.id[:12]}, {spec.name}"
    if others:
        after, before = paired_values(spec, tally.side(others[0]), tally.side(first))
        values, factor = after - before, 1.0
        source += f", {others[0]} against {first}"
    else:
        _, values = case_values(spec, tally.arms[first], tally.cases)
        factor = sqrt(2)
        source += f", {first} alone, as if another variant's scores had nothing to do with its"
    deviation = factor * float(values.std(ddof=1)) if len(values) >= _FEWEST else 0.0
    if not deviation > 0 or not np.isfinite(deviation):
        raise UsageError(f"the scores of {spec.name} tell no spread: no two cases differ", hint="say --sd")
    return Spread(deviation, (-width, width), len(values), source)


def given_spread(deviation: float) -> Spread:
    """A spread that people say, of scores from 0 to 1."""
    return Spread(deviation, (-1.0, 1.0), 0, "as given, of scores from 0 to 1")


def _spec(tally: Tally, metric: str | None) -> MetricSpec:
    if metric is None:
        return next(iter(tally.specs.values()))
    if metric not in tally.specs:
        raise UsageError(f"the evaluation has no metric {metric!r}", hint=nearest(metric, tally.specs))
    return tally.specs[metric]
