"""``tokens``: how many tokens the run's model calls used."""

from __future__ import annotations

import math
from typing import Literal

from genops.artifacts import Value
from genops.evals.sample import ScoringContext
from genops.evals.score import Range, Score, Unscored
from genops.evals.scorer import scorer
from genops.evals.scorers.model_use import model_use


@scorer("tokens", range=Range(0.0, math.inf, lower_is_better=True))
async def tokens(
    output: Value, count: Literal["total", "input", "output"] = "total", *, context: ScoringContext
) -> Score:
    """Tokens of the run's model calls; those of steps that were reused from an earlier run count too.

    Args:
        output: Not looked at.
        count: Which tokens.
        context: Gives the trace.

    Raises:
        Unscored: A provider did not say.
    """
    used = model_use(await context.trace())
    if used.uncounted:
        raise Unscored(f"the provider of {', '.join(used.uncounted)} does not say how many tokens it used")
    sums = {"input": used.input_tokens, "output": used.output_tokens, "total": used.input_tokens + used.output_tokens}
    return Score(float(sums[count]), metadata={"input": used.input_tokens, "output": used.output_tokens})
