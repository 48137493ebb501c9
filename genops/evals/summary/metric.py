"""One metric of one variant: its mean, its pass rate, what is missing, and what that could change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genops.errors import GenopsError
from genops.evals.rules import OVERALL, PASSED
from genops.evals.summary.arms import Arm, Scores, floats, ints
from genops.evals.summary.cases import Cases
from genops.evals.summary.measure import Histogram, Measure, case_means, mean_measure
from genops.evals.use import parse_uses, python_parsing
from genops.stats.repeats import share_of_choices

_UNITS = {"latency": "s", "cost": "USD", "tokens": "tokens"}
_TRIES = (2, 3, 5, 10, 20, 50, 100)


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """What a metric is.

    Attributes:
        name: What its scores are called.
        scorer: Which scorer gives them; empty for ``passed``.
        low: The least value.
        high: The greatest; None where there is none.
        lower_is_better: Whether a smaller value is the better one.
        threshold: The value that passes; None where nothing says.
    """

    name: str
    scorer: str
    low: float | None = 0.0
    high: float | None = 1.0
    lower_is_better: bool = False
    threshold: float | None = None

    @property
    def unit(self) -> str:
        """Of its values."""
        return "share" if self.name == PASSED else _UNITS.get(self.scorer, "score")

    @property
    def ends(self) -> tuple[float, float] | None:
        """Between which every value lies; None where one of the two is no bound."""
        return None if self.low is None or self.high is None else (self.low, self.high)

    @property
    def span(self) -> tuple[float, float]:
        """Between which every value lies, infinite where there is no bound."""
        return -inf if self.low is None else self.low, inf if self.high is None else self.high


@dataclass(frozen=True, slots=True)
class Unscored:
    """Scores that are missing for one reason.

    Attributes:
        metric: Which score.
        reason: What the scorer said.
        count: Of samples.
    """

    metric: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Tries:
    """What several tries at a case come to.

    Attributes:
        k: How many tries.
        any: pass@k, the share of cases of which at least one of k tries passes.
        all: pass^k, the share of cases of which all of k tries pass.
    """

    k: int
    any: Measure
    all: Measure


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """A metric of a variant.

    Attributes:
        spec: What it is.
        mean: Over cases, by their weights; repeats are averaged within a case first.
        bounds: Least and greatest that the mean would be were nothing missing; None for unbounded scores.
        pass_rate: Share of what passes the threshold; None where nothing says what passes.
        pass_bounds: Least and greatest that the pass rate would be were nothing missing.
        scored: Samples with a score.
        unscored: Samples that the scorer could not tell about.
        missing: Samples without a score: unscored, or the infrastructure failed.
        tries: pass@k and pass^k; empty without repeats.
        histogram: Of the scores; None where there are none.
        corrected: The mean corrected by human labels (prediction-powered), or why there is none; None without labels.
    """

    spec: MetricSpec
    mean: Measure
    bounds: tuple[float, float] | None
    pass_rate: Measure | None
    pass_bounds: tuple[float, float] | None
    scored: int
    unscored: int
    missing: int
    tries: tuple[Tries, ...] = ()
    histogram: Histogram | None = None
    corrected: Measure | None = None


def metric_specs(manifest: Mapping[str, Any], cases: Cases, names: Iterable[str]) -> dict[str, MetricSpec]:
    """What the metrics of an evaluation are, in the order of the suite, ``passed`` last.

    Args:
        manifest: Of the evaluation.
        cases: Whose own scorers are metrics too.
        names: Of the metrics that samples have.
    """
    specs = {entry["name"]: _suite_spec(entry) for entry in manifest["scorers"]}
    for raw in cases.own_scorers:
        try:
            use = parse_uses([raw], python_parsing([raw], "case"))[0]
        except GenopsError:
            continue
        values = use.scorer.range
        ends = (values.low, values.high if values.high < inf else None)
        specs.setdefault(use.name, MetricSpec(use.name, use.scorer.name, *ends, values.lower_is_better, use.threshold))
    for name in names:
        if name == OVERALL:
            specs[OVERALL] = MetricSpec(OVERALL, "")
        elif name != PASSED:
            specs.setdefault(name, MetricSpec(name, "", None, None))
    if any(spec.threshold is not None for spec in specs.values()):
        specs[PASSED] = MetricSpec(PASSED, "", threshold=1.0)
    return specs


def metric_summary(spec: MetricSpec, arm: Arm, cases: Cases, repeat: int) -> MetricSummary:
    """What a variant's samples say of a metric."""
    scores = arm.scores.get(spec.name, Scores())
    numbers, values, passes = scores.known()
    judged = ~np.isnan(passes)
    unscored = len(scores.values) - len(values)
    rated = bool(judged.any()) or (spec.threshold is not None and not len(values))
    return MetricSummary(
        spec=spec,
        mean=_mean(numbers, values, cases, spec.unit, spec.span),
        bounds=_bounds(spec.ends, scores, ints(arm.error_cases), cases),
        pass_rate=_mean(numbers[judged], passes[judged], cases, "share", (0.0, 1.0)) if rated else None,
        pass_bounds=_bounds((0.0, 1.0), scores, ints(arm.error_cases), cases, of_passes=True) if rated else None,
        scored=len(values),
        unscored=unscored,
        missing=unscored + len(arm.error_cases),
        tries=_tries(numbers[judged], passes[judged], cases, repeat) if rated and repeat > 1 else (),
        histogram=Histogram.of(values, spec.ends),
    )


def case_values(spec: MetricSpec, arm: Arm, cases: Cases) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The places of the cases that have a metric, and its mean over each case's repeats."""
    numbers, values, _ = arm.scores.get(spec.name, Scores()).known()
    places, means, _ = case_means(values, cases.places(numbers))
    return places, means


def _suite_spec(entry: Mapping[str, Any]) -> MetricSpec:
    low, high = entry["range"]
    return MetricSpec(entry["name"], entry["scorer"], low, high, entry["lower_is_better"], entry["threshold"])


def _mean(
    numbers: NDArray[np.int64],
    values: NDArray[np.float64],
    cases: Cases,
    unit: str,
    ends: tuple[float, float],
) -> Measure:
    if not len(values):
        return Measure.none(unit, "nothing is scored")
    places, means, _ = case_means(values, cases.places(numbers))
    return mean_measure(means, unit, cases.clusters_of(places), cases.weights_of(places), ends)


def _bounds(
    ends: tuple[float, float] | None,
    scores: Scores,
    errors: NDArray[np.int64],
    cases: Cases,
    *,
    of_passes: bool = False,
) -> tuple[float, float] | None:
    """The mean with everything that is missing at the one end, and at the other."""
    numbers = np.concatenate([ints(scores.cases), errors])
    if ends is None or not len(numbers):
        return None
    filled = np.concatenate([floats(scores.passes if of_passes else scores.values), np.full(len(errors), np.nan)])
    found = []
    for end in ends:
        places, means, _ = case_means(np.where(np.isnan(filled), end, filled), cases.places(numbers))
        found.append(float(np.average(means, weights=cases.weights_of(places))))
    return found[0], found[1]


def _tries(numbers: NDArray[np.int64], passes: NDArray[np.float64], cases: Cases, repeat: int) -> tuple[Tries, ...]:
    places, means, counts = case_means(passes, cases.places(numbers))
    passed = np.rint(means * counts).astype(np.int64)
    found = []
    for k in (*(k for k in _TRIES if k < repeat), repeat):
        enough = counts >= k
        there, tries, good = places[enough], counts[enough], passed[enough]
        clusters, weights = cases.clusters_of(there), cases.weights_of(there)
        any_passes = 1 - share_of_choices(tries - good, tries, k)
        all_pass = share_of_choices(good, tries, k)
        both = (mean_measure(v, "share", clusters, weights, (0.0, 1.0)) for v in (any_passes, all_pass))
        found.append(Tries(k, *both))
    return tuple(found)
