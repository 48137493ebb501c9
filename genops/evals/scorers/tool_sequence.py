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
from genops.evals.scorers.tool_calls import ToolCall, tool_calls


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
        tools: Names, or what the agent's model calls them; a tool that is called twice stands twice.
        match: Whether these and no others in this order, or in this order with others between, or in any order with
            others beside.
        context: Gives the trace.
    """
    trace = await context.trace()
    called = await asyncio.to_thread(lambda: [*tool_calls(trace)])
    fine = {"exact": _are, "in_order": _are_in_order, "any_order": _are_among}[match](tools, called)
    names = ", ".join(call.name for call in called)
    return Score(float(fine), explanation="" if fine else f"called: {names or 'nothing'}")


def _are(wanted: Sequence[str], called: Sequence[ToolCall]) -> bool:
    return len(wanted) == len(called) and all(map(ToolCall.is_of, called, wanted))


def _are_in_order(wanted: Sequence[str], called: Sequence[ToolCall]) -> bool:
    left = iter(called)
    return all(any(call.is_of(name) for call in left) for name in wanted)


def _are_among(wanted: Sequence[str], called: Sequence[ToolCall]) -> bool:
    """Each is another call: what is called by the very name first, then what is the tool under another one."""
    missing = Counter(wanted) - Counter(call.name for call in called)
    spare = Counter(wanted)
    others = Counter[str]()
    for call in called:
        if spare[call.name]:
            spare[call.name] -= 1
        else:
            others[call.target] += 1
    return not missing - others
