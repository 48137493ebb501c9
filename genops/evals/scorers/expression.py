"""``expression``: any condition or number over a sample and its trace."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from pydantic import AfterValidator

from genops.artifacts import Value
from genops.chains import LazyExpr, evaluate, reads_of
from genops.evals.sample import Sample, ScoringContext
from genops.evals.score import Score, Unscored
from genops.evals.scorer import scorer
from genops.evals.scorers.span_view import SpanView
from genops.syntax import Expression


def _reads(value: Any) -> Any:
    if not isinstance(value, Expression) or value.constant:
        raise ValueError("there is nothing to evaluate: write one `{{ … }}`")
    return value


@scorer("expression", threshold=1.0)
async def expression(
    output: Value,
    expression: Annotated[LazyExpr, AfterValidator(_reads)],
    *,
    sample: Sample,
    context: ScoringContext,
) -> Score:
    """The value of an expression: 1 or 0 for true or false, or a number from 0 to 1.

    Args:
        output: What ``output`` is in the expression.
        expression: ``{{ … }}`` over the sample's variables (``output``, ``inputs``, ``expected``, ``metadata``,
            ``run``, …) and its trace: ``span['answer/model']`` is a span by its position, ``spans`` is all of them.
        sample: Gives the variables.
        context: Gives the trace, when the expression reads it.
    """
    variables: dict[str, Any] = {**sample.variables(), "output": output}
    if {"span", "spans"} & {read.root for read in reads_of(expression)}:
        trace = await context.trace()
        views = [SpanView(trace, span) for _, span in trace.walk()]
        variables |= {"spans": views, "span": {view.path: view for view in views}}
    value = await asyncio.to_thread(evaluate, expression, variables)
    if not isinstance(value, (bool, int, float)):
        raise Unscored(f"the expression gave {type(value).__name__}, not true, false or a number")
    return Score(float(value))
