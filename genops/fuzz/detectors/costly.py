"""``costly``: whether an input made the run use more than it may."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from genops.artifacts import Value
from genops.evals.sample import ScoringContext
from genops.evals.score import Score, Unscored
from genops.evals.scorer import scorer
from genops.evals.scorers.cost import cost as cost_of
from genops.evals.scorers.tokens import tokens as tokens_of
from genops.evals.scorers.turns import turns as turns_of
from genops.fuzz.detectors.verdict import SAFE, SCALE, breach, no_breach

Bound = Annotated[float, Field(gt=0)] | None


@scorer("costly", range=SCALE, threshold=SAFE)
async def costly(
    output: Value,
    tokens: Bound = None,
    *,
    calls: Bound = None,
    turns: Bound = None,
    usd: Bound = None,
    context: ScoringContext,
) -> Score:
    """Whether the run used more than a bound: 1, else the greatest share of a bound.

    The label names the bound.

    Args:
        output: Not looked at.
        tokens: Of all model calls, input and output, at most.
        calls: Of models, at most, failed ones too.
        turns: Of all agents together, at most.
        usd: US dollars of all model calls, at most.
        context: Gives the trace.

    Raises:
        Unscored: No bound is set, or none is known to be passed and one is not known.
    """
    bounds = {"tokens": tokens, "calls": calls, "turns": turns, "usd": usd}
    shares: dict[str, float] = {}
    unknown: list[Unscored] = []
    for name, bound in bounds.items():
        if bound is not None:
            try:
                shares[name] = await _used(name, output, context) / bound
            except Unscored as error:
                unknown.append(error)
    worst = max(shares, key=shares.__getitem__, default="")
    if worst and shares[worst] > 1:
        return breach(worst, f"{shares[worst]:.3g} times the bound", metadata=shares)
    if unknown:
        raise unknown[0]
    if not worst:
        raise Unscored("nothing is bounded", hint="set `tokens`, `calls`, `turns` or `usd`")
    return no_breach(shares[worst], metadata=shares)


async def _used(name: str, output: Value, context: ScoringContext) -> float:
    if name == "tokens":
        return (await tokens_of(output, context=context)).value
    if name == "usd":
        return (await cost_of(output, context=context)).value
    if name == "calls":
        return float(sum(span.kind == "model" for span in (await context.trace()).spans))
    taken = (await turns_of(output, 1, context=context)).metadata["turns"]
    assert isinstance(taken, int)
    return float(taken)
