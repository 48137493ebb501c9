"""``tool_sequence``: whether the right tools were called in the right order."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Literal

from genops.artifacts import Value
from genops.evals.sample import ScoringContext
from genops.evals.score import Score
from genops.evals.scorer import Names, scorer
from genops.evals.scorers.tool_calls import tool_calls


@scorer("tool_sequence", threshold=1.0)
async def tool_sequence(
    output: Value,
    tools: Annotated[list[str], Names("tool")],
    *,
    match: Literal["exact", "in_order", "any_order"] = "exact",
    context: ScoringContext,
) -> Score:
    """Whether the run called these tools: 1 or 0. Calls of one turn stand in the order in which they were asked for.

    Args:
        output: Not looked at.
        tools: Names, as the agent's model or the chain calls them; a tool that is called twice stands twice.
        match: Whether these and no others in this order, or in this order with others between, or in any order with
            others beside.
        context: Gives the trace.
    """
    trace = await context.trace()
    called = await asyncio.to_thread(lambda: [call.name for call in tool_calls(trace)])
    fine = {
        "exact": called == tools,
        "in_order": _is_in_order(tools, called),
        "any_order": not Counter(tools) - Counter(called),
    }[match]
    return Score(float(fine), explanation="" if fine else f"called: {', '.join(called) or 'nothing'}")


def _is_in_order(wanted: Sequence[str], called: Sequence[str]) -> bool:
    left = iter(called)
    return all(name in left for name in wanted)
