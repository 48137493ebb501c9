"""``turns``: how many turns an agent took."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from genops.artifacts import Value
from genops.evals.sample import ScoringContext
from genops.evals.score import Score, Unscored
from genops.evals.scorer import Names, scorer


@scorer("turns", threshold=1.0)
async def turns(
    output: Value,
    at_most: Annotated[int, Field(ge=1)],
    *,
    at_least: Annotated[int, Field(ge=0)] = 0,
    agent: Annotated[str | None, Names("agent")] = None,
    context: ScoringContext,
) -> Score:
    """Whether the run's agents took so many turns (model calls), all together: 1 or 0.

    Args:
        output: Not looked at.
        at_most: The most that will do.
        at_least: The least.
        agent: Name of the agent's step; None for all agents of the run.
        context: Gives the trace.
    """
    trace = await context.trace()
    agents = {span.number for span in trace.spans if span.kind == "agent" and agent in (None, span.name)}
    if not agents:
        raise Unscored("the run has no agent" + (f" {agent!r}" if agent else ""), hint="this needs an agent step")
    taken = sum(span.kind == "scope" and span.parent in agents for span in trace.spans)
    fine = at_least <= taken <= at_most
    return Score(
        float(fine), "", "" if fine else f"{taken} turns, not {at_least} to {at_most}", metadata={"turns": taken}
    )
