"""``latency``: how long the run took."""

from __future__ import annotations

import math

from genops.artifacts import Value
from genops.evals.sample import Sample, ScoringContext
from genops.evals.score import Range, Score, Unscored
from genops.evals.scorer import scorer
from genops.tracing.quantities import seconds


@scorer("latency", range=Range(0.0, math.inf, lower_is_better=True))
async def latency(output: Value, *, sample: Sample, context: ScoringContext) -> Score:
    """Seconds from the start of the run to its end.

    Args:
        output: Not looked at.
        sample: Has the times.
        context: Tells whether a step's result was reused from an earlier run, in which case the time says nothing.
    """
    if any(span.attributes.get("genops.memo.hit") for span in (await context.trace()).spans):
        raise Unscored("results of an earlier run were reused, so the time says nothing", hint="run with --no-memo")
    return Score(sample.seconds, explanation=seconds(sample.seconds))
