"""``cost``: what the run's model calls cost."""

from __future__ import annotations

import math

from genops.artifacts import Value
from genops.evals.sample import ScoringContext
from genops.evals.score import Range, Score, Unscored
from genops.evals.scorer import scorer
from genops.evals.scorers.model_use import model_use
from genops.tracing.quantities import dollars


@scorer("cost", range=Range(0.0, math.inf, lower_is_better=True))
async def cost(output: Value, *, context: ScoringContext) -> Score:
    """US dollars of the run's model calls; those of steps that were reused from an earlier run count too.

    Args:
        output: Not looked at.
        context: Gives the trace.

    Raises:
        Unscored: A price is unknown.
    """
    used = model_use(await context.trace())
    if used.unpriced:
        raise Unscored(f"the price of {', '.join(used.unpriced)} is unknown", hint="give the alias a `price`")
    return Score(used.cost, explanation=dollars(used.cost))
