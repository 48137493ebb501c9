"""``tool_called``: whether a tool was called, with what."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from pydantic import Field

from genops.artifacts import Value
from genops.chains import LazyExpr, evaluate, is_true
from genops.evals.sample import Sample, ScoringContext
from genops.evals.score import Evidence, Score
from genops.evals.scorer import Names, as_text, scorer
from genops.evals.scorers.difference import Likeness
from genops.evals.scorers.tool_calls import ToolCall, tool_calls

Times = Annotated[int, Field(ge=0)] | None


@scorer("tool_called", threshold=1.0)
async def tool_called(
    output: Value,
    tool: Annotated[str, Names("tool")],
    *,
    arguments: dict[str, Any] | None = None,
    match: Literal["subset", "equal"] = "subset",
    where: LazyExpr = None,
    at_least: Times = None,
    at_most: Times = None,
    sample: Sample,
    context: ScoringContext,
) -> Score:
    """Whether a tool was called with the wanted arguments, often enough and not too often: 1 or 0.

    Args:
        output: Not looked at.
        tool: Its name, or what an agent's model calls it; an agent's searches and chains are tools too.
        arguments: What the call must have been given; None for anything.
        match: Whether further arguments may stand beside these, at any depth, or not.
        where: Condition over ``arguments``, ``result`` (None for a failed call) and the sample's variables.
        at_least: The least number of such calls: 1, or 0 when ``at_most`` is 0.
        at_most: The greatest; 0 for a tool that must not be called.
        sample: Gives the variables of ``where``.
        context: Gives the trace.
    """
    trace = await context.trace()
    calls = await asyncio.to_thread(lambda: [call for call in tool_calls(trace) if call.is_of(tool)])

    def wanted(call: ToolCall) -> bool:
        if arguments is not None and not _fits(dict(call.arguments), arguments, match):
            return False
        result = trace.value(call.span.output) if where is not None else None
        known = {**sample.variables(), "arguments": call.arguments, "result": result}
        return where is None or is_true(evaluate(where, known))

    good = await asyncio.to_thread(lambda: [call for call in calls if wanted(call)])
    least = (0 if at_most == 0 else 1) if at_least is None else at_least
    fine = least <= len(good) and (at_most is None or len(good) <= at_most)
    evidence = tuple(Evidence(as_text(dict(call.arguments)), call.span.path, note=call.name) for call in calls)
    explanation = "" if fine else f"{len(good)} such calls, of {len(calls)} of {tool}"
    return Score(float(fine), "", explanation, evidence, {"calls": len(good), "all_calls": len(calls)})


def _fits(found: Value, wanted: Any, match: str) -> bool:
    if match == "subset" and isinstance(found, dict) and isinstance(wanted, dict):
        return all(key in found and _fits(found[key], value, match) for key, value in wanted.items())
    return Likeness().difference(found, wanted) is None
