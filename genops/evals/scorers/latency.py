"""``latency``: how long the run took."""

from __future__ import annotations

import math

from genops.artifacts import Value
from genops.evals.sample import Sample, ScoringContext
from genops.evals.score import Range, Score, Unscored
from genops.evals.scorer import scorer
from genops.store.records.runs import RunRecord
from genops.tracing.quantities import seconds
from genops.tracing.telemetry import RESPONSE_CACHED
from genops.tracing.trace import Trace


@scorer("latency", range=Range(0.0, math.inf, lower_is_better=True))
async def latency(output: Value, *, sample: Sample, context: ScoringContext) -> Score:
    """Seconds from the start of the run to its end.

    Where the result of every step was reused from one earlier run, it is the time of that.

    Args:
        output: Not looked at.
        sample: Has the times.
        context: Tells what was reused.

    Raises:
        Unscored: Some results were reused, or an answer was kept in the response cache, so the time says nothing.
    """
    trace = await context.trace()
    if _is_cached(trace):
        raise Unscored("an answer came from the response cache, so the time says nothing", hint="run without --cache")
    if not _is_reused(trace):
        return Score(sample.seconds, explanation=seconds(sample.seconds))
    maker = _maker(trace)
    if maker is None:
        raise Unscored("some results of earlier runs were reused, so the time says nothing", hint="run with --no-memo")
    return Score(maker.seconds, explanation=f"{seconds(maker.seconds)}, when run {maker.id[:12]} made what was reused")


def _is_cached(trace: Trace) -> bool:
    return any(span.attributes.get(RESPONSE_CACHED) for span in trace.spans)


def _is_reused(trace: Trace) -> bool:
    return any(span.attributes.get("genops.memo.hit") for span in trace.spans)


def _maker(trace: Trace) -> RunRecord | None:
    """The one run that made the results of all steps, and ran no others; None where there is none such."""
    steps = _steps(trace)
    makers = set(steps.values())
    if len(makers) != 1 or "" in makers:
        return None
    made = trace.origins[makers.pop()]
    alike = _steps(made).keys() == steps.keys() and made.run.status == trace.run.status
    return made.run if alike and not _is_reused(made) and not _is_cached(made) else None


def _steps(trace: Trace) -> dict[str, str]:
    """Positions of the chain's own steps that ran, each with the run that its result was reused from, or nothing."""
    (root,) = trace.children(None)
    steps = (span for span in trace.children(root) if span.kind == "step" and span.status != "skipped")
    return {span.path: span.attributes.get("genops.memo.run", "") for span in steps}
