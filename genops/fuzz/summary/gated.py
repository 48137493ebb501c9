"""What a campaign says of its target where a gate decides."""

from __future__ import annotations

from collections.abc import Sequence

from genops.evals.gate import Verdict as GateVerdict
from genops.evals.rule_test import RuleVerdict
from genops.fuzz.summary.verdict import EXITS, Standing, Verdict, Word, counted_tries
from genops.tracing.quantities import counted

WORDS: dict[str, Word] = {"pass": "good", "fail": "bad", "undecided": "undecided"}
"""Of a gate's outcomes."""
_SAID = {"pass": "passed", "fail": "failed", "undecided": "undecided"}


def gated(gate: GateVerdict, infrastructure: int, allowed: Sequence[Standing] = ()) -> Verdict:
    """The verdict of a campaign whose gate decides; whatever was found beside it is a finding and no verdict.

    What the campaign allows of its robustness stands beside the gate: the worse of the two is the verdict.

    Args:
        gate: Where it stands.
        infrastructure: Tries of sweeps under which the infrastructure failed: with these it may decide another time.
        allowed: Where relations stand of which the campaign allows a figure.
    """
    word = WORDS[gate.outcome]
    if word == "undecided" and infrastructure:
        word = "unfinished"
    word = min((word, *(one.outcome for one in allowed)), key=list(EXITS).index)
    return Verdict(word, int(EXITS[word]), (*map(rule_words, gate.rules), *(one.reason for one in allowed)))


def ended_sweep(gate: GateVerdict | None, objective: str) -> bool:
    """Whether a gate is certain about an objective, so that the rest of its sweep is left out."""
    outcomes = {rule.outcome for rule in gate.rules if rule.metric == objective} if gate is not None else set()
    return "fail" in outcomes or outcomes == {"pass"}


def gate_words(gate: GateVerdict) -> str:
    """Where a gate stands, in one line."""
    seen = f"{gate.used:,} of {counted_tries(gate.samples)}"
    return f"gate {_SAID[gate.outcome]} after {seen} (alpha {gate.alpha:g}, about the {gate.about})"


def rule_words(rule: RuleVerdict) -> str:
    """Where a rule stands, in one line."""
    ends = "" if rule.low is None or rule.high is None else f" [{rule.low:z.3f}, {rule.high:z.3f}] at all times"
    estimate = "-" if rule.estimate is None else f"{rule.estimate:z.3f}"
    found = f"{estimate}{ends}" if rule.n else "no seed is complete"
    missing = f", {counted_tries(rule.missing)} without a score" if rule.missing else ""
    return f"{_SAID[rule.outcome]}: {rule.rule}: {found}, {counted(rule.n, 'seed')}{missing}"
