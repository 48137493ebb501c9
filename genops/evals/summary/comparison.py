"""Two variants on the same cases: by how much they differ, whether that could be chance, and which cases moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from genops.evals.rules import PASSED
from genops.evals.summary.arms import Arm, floats, ints
from genops.evals.summary.cases import Cases
from genops.evals.summary.measure import Measure, case_means, mean_measure
from genops.evals.summary.metric import MetricSpec, case_values
from genops.stats import (
    clopper_pearson_interval,
    cluster_permutation_test,
    difference_e_value,
    e_benjamini_hochberg,
    holm,
    mcnemar_test,
)
from genops.stats.evidence import EVIDENCE

_Values: TypeAlias = tuple[NDArray[np.int64], NDArray[np.float64]]
Direction: TypeAlias = Literal["better", "worse", "same", "unclear"]
CorrectionName: TypeAlias = Literal["holm", "e-bh"]
ALPHA = 0.05
_MOVED = 10
_DRAWS = 40_000_000
_MOST_FLIPS = 9_999
_LEAST_FLIPS = 999
_PERMUTATION = "sign-flip permutation"
_ROUNDING, _NOTHING = 1e-9, 1e-12
"""The share of a value, and the amount, up to which a difference is rounding: three times 0.7 has a mean beside 0.7."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A case on which two variants differ.

    Attributes:
        case: Id of the case.
        before: The reference's value, over repeats.
        after: The variant's value.
        run_before: Id of the reference's run; empty where it is not known.
        run_after: Id of the variant's run.
    """

    case: str
    before: float
    after: float
    run_before: str
    run_after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A metric of a variant against that of the reference, on the cases that both have.

    Attributes:
        metric: Which.
        difference: The mean of variant minus reference, with its interval.
        relative: The difference as a share of the reference's mean; None where that is 0.
        e: E-value against "there is no difference"; None for scores without bounds.
        test: What gave ``p``; empty where nothing was tested.
        p: How likely so large a difference were, were it chance which is which; None where nothing was tested.
        adjusted: The same, corrected for all tests of the summary.
        direction: ``better`` or ``worse`` where ``adjusted`` is at most 0.05, ``same`` where no case moved.
        lower_is_better: Whether a smaller value is the better one.
        wins: Cases on which the variant is better.
        ties: Cases on which they are equal.
        losses: Cases on which the variant is worse.
        unpaired: Cases that only one of the two has a value for.
        moved: The cases that moved most, those that got worse first.
    """

    metric: str
    difference: Measure
    relative: float | None
    e: float | None
    test: str
    p: float | None
    adjusted: float | None
    direction: Direction
    lower_is_better: bool
    wins: int
    ties: int
    losses: int
    unpaired: int
    moved: tuple[Moved, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """A variant against a reference.

    Attributes:
        variant: Name of the variant.
        reference: Name of the variant that it is compared with.
        evaluation: Id of the other evaluation that the reference is of; empty for the same one.
        metrics: Each metric that both have.
        amounts: Seconds, dollars and tokens of the chain, of runs that reused nothing; not tested.
    """

    variant: str
    reference: str
    evaluation: str
    metrics: tuple[Difference, ...]
    amounts: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Correction:
    """How the tests of a summary were corrected together.

    Attributes:
        name: Of the correction.
        method: The same in words, with the error that it bounds.
        tests: What was tested together, as ``variant: metric``.
    """

    name: CorrectionName
    method: str
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Side:
    """An arm with the cases that it was run on."""

    arm: Arm
    cases: Cases


AMOUNTS = ("latency", "cost", "tokens")


def compare(after: Side, before: Side, specs: Mapping[str, MetricSpec], evaluation: str = "") -> Comparison:
    """Compares a variant with a reference, case by case.

    Args:
        after: The variant.
        before: The reference.
        specs: The metrics.
        evaluation: Id of the evaluation that the reference is of; empty for the same one.
    """
    match = _match(after.cases, before.cases)
    metrics = []
    seen: list[_Pairs] = []
    for spec in specs.values():
        pairs = _paired(case_values(spec, after.arm, after.cases), case_values(spec, before.arm, before.cases), match)
        if not len(pairs.after) or (spec.name == PASSED and any(pairs.equal(other) for other in seen)):
            continue  # `passed` says nothing new where one scorer alone tells what passes
        seen.append(pairs)
        metrics.append(_difference(spec, pairs, after, before))
    amounts = []
    for name in AMOUNTS:
        pairs = _paired(_amounts(name, after), _amounts(name, before), match)
        if len(pairs.after):
            spec = MetricSpec(name, name, 0.0, None, lower_is_better=True)
            amounts.append(_described(spec, pairs, after, before, _mean(pairs, after, before, spec.unit)))
    return Comparison(after.arm.name, before.arm.name, evaluation, tuple(metrics), tuple(amounts))


def paired_values(spec: MetricSpec, after: Side, before: Side) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A metric's values on the cases that both have: the variant's, and the reference's."""
    match = _match(after.cases, before.cases)
    pairs = _paired(case_values(spec, after.arm, after.cases), case_values(spec, before.arm, before.cases), match)
    return pairs.after, pairs.before


def corrected(
    comparisons: Sequence[Comparison], name: CorrectionName = "holm"
) -> tuple[tuple[Comparison, ...], Correction]:
    """The comparisons with the tests of all their metrics corrected for each other.

    ``holm`` bounds the probability of any false claim, by the p-values of tests that look once. ``e-bh`` bounds the
    share of false ones among the claims, by e-values, which hold however the evaluation was stopped; ``p`` is then the
    inverse of the e-value. Scores without bounds have none, and are not tested.
    """
    if name == "e-bh":
        comparisons = [replace(c, metrics=tuple(map(_by_evidence, c.metrics))) for c in comparisons]
    tested = [(c.variant, found) for c in comparisons for found in c.metrics if found.p is not None]
    correction = (
        e_benjamini_hochberg([found.e or 0.0 for _, found in tested], ALPHA)
        if name == "e-bh"
        else holm([found.p or 0.0 for _, found in tested], ALPHA)
    )
    adjusted = {id(found): value for (_, found), value in zip(tested, correction.adjusted, strict=True)}
    done = tuple(
        replace(c, metrics=tuple(_decided(found, adjusted.get(id(found))) for found in c.metrics)) for c in comparisons
    )
    return done, Correction(name, correction.method, tuple(f"{variant}: {found.metric}" for variant, found in tested))


def _by_evidence(found: Difference) -> Difference:
    if found.e is None:
        return replace(found, p=None, test="")
    return replace(found, p=1 / max(found.e, 1.0), test=EVIDENCE)


@dataclass(frozen=True)
class _Pairs:
    """Values of the same cases; ``places`` are those of the variant's cases, ``others`` of the reference's."""

    places: NDArray[np.int64]
    others: NDArray[np.int64]
    after: NDArray[np.float64]
    before: NDArray[np.float64]
    unpaired: int

    def equal(self, other: _Pairs) -> bool:
        """Whether the values are the same."""
        return np.array_equal(self.after, other.after) and np.array_equal(self.before, other.before)


def _match(after: Cases, before: Cases) -> NDArray[np.int64]:
    """For each case of the reference its place among the variant's, by id; -1 for none."""
    if after is before:
        return np.arange(len(before.ids))
    places = {case: place for place, case in enumerate(after.ids)}
    return np.array([places.get(case, -1) for case in before.ids], dtype=np.int64)


def _paired(after: _Values, before: _Values, match: NDArray[np.int64]) -> _Pairs:
    theirs = match[before[0]]
    _, ours, others = np.intersect1d(after[0], theirs, assume_unique=False, return_indices=True)
    unpaired = len(after[0]) + len(before[0]) - 2 * len(ours)
    new, old = after[1][ours], before[1][others]
    new = np.where(np.isclose(new, old, rtol=_ROUNDING, atol=_NOTHING), old, new)
    return _Pairs(after[0][ours], before[0][others], new, old, unpaired)


def _amounts(name: str, side: Side) -> _Values:
    """By case; of runs that reused nothing, as the others spared what they reused."""
    arm = side.arm
    values = {
        "latency": lambda: floats(arm.seconds),
        "cost": lambda: floats(arm.cost),
        "tokens": lambda: floats(arm.input_tokens) + floats(arm.output_tokens),
    }[name]()
    known = ~np.isnan(values) & arm.whole
    places, means, _ = case_means(values[known], side.cases.places(ints(arm.cases)[known]))
    return places, means


def _difference(spec: MetricSpec, pairs: _Pairs, after: Side, before: Side) -> Difference:
    clusters, weights = after.cases.clusters_of(pairs.places), _weights(pairs, after, before)
    differences = pairs.after - pairs.before
    unit = spec.unit
    ends = None if spec.ends is None else (spec.ends[0] - spec.ends[1], spec.ends[1] - spec.ends[0])
    if ends is not None and not differences.any():
        measure = _none_moved(len(differences), clusters, unit, ends)
    else:
        measure = mean_measure(differences, unit, clusters, weights, ends)
    test, p = _tested(pairs, differences, clusters, weights)
    codes = None if clusters is None else clusters.tolist()
    e = None if ends is None else difference_e_value(differences, ends[1], codes, weights)
    return replace(_described(spec, pairs, after, before, measure), test=test, p=p, e=e)


def _tested(
    pairs: _Pairs,
    differences: NDArray[np.float64],
    clusters: NDArray[np.int64] | None,
    weights: NDArray[np.float64] | None,
) -> tuple[str, float]:
    """The exact test of passes and failures, each case alone; else by flipping signs."""
    if clusters is None and weights is None and np.isin([pairs.before, pairs.after], (0.0, 1.0)).all():
        exact = mcnemar_test(pairs.before == 1, pairs.after == 1)
        return exact.method, exact.p
    resamples = min(_MOST_FLIPS, max(_LEAST_FLIPS, _DRAWS // len(differences)))
    codes = None if clusters is None else clusters.tolist()
    return _PERMUTATION, cluster_permutation_test(differences, codes, weights, resamples=resamples).p


def _none_moved(n: int, clusters: NDArray[np.int64] | None, unit: str, ends: tuple[float, float]) -> Measure:
    """No case moved: so few may move at all that the mean difference is at most so large."""
    groups = n if clusters is None else len(np.unique(clusters))
    reach = clopper_pearson_interval(0, groups)
    assert reach.bounds is not None
    most = reach.bounds[1] * ends[1]
    method = f"{reach.method}, no case moved"
    return Measure(0.0, unit, n, -most, most, method=method, clusters=None if clusters is None else groups)


def _weights(pairs: _Pairs, after: Side, before: Side) -> NDArray[np.float64] | None:
    """What each pair counts: it is there only where both of two draws came to it."""
    weights, drawn = after.cases.weights_of(pairs.places), before.cases.stands_for
    if drawn is None or before.cases is after.cases:
        return weights
    return drawn[pairs.others] if weights is None else weights * drawn[pairs.others]


def _mean(pairs: _Pairs, after: Side, before: Side, unit: str) -> Measure:
    clusters, weights = after.cases.clusters_of(pairs.places), _weights(pairs, after, before)
    return mean_measure(pairs.after - pairs.before, unit, clusters, weights)


def _described(spec: MetricSpec, pairs: _Pairs, after: Side, before: Side, measure: Measure) -> Difference:
    """What a difference is made of, before any test."""
    gain = (pairs.before - pairs.after) if spec.lower_is_better else (pairs.after - pairs.before)
    base = float(np.average(pairs.before, weights=_weights(pairs, after, before)))
    return Difference(
        metric=spec.name,
        difference=measure,
        relative=(measure.value or 0.0) / base if base else None,
        e=None,
        test="",
        p=None,
        adjusted=None,
        direction="unclear" if gain.any() else "same",
        lower_is_better=spec.lower_is_better,
        wins=int((gain > 0).sum()),
        ties=int((gain == 0).sum()),
        losses=int((gain < 0).sum()),
        unpaired=pairs.unpaired,
        moved=_moved(gain, pairs, after, before) if spec.name not in AMOUNTS else (),
    )


def _moved(gain: NDArray[np.float64], pairs: _Pairs, after: Side, before: Side) -> tuple[Moved, ...]:
    order = np.lexsort((gain, -np.abs(gain)))[:_MOVED]
    return tuple(
        Moved(
            after.cases.ids[pairs.places[at]],
            float(pairs.before[at]),
            float(pairs.after[at]),
            before.arm.run_of(int(before.cases.numbers[pairs.others[at]])),
            after.arm.run_of(int(after.cases.numbers[pairs.places[at]])),
        )
        for at in order.tolist()
        if gain[at]
    )


def _decided(found: Difference, adjusted: float | None) -> Difference:
    if adjusted is None or found.direction == "same":
        return replace(found, adjusted=adjusted)
    value = found.difference.value or 0.0
    good = value < 0 if found.lower_is_better else value > 0
    decided: Direction = "unclear" if adjusted > ALPHA else "better" if good else "worse"
    return replace(found, adjusted=adjusted, direction=decided)
