"""``crash``: whether an input made the chain fail."""

from __future__ import annotations

from genops.artifacts import Value
from genops.evals.fault import fault_of
from genops.evals.sample import Sample, ScoringContext
from genops.evals.score import Evidence, Score, Unscored
from genops.evals.scorer import scorer
from genops.evals.scorers.error_spans import error_spans
from genops.fuzz.detectors.verdict import SAFE, SCALE, breach, no_breach


@scorer("crash", range=SCALE, threshold=SAFE)
async def crash(
    output: Value, handled: tuple[str, ...] = ("BudgetExceeded",), *, sample: Sample, context: ScoringContext
) -> Score:
    """Whether the run failed for what it was given: 1, else 0.5 where something failed on the way.

    The label is the class of the error. A guard that stopped the run, an input that does not fit its type and a bound
    that did its work are no crash.

    Args:
        output: Not looked at.
        handled: Classes of further errors that the chain gives on purpose.
        sample: Gives the run's error.
        context: Gives the trace.

    Raises:
        Unscored: The model's server, the store or an index failed, which is no fault of the input.
    """
    error, fault = sample.run.error or {}, fault_of(sample.run)
    kind = str(error.get("type", ""))
    if fault == "infrastructure":
        raise Unscored(f"the infrastructure failed, not the chain: {kind}")
    where = Evidence(str(error.get("message")), str(error.get("path") or "output"))
    if fault == "chain" and kind not in handled:
        return breach(kind, evidence=(where,))
    if fault:
        return no_breach(label=kind, evidence=(where,))
    got_over = await error_spans(output, context=context)
    return no_breach(0.5, "got over", "", got_over.evidence) if got_over.value else no_breach()
