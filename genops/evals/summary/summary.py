"""The summary of an evaluation: everything that its reports show, every number with its unit, n and interval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genops.errors import UsageError, nearest
from genops.evals.gate import Verdict
from genops.evals.judges.labels import Labels
from genops.evals.rules import PASSED, Rule
from genops.evals.summary.arms import Arm, FailedSample, Failure, floats, ints
from genops.evals.summary.cases import Cases
from genops.evals.summary.comparison import Comparison, Correction, CorrectionName, Side, compare, corrected
from genops.evals.summary.cost_per_pass import CostPerPass, cost_per_pass
from genops.evals.summary.labelled import Labelled
from genops.evals.summary.measure import Distribution, distribution
from genops.evals.summary.metric import MetricSpec, MetricSummary, Unscored, metric_specs, metric_summary
from genops.evals.summary.pairs import PairSummary, PairTally, pair_summary
from genops.store import Store
from genops.store.records.evaluations import EvalRecord
from genops.tracing.quantities import counted

_KEPT = 20
_REASONS = 5
_KINDS: tuple[Failure, ...] = ("infrastructure", "bad", "unscored")


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of a variant's samples. One may be both bad and unscored, by different scorers.

    Attributes:
        planned: Samples that a whole evaluation makes.
        samples: Samples that were made.
        ok: Those whose run ended.
        infrastructure: Those whose infrastructure failed.
        unscored: Those that a scorer could not tell about.
        bad: Those whose output fails a threshold.
        errors: Failures of the infrastructure by the type of the error.
        reasons: Why scores are missing.
    """

    planned: int
    samples: int
    ok: int
    infrastructure: int
    unscored: int
    bad: int
    errors: Mapping[str, int]
    reasons: tuple[Unscored, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """What the runs of a variant used, or its judges.

    Attributes:
        cost: US dollars a sample.
        tokens: Input and output tokens a sample.
        input_tokens: In all.
        output_tokens: In all.
        latency: Seconds a sample; of judges, their answers one after the other.
    """

    cost: Distribution
    tokens: Distribution
    input_tokens: int
    output_tokens: int
    latency: Distribution


@dataclass(frozen=True, slots=True)
class VariantSummary:
    """One variant.

    Attributes:
        name: Of the variant.
        chain: Reference of its chain.
        lock: Digest of everything that shapes its answers.
        cases: Cases with a sample.
        counts: What became of the samples.
        metrics: By name, in the order of the suite.
        chain_usage: Of the chain's runs.
        judge_usage: Of the judges; None where none was asked.
        cost_per_pass: What the chain's runs cost for each sample that passes; None where nothing says what passes, or
            nothing costs anything.
        failures: The first samples that failed, of each kind.
    """

    name: str
    chain: str
    lock: str
    cases: int
    counts: Counts
    metrics: Mapping[str, MetricSummary]
    chain_usage: Usage
    judge_usage: Usage | None
    cost_per_pass: CostPerPass | None
    failures: tuple[FailedSample, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """An evaluation.

    Attributes:
        evaluation: Its id.
        suite: Name of the suite.
        name: What people called it; empty for none.
        status: ``running``, ``stopped`` or ``finished``.
        started: Nanoseconds since the epoch.
        ended: The same; None while it runs.
        revision: The git commit, with ``+`` after it where files were changed; empty outside of git.
        dataset: Name of the dataset.
        dataset_digest: Of its cases.
        cases: How many cases are asked.
        repeat: How often each.
        weighted: Whether cases weigh differently.
        clusters: How many clusters the cases make; None where each stands alone.
        variants: In the order of the suite.
        comparisons: Of each variant with the reference.
        correction: Of the comparisons' tests; None where nothing is compared.
        pairs: What verdicts on pairs of answers say; None where there are none.
        verdict: The gate's; None without a gate.
        notes: What one must know to read the numbers.
    """

    evaluation: str
    suite: str
    name: str
    status: str
    started: int
    ended: int | None
    revision: str
    dataset: str
    dataset_digest: str
    cases: int
    repeat: int
    weighted: bool
    clusters: int | None
    variants: tuple[VariantSummary, ...]
    comparisons: tuple[Comparison, ...]
    correction: Correction | None
    pairs: PairSummary | None
    verdict: Verdict | None
    notes: tuple[str, ...]

    def variant(self, name: str) -> VariantSummary:
        """The variant of a name.

        Raises:
            UsageError: There is none; the message lists the nearest.
        """
        found = next((variant for variant in self.variants if variant.name == name), None)
        if found is None:
            names = [variant.name for variant in self.variants]
            raise UsageError(f"the evaluation has no variant {name!r}", hint=nearest(name, names))
        return found

    def comparison(self, variant: str) -> Comparison | None:
        """How a variant compares with the reference; None where it is the reference."""
        return next((found for found in self.comparisons if found.variant == variant), None)

    def to_json(self) -> dict[str, Any]:
        """The summary as plain data."""
        return asdict(self)


@dataclass(frozen=True)
class Tally:
    """An evaluation's samples as numbers.

    Attributes:
        record: Of the evaluation.
        arms: By the variant's name.
        cases: That have samples.
        specs: The metrics.
        pairs: Verdicts on pairs of answers.
    """

    record: EvalRecord
    arms: Mapping[str, Arm]
    cases: Cases
    specs: Mapping[str, MetricSpec]
    pairs: PairTally = field(default_factory=PairTally)

    @classmethod
    def read(cls, store: Store, record: EvalRecord, data_dir: Path, *, keep: int = _KEPT) -> Tally:
        """Reads the samples of an evaluation, once and one by one.

        Args:
            store: That holds them.
            record: Of the evaluation.
            data_dir: The project's folder for data, where the dataset is kept.
            keep: How many failed samples of each kind to keep of each variant.
        """
        manifest = record.body["manifest"]
        arms = {entry["name"]: Arm(entry["name"]) for entry in manifest["variants"]}
        ids: dict[int, str] = {}
        pairs = PairTally()
        for sample in store.samples(record.id):
            ids[sample.case_number] = sample.case
            pairs.add(sample)
            arms.setdefault(sample.variant, Arm(sample.variant)).add(sample, keep)
        cases = Cases.read(ids, manifest, data_dir)
        names = dict.fromkeys(name for arm in arms.values() for name in arm.scores)
        found = cls(record, arms, cases, metric_specs(manifest, cases, names), pairs)
        total = record.body.get("weight") if (manifest.get("gate") or {}).get("about") == "dataset" else None
        return replace(found, cases=cases.as_drawn(total)) if total and found.made < found.planned else found

    @property
    def variants(self) -> list[str]:
        """Names of all variants of the evaluation, those included that are left out here."""
        return [entry["name"] for entry in self.record.body["manifest"]["variants"]]

    @property
    def baseline(self) -> str:
        """The variant that the gate compares with, where it does; else the first."""
        gate = self.record.body["manifest"].get("gate") or {}
        named = [Rule.parse(rule).baseline for rule in gate.get("rules", ())]
        return next((name for name in named if name in self.arms), next(iter(self.arms)))

    @property
    def made(self) -> int:
        """Samples that there are."""
        return sum(arm.samples for arm in self.arms.values())

    @property
    def planned(self) -> int:
        """Samples that a whole evaluation makes of these variants."""
        manifest = self.record.body["manifest"]
        return int(manifest["cases"] * manifest["repeat"] * len(self.arms))

    @property
    def stopped_by_gate(self) -> bool:
        """Whether the gate was certain before all samples were made."""
        return bool(self.record.verdict) and self.record.status == "finished" and self.made < self.planned

    def only(self, variant: str) -> Tally:
        """The samples of one variant."""
        return replace(self, arms={variant: self.arms[variant]})

    def side(self, variant: str) -> Side:
        """A variant with its cases."""
        return Side(self.arms[variant], self.cases)


def summarise(
    tally: Tally,
    *,
    reference: str | None = None,
    against: Tally | None = None,
    labels: Labels | None = None,
    correction: CorrectionName | None = None,
) -> Summary:
    """What an evaluation's samples say.

    Args:
        tally: The samples.
        reference: Name of the variant that the others are compared with; default the gate's baseline, else the first.
            With ``against``, one of its variants; default, for each variant the one of the same name there.
        against: Another evaluation to compare with.
        labels: Of people; those that name no variant are of the outputs of the first.

        correction: Of the comparisons' tests; default ``e-bh`` where a gate stopped one of the evaluations, as tests
            that look once do not hold then, else ``holm``.

    Raises:
        UsageError: There is no such variant.
    """
    record, manifest = tally.record, tally.record.body["manifest"]
    stopped = tally.stopped_by_gate or (against is not None and against.stopped_by_gate)
    comparisons, done = corrected(
        _comparisons(tally, reference, against), correction or ("e-bh" if stopped else "holm")
    )
    clusters = tally.cases.clusters
    return Summary(
        evaluation=record.id,
        suite=record.suite,
        name=record.name,
        status=record.status,
        started=record.started,
        ended=record.ended,
        revision=record.body.get("about", {}).get("revision", ""),
        dataset=manifest["dataset"]["name"],
        dataset_digest=manifest["dataset"]["digest"],
        cases=manifest["cases"],
        repeat=manifest["repeat"],
        weighted=tally.cases.weights is not None,
        clusters=None if clusters is None else len(np.unique(clusters)),
        variants=_variants(tally, labels),
        comparisons=comparisons,
        correction=done if comparisons else None,
        pairs=pair_summary(tally.pairs, tally.cases.cluster_of),
        verdict=Verdict.from_json(record.verdict) if record.verdict else None,
        notes=(*_notes(tally, labels), *_uncompared(comparisons)),
    )


def _comparisons(tally: Tally, reference: str | None, against: Tally | None) -> list[Comparison]:
    other = against or tally
    names = list(other.arms)
    if reference is not None and reference not in names:
        raise UsageError(f"the evaluation has no variant {reference!r}", hint=nearest(reference, names))
    found = []
    for variant in tally.arms:
        base = reference or (variant if against is not None and variant in names else other.baseline)
        if against is None and variant == base:
            continue
        evaluation = against.record.id if against is not None else ""
        found.append(compare(tally.side(variant), other.side(base), tally.specs, evaluation))
    return found


def _uncompared(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """Where another evaluation has nothing to compare a variant with."""
    for found in comparisons:
        if found.evaluation and not found.metrics:
            other = f"{found.reference} of {found.evaluation[:12]}"
            yield f"{found.variant} is not compared with {other}: no case has a score of the same name in both"


def _variants(tally: Tally, labels: Labels | None) -> tuple[VariantSummary, ...]:
    found = [_variant(tally, name) for name in tally.arms]
    if labels is not None:
        beside = Labelled(labels, tally.variants, tally.cases)
        found = [replace(one, metrics=beside.corrected(one.metrics, tally.arms[one.name])) for one in found]
    return tuple(found)


def _variant(tally: Tally, name: str) -> VariantSummary:
    arm, cases = tally.arms[name], tally.cases
    manifest = tally.record.body["manifest"]
    entry: dict[str, Any] = next((entry for entry in manifest["variants"] if entry["name"] == name), {})
    repeat = manifest["repeat"]
    return VariantSummary(
        name=name,
        chain=entry.get("chain", ""),
        lock=entry.get("lock", ""),
        cases=len({*arm.cases, *arm.error_cases}),
        counts=_counts(arm, manifest["cases"] * repeat),
        metrics={spec.name: metric_summary(spec, arm, cases, repeat) for spec in tally.specs.values()},
        chain_usage=_usage(arm, cases, arm.cost, arm.input_tokens, arm.output_tokens, arm.seconds, arm.whole),
        judge_usage=_usage(
            arm, cases, arm.judge_cost, arm.judge_input_tokens, arm.judge_output_tokens, arm.judge_seconds
        )
        if any(arm.judge_calls)
        else None,
        cost_per_pass=cost_per_pass(arm, cases) if PASSED in tally.specs else None,
        failures=tuple(failure for kind in _KINDS for failure in arm.failures.get(kind, ())),
    )


def _counts(arm: Arm, planned: int) -> Counts:
    errors = len(arm.error_cases)
    reasons = [
        Unscored(metric, reason, count)
        for metric, scores in arm.scores.items()
        if metric != PASSED
        for reason, count in sorted(scores.reasons.items(), key=lambda item: -item[1])
    ]
    by_type = dict(sorted(arm.errors.items(), key=lambda item: -item[1]))
    return Counts(planned, arm.samples, arm.samples - errors, errors, arm.unscored, arm.bad, by_type, tuple(reasons))


def _usage(
    arm: Arm,
    cases: Cases,
    cost: Any,
    input_tokens: Any,
    output_tokens: Any,
    seconds: Any,
    whole: NDArray[np.bool_] | None = None,
) -> Usage:
    places = cases.places(ints(arm.cases))
    tokens_in, tokens_out = floats(input_tokens), floats(output_tokens)

    def spread(values: NDArray[np.float64], unit: str) -> Distribution:
        return distribution(values, places, unit, cases.clusters, cases.weights, whole)

    return Usage(
        spread(floats(cost), "USD"),
        spread(tokens_in + tokens_out, "tokens"),
        int(tokens_in.sum()),
        int(tokens_out.sum()),
        spread(floats(seconds), "s"),
    )


def _notes(tally: Tally, labels: Labels | None) -> list[str]:
    record, notes = tally.record, []
    made, planned = tally.made, tally.planned
    gated = " --gate" if record.body["manifest"].get("gate") else ""
    again = f"genops eval run {record.suite}{gated} --resume"
    resume = f"`{again}` goes on with it, with the options that it was begun with"
    if record.status == "running":
        notes.append(f"it is running, or its process was killed: {made:,} of {planned:,} samples are there; {resume}")
    elif made < planned and not tally.stopped_by_gate:
        notes.append(f"it was stopped after {made:,} of {planned:,} samples; {resume}")
    elif made < planned:
        stopped = f"the gate stopped it after {made:,} of {planned:,} samples"
        notes.append(f"{stopped}: its own intervals and e-values allow for that, other intervals do not")
    errors = sum(len(arm.error_cases) for arm in tally.arms.values())
    if errors:
        decided = bool(record.verdict) and record.verdict["outcome"] != "undecided"
        notes.append(
            f"the infrastructure failed under {counted(errors, 'sample')}; "
            f"{'the verdict is certain without it' if decided else resume}"
        )
    reused = sum(map(sum, (arm.reused for arm in tally.arms.values())))
    if reused:
        spared = "what was used, and its differences, are told of the others alone (`--no-memo` reuses nothing)"
        notes.append(f"{counted(reused, 'sample')} reused results of earlier runs; {spared}")
    for reason, number in sorted(tally.pairs.reasons.items(), key=lambda item: -item[1])[:_REASONS]:
        notes.append(f"{counted(number, 'verdict')} on pairs of answers could not be told: {reason}")
    if tally.cases.missing:
        notes.append(tally.cases.missing)
    if labels is not None:
        notes += Labelled(labels, tally.variants, tally.cases).notes(list(tally.specs))
    return notes
