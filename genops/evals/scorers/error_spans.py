"""``error_spans``: how much went wrong on the way."""

from __future__ import annotations

import math

from genops.artifacts import Value
from genops.evals.sample import ScoringContext
from genops.evals.score import Evidence, Range, Score
from genops.evals.scorer import scorer
from genops.tracing.view import error_text


@scorer("error_spans", range=Range(0.0, math.inf, lower_is_better=True), threshold=0.0)
async def error_spans(output: Value, *, context: ScoringContext) -> Score:
    """The number of failures in the run that an agent, a retry or a fallback got over.

    A failure that went up through several spans counts once, where it began.

    Args:
        output: Not looked at.
        context: Gives the trace.
    """
    trace = await context.trace()
    failed = [span for span in trace.spans if span.status == "error"]
    began = [span for span in failed if not any(child.status == "error" for child in trace.children(span))]
    return Score(float(len(began)), evidence=tuple(Evidence(error_text(span) or "", span.path) for span in began))
