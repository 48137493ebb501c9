"""``step_ran``: whether a step ran."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from genops.artifacts import Value
from genops.evals.sample import ScoringContext
from genops.evals.score import Score
from genops.evals.scorer import Names, scorer
from genops.evals.scorers.positions import steps_at


@scorer("step_ran", threshold=1.0)
async def step_ran(
    output: Value,
    step: Annotated[str, Names("step")],
    *,
    at_least: Annotated[int, Field(ge=1)] = 1,
    at_most: Annotated[int, Field(ge=1)] | None = None,
    context: ScoringContext,
) -> Score:
    """Whether a step ran, often enough and not too often: 1 or 0. A step that was skipped did not run.

    Args:
        output: Not looked at.
        step: Its name, or its position; ``*`` stands for any characters (``each[*]/answer``).
        at_least: The least number of times.
        at_most: The greatest; None for no bound.
        context: Gives the trace. A step whose result was reused from an earlier run counts as run.
    """
    times = len(steps_at(await context.trace(), step))
    fine = at_least <= times and (at_most is None or times <= at_most)
    return Score(float(fine), "", "" if fine else f"{step} ran {times} times", metadata={"times": times})
