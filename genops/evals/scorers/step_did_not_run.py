"""``step_did_not_run``: whether a step was left out."""

from __future__ import annotations

from typing import Annotated

from genops.artifacts import Value
from genops.evals.sample import ScoringContext
from genops.evals.score import Score
from genops.evals.scorer import Names, scorer
from genops.evals.scorers.positions import steps_at


@scorer("step_did_not_run", threshold=1.0)
async def step_did_not_run(output: Value, step: Annotated[str, Names("step")], *, context: ScoringContext) -> Score:
    """Whether no such step ran: 1 or 0.

    Args:
        output: Not looked at.
        step: Its name, or its position; ``*`` stands for any characters (``each[*]/answer``).
        context: Gives the trace.
    """
    ran = [span.path for span in steps_at(await context.trace(), step)]
    return Score(float(not ran), explanation=f"ran: {', '.join(ran[:5])}" if ran else "")
