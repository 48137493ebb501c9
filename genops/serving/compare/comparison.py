"""The comparison: a column of figures for each alias, each with unit, n and interval or where it is known from."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from genops.evals.summary import Measure, Summary, VariantSummary
from genops.models import Model
from genops.serving.compare.facts import Fact, Facts
from genops.settings import Price
from genops.store.records.serving import LoadTestRecord

LATENCIES = ("ttft_p50", "ttft_p95", "per_token_p95", "end_to_end_p95")
RATES = ("requests", "output_tokens")
_NONE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Score:
    """A metric of a suite for one alias.

    Attributes:
        value: With its interval.
        difference: From the first alias, on the cases that both have; None for that one itself.
        direction: ``better``, ``worse``, ``same`` or ``unclear``; "" for the first.
        p: Corrected for all tests of the comparison; None where nothing was tested.
    """

    value: Measure
    difference: Measure | None = None
    direction: str = ""
    p: float | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One alias.

    Attributes:
        alias: Its name.
        model: Provider and model.
        scores: By metric; empty without a suite.
        case_cost: US dollars a case of the suite; None without one.
        case_seconds: Median seconds a case of the suite; None without one.
        failed: Samples whose infrastructure failed, of how many; None without a suite.
        load: What the figures below are of: the load, its moment and its id; "" where there is no load test.
        figures: Of that load.
        facts: What is known without asking.
    """

    alias: str
    model: str
    scores: Mapping[str, Score]
    case_cost: Measure | None
    case_seconds: Measure | None
    failed: tuple[int, int] | None
    load: str
    figures: Mapping[str, Measure]
    facts: Facts


@dataclass(frozen=True, slots=True)
class Comparison:
    """Aliases side by side.

    Attributes:
        at: Nanoseconds since the epoch.
        suite: Name of the suite; "" for none.
        evaluation: Id of its evaluation.
        cases: How many were asked.
        candidates: In the order in which they were named; the first is what the others are compared with.
        notes: What one must know to read the numbers.
    """

    at: int
    suite: str
    evaluation: str
    cases: int
    candidates: tuple[Candidate, ...]
    notes: tuple[str, ...]

    @property
    def metrics(self) -> list[str]:
        """Of the suite, in its order."""
        return list(dict.fromkeys(name for one in self.candidates for name in one.scores))

    def to_json(self) -> dict[str, Any]:
        """The comparison as plain data."""
        return {**asdict(self), "candidates": [_plain(one) for one in self.candidates]}


def comparison(
    models: Sequence[Model],
    facts: Mapping[str, Facts],
    tests: Mapping[str, LoadTestRecord | None],
    summary: Summary | None,
    silent: Mapping[str, str] = _NONE,
) -> Comparison:
    """Puts together what is known of each alias.

    Args:
        models: The aliases.
        facts: Of each, by its name.
        tests: The load test of each; None for one that has none.
        summary: Of the suite; None for none.
        silent: Why an alias could not be loaded, by its name.
    """
    found = [_candidate(model, facts[model.name], tests[model.name], summary) for model in models]
    return Comparison(
        time.time_ns(),
        "" if summary is None else summary.suite,
        "" if summary is None else summary.evaluation,
        0 if summary is None else summary.cases,
        tuple(found),
        tuple(_notes(found, tests, silent)),
    )


def _candidate(model: Model, facts: Facts, test: LoadTestRecord | None, summary: Summary | None) -> Candidate:
    load, figures = ("", {}) if test is None else _load(test)
    variant = None if summary is None else summary.variant(model.name)
    usage = None if variant is None else variant.chain_usage
    return Candidate(
        model.name,
        model.alias.model,
        {} if variant is None or summary is None else _scores(variant, summary),
        None if usage is None else usage.cost.mean,
        None if usage is None else usage.latency.p50,
        None if variant is None else (variant.counts.infrastructure, variant.counts.samples),
        load,
        figures,
        facts,
    )


def _scores(variant: VariantSummary, summary: Summary) -> dict[str, Score]:
    beside = summary.comparison(variant.name)
    differences = {} if beside is None else {found.metric: found for found in beside.metrics}
    scores = {}
    for name, metric in variant.metrics.items():
        found = differences.get(name)
        if found is None:
            scores[name] = Score(metric.mean)
        else:
            scores[name] = Score(metric.mean, found.difference, found.direction, found.adjusted)
    return scores


def _load(test: LoadTestRecord) -> tuple[str, dict[str, Measure]]:
    """The load that does most of those that keep the objectives, if there are any that do."""
    loads = test.summary["loads"]
    fit = [load for load in loads if load["verdict"] in ("", "met")] or loads
    best = max(fit, key=lambda load: load["figures"]["output_tokens"]["value"] or 0.0)
    figures = {name: Measure(**best["figures"][name]) for name in (*LATENCIES, *RATES)}
    asked = test.manifest["asked"]
    return f"{best['level']:g} {best['unit']}, {asked}, load test {test.id[:12]}", figures


def _notes(
    candidates: Sequence[Candidate], tests: Mapping[str, LoadTestRecord | None], silent: Mapping[str, str]
) -> list[str]:
    notes = [f"{alias} could not be loaded: {why}" for alias, why in silent.items()]
    without = [one.alias for one in candidates if not one.load and one.alias not in silent]
    if without:
        notes.append(f"no load test of {', '.join(without)}: add --bench, or run `genops model bench`")
    loads = {(test.manifest["asked"], test.manifest["loop"]) for test in tests.values() if test is not None}
    if len(loads) > 1:
        notes.append("the load tests asked different things, so that latencies and rates do not compare: add --bench")
    return notes


def _plain(candidate: Candidate) -> dict[str, Any]:
    data = asdict(candidate)
    price = candidate.facts.price
    if isinstance(price.value, Price):
        data["facts"]["price"] = asdict(Fact(price.value.model_dump(), price.source))
    return data
