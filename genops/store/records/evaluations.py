"""Evaluations and their samples."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class EvalRecord:
    """One run of a suite.

    Attributes:
        id: 32 hexadecimal digits; how people name it.
        suite: Name of the suite.
        name: What people called it, to compare with later; empty for none.
        manifest: Digest of everything that its scores follow from.
        body: The manifest itself, and what the reports need beside it.
        started: Nanoseconds since the epoch.
        ended: None while it runs (or for ever, when the process was killed).
        status: ``finished`` says that nothing is left to do, ``stopped`` that something is: --resume goes on.
        verdict: The gate's, as the reports show it; empty without a gate.
    """

    id: str
    suite: str
    name: str
    manifest: str
    body: dict[str, Any]
    started: int
    ended: int | None = None
    status: Literal["running", "stopped", "finished"] = "running"
    verdict: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """One case, run once in an evaluation.

    Attributes:
        number: Position in the evaluation: unique, and the same when the evaluation is resumed.
        case: The case's id.
        case_number: Its position in the dataset, from 0.
        variant: Name of the variant.
        repeat: From 0.
        status: ``error`` says that the infrastructure failed, so that there is nothing to score.
        run: Id of the run, which names its trace; empty where there was none.
        output: Digest of the redacted output's payload.
        error: ``{"type", "message", "path"}`` of the failure; with scores, of a run that its case may decline.
        seconds: How long the run took.
        cost: US dollars; None when a price is unknown.
        input_tokens: Of the run.
        output_tokens: Of the run.
        scores: By name: ``{"value", "passed", "label", "explanation", "evidence", "metadata"}``, or
            ``{"unscored": why}``. ``passed`` is only there with a threshold, None where there is no score.
        judged: ``{"cost", "input_tokens", "output_tokens", "calls", "seconds"}`` of the judges.
        pairs: Verdicts on the output beside those of other variants: ``{"first", "second", "outcome", …}``, outcome 1
            where the first is the better one, 0.5 for a tie; or ``{"first", "second", "unscored": why}``.
        reused: Whether results of an earlier run took the place of steps or model calls, so that time, cost and tokens
            are not those of a whole run.
    """

    number: int
    case: str
    case_number: int
    variant: str
    repeat: int
    status: Literal["ok", "error"]
    run: str = ""
    output: str | None = None
    error: dict[str, Any] | None = None
    seconds: float = 0.0
    cost: float | None = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    scores: dict[str, Any] = field(default_factory=dict)
    judged: dict[str, Any] = field(default_factory=dict)
    pairs: list[dict[str, Any]] = field(default_factory=list)
    reused: bool = False
