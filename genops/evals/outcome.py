"""What became of a sample: which of the three kinds of failure it is, if any."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import nan
from typing import Any

from genops.evals.use import ScorerUse
from genops.store.records.evaluations import SampleRecord


def passed(sample: SampleRecord) -> float:
    """1 when every score with a threshold passes, 0 when one fails, NaN when that is not known."""
    if sample.status == "error":
        return nan
    passes = [score["passed"] for score in sample.scores.values() if "passed" in score]
    if False in passes:
        return 0.0
    return nan if None in passes else 1.0


def overall(scores: Mapping[str, Any], uses: Iterable[ScorerUse]) -> dict[str, Any] | None:
    """The weighted mean of a sample's bounded scores as a score: each from 0, its worst value, to 1, its best.

    Unscored where one of them is; None where nothing has weight.
    """
    weights, total = 0.0, 0.0
    for use in uses:
        values, score = use.scorer.range, scores.get(use.name)
        if not use.weight or not values.bounded or score is None:
            continue
        if "unscored" in score:
            return {"unscored": f"{use.name} is missing"}
        share = (score["value"] - values.low) / (values.high - values.low)
        total += use.weight * (1 - share if values.lower_is_better else share)
        weights += use.weight
    return {"value": total / weights} if weights else None


def infrastructure_failed(sample: SampleRecord) -> bool:
    """Whether the run, or what a scorer asked, failed for no fault of the output: to be made again."""
    told = (*sample.scores.values(), *sample.pairs)
    return sample.status == "error" or any(verdict.get("infrastructure") for verdict in told)


def is_bad(sample: SampleRecord) -> bool:
    """Whether the output fails a threshold."""
    return any(score.get("passed") is False for score in sample.scores.values())


def is_unscored(sample: SampleRecord) -> bool:
    """Whether a scorer could not tell."""
    return any("unscored" in score for score in sample.scores.values())


def failed(sample: SampleRecord) -> bool:
    """Whether it failed in any of the three ways."""
    return sample.status == "error" or is_bad(sample) or is_unscored(sample)
