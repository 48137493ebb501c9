"""The samples of an evaluation as numbers: one pass over the store, and a few numbers kept of each sample."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import nan
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from genops.evals.outcome import passed
from genops.evals.rules import PASSED
from genops.store.records.evaluations import SampleRecord

Failure: TypeAlias = Literal["infrastructure", "unscored", "bad"]
_REASONS = 50
_OTHERS = "other reasons"
_RUN = 16


@dataclass(frozen=True, slots=True)
class FailedScore:
    """A score that fails its threshold, or is missing.

    Attributes:
        metric: Which.
        value: None where there is none.
        why: The score's explanation, or why there is none.
    """

    metric: str
    value: float | None
    why: str


@dataclass(frozen=True, slots=True)
class FailedSample:
    """A sample that failed in one of the three ways; one may be both bad and unscored.

    Attributes:
        kind: Which way.
        case: Id of the case.
        variant: Name of the variant.
        repeat: Number of the repetition, from 0.
        run: Id of the run, which names its trace; empty where there was none.
        scores: The scores that fail, or are missing.
        error: What failed of the infrastructure; empty for nothing.
    """

    kind: Failure
    case: str
    variant: str
    repeat: int
    run: str
    scores: tuple[FailedScore, ...] = ()
    error: str = ""

    @property
    def why(self) -> str:
        """In one sentence, why it failed."""
        parts = []
        for score in self.scores:
            value = "" if score.value is None else f" {score.value:g}"
            parts.append(f"{score.metric}{value}{f' ({score.why})' if score.why else ''}")
        return self.error or "; ".join(parts)


@dataclass
class Scores:
    """One metric of one variant.

    Attributes:
        cases: Number of the case, a sample each.
        values: NaN where the scorer could not tell.
        passes: 1 or 0; NaN where nothing says what passes, or the scorer could not tell.
        reasons: Why samples are unscored, with counts.
    """

    cases: array[int] = field(default_factory=lambda: array("q"))
    values: array[float] = field(default_factory=lambda: array("d"))
    passes: array[float] = field(default_factory=lambda: array("d"))
    reasons: dict[str, int] = field(default_factory=dict)

    def add(self, case: int, score: Mapping[str, Any]) -> None:
        """Takes a score as it is stored."""
        self.cases.append(case)
        if "unscored" in score:
            self.values.append(nan)
            self.passes.append(nan)
            count_reason(self.reasons, str(score["unscored"]))
            return
        self.values.append(float(score["value"]))
        passed = score.get("passed")
        self.passes.append(nan if passed is None else float(passed))

    def known(self) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Case numbers, values and passes of the scored samples."""
        cases, values, passes = ints(self.cases), floats(self.values), floats(self.passes)
        there = ~np.isnan(values)
        return cases[there], values[there], passes[there]


@dataclass
class Arm:
    """The samples of one variant.

    Attributes:
        name: Of the variant.
        samples: How many were made.
        bad: Those that fail a threshold.
        unscored: Those that a scorer could not tell about.
        errors: Failures of the infrastructure, by the error's type.
        error_cases: Number of the case of each of them.
        cases: Number of the case of each sample that is there, as are the lists below.
        seconds: How long the run took.
        cost: US dollars; NaN where unknown.
        reused: Whether it reused results of an earlier run; its amounts are then not those of a whole run.
        input_tokens: Of the run.
        output_tokens: Of the run.
        judge_calls: Questions to judges, those included that got no verdict.
        judge_seconds: Until the judges had answered, one after the other.
        judge_cost: US dollars; NaN where unknown.
        judge_input_tokens: Of the judges.
        judge_output_tokens: Of the judges.
        runs: Ids of the runs, 16 bytes each.
        scores: By metric.
        failures: The first few of each kind.
    """

    name: str
    samples: int = 0
    bad: int = 0
    unscored: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    error_cases: array[int] = field(default_factory=lambda: array("q"))
    cases: array[int] = field(default_factory=lambda: array("q"))
    seconds: array[float] = field(default_factory=lambda: array("d"))
    cost: array[float] = field(default_factory=lambda: array("d"))
    reused: bytearray = field(default_factory=bytearray)
    input_tokens: array[float] = field(default_factory=lambda: array("d"))
    output_tokens: array[float] = field(default_factory=lambda: array("d"))
    judge_calls: array[float] = field(default_factory=lambda: array("d"))
    judge_seconds: array[float] = field(default_factory=lambda: array("d"))
    judge_cost: array[float] = field(default_factory=lambda: array("d"))
    judge_input_tokens: array[float] = field(default_factory=lambda: array("d"))
    judge_output_tokens: array[float] = field(default_factory=lambda: array("d"))
    runs: bytearray = field(default_factory=bytearray)
    scores: dict[str, Scores] = field(default_factory=dict)
    failures: dict[Failure, list[FailedSample]] = field(default_factory=dict)

    def add(self, sample: SampleRecord, keep: int) -> None:
        """Takes a sample.

        Args:
            sample: As it is stored.
            keep: How many failed samples of each kind to keep.
        """
        self.samples += 1
        failures = list(failures_of(sample))
        for failure in failures:
            kept = self.failures.setdefault(failure.kind, [])
            if len(kept) < keep:
                kept.append(failure)
        if sample.status == "error":
            count_reason(self.errors, error_type(sample))
            self.error_cases.append(sample.case_number)
            return
        kinds = {failure.kind for failure in failures}
        self.bad += "bad" in kinds
        self.unscored += "unscored" in kinds
        self._add_amounts(sample)
        for name, score in sample.scores.items():
            self.scores.setdefault(name, Scores()).add(sample.case_number, score)
        whole = passed(sample)
        self.scores.setdefault(PASSED, Scores()).add(
            sample.case_number,
            {"unscored": "another score is missing"} if whole != whole else {"value": whole, "passed": whole == 1},
        )

    def _add_amounts(self, sample: SampleRecord) -> None:
        judged = sample.judged
        self.cases.append(sample.case_number)
        self.seconds.append(sample.seconds)
        self.cost.append(nan if sample.cost is None else sample.cost)
        self.reused.append(sample.reused)
        self.input_tokens.append(sample.input_tokens)
        self.output_tokens.append(sample.output_tokens)
        judge_cost = judged.get("cost", 0.0)
        self.judge_calls.append(judged.get("calls", 0))
        self.judge_seconds.append(judged.get("seconds", 0.0))
        self.judge_cost.append(nan if judge_cost is None else judge_cost)
        self.judge_input_tokens.append(judged.get("input_tokens", 0))
        self.judge_output_tokens.append(judged.get("output_tokens", 0))
        self.runs += bytes.fromhex(sample.run) if len(sample.run) == 2 * _RUN else bytes(_RUN)

    @property
    def whole(self) -> NDArray[np.bool_]:
        """Which samples are of runs that reused nothing."""
        whole: NDArray[np.bool_] = np.frombuffer(self.reused, dtype=np.uint8) == 0
        return whole

    def run_of(self, case: int) -> str:
        """Id of the first run of a case; empty where there is none."""
        places = np.flatnonzero(ints(self.cases) == case)
        raw = bytes(self.runs[places[0] * _RUN : (places[0] + 1) * _RUN]) if len(places) else b""
        return raw.hex() if any(raw) else ""


def failures_of(sample: SampleRecord) -> Iterator[FailedSample]:
    """The ways in which a sample failed."""
    where = (sample.case, sample.variant, sample.repeat, sample.run)
    if sample.status == "error":
        yield FailedSample("infrastructure", *where, error=error_text(sample))
        return
    scores = sample.scores.items()
    bad = tuple(
        FailedScore(name, score["value"], score.get("explanation", ""))
        for name, score in scores
        if score.get("passed") is False
    )
    if bad:
        yield FailedSample("bad", *where, bad)
    unscored = tuple(FailedScore(name, None, str(score["unscored"])) for name, score in scores if "unscored" in score)
    if unscored:
        yield FailedSample("unscored", *where, unscored)


def error_type(sample: SampleRecord) -> str:
    """What kind of failure of the infrastructure it was."""
    return str((sample.error or {}).get("type") or "Error")


def error_text(sample: SampleRecord) -> str:
    """The failure of the run in a sentence."""
    error = sample.error or {}
    where = f" (at {error['path']})" if error.get("path") else ""
    return f"{error_type(sample)}: {error.get('message', '')}{where}"


def count_reason(reasons: dict[str, int], reason: str) -> None:
    """Counts a reason; however many there are, few are kept."""
    key = reason if reason in reasons or len(reasons) < _REASONS else _OTHERS
    reasons[key] = reasons.get(key, 0) + 1


def ints(values: array[int]) -> NDArray[np.int64]:
    """The numbers as numpy sees them, without a copy."""
    return np.frombuffer(values, dtype=np.int64) if len(values) else np.empty(0, np.int64)


def floats(values: array[float]) -> NDArray[np.float64]:
    """The numbers as numpy sees them, without a copy."""
    return np.frombuffer(values, dtype=np.float64) if len(values) else np.empty(0)
