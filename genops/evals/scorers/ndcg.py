"""``ndcg``: whether the relevant passages come first."""

from __future__ import annotations

import math

from genops.artifacts import Value
from genops.evals.sample import ScoringContext
from genops.evals.score import Score
from genops.evals.scorer import scorer
from genops.evals.scorers.relevance import Depth, Relevant, matches, searched


@scorer("ndcg")
async def ndcg(output: Value, relevant: Relevant, *, k: Depth = None, context: ScoringContext) -> Score:
    """nDCG with a gain of 1 for each relevant thing, where it is found first (Järvelin and Kekäläinen 2002).

    Args:
        output: Not looked at.
        relevant: As for ``context_recall``.
        k: How many passages from the first are looked at.
        context: Gives the passages; those of several searches stand one after the other.
    """
    hits = await searched(context, relevant, k)
    left, gain = list(dict.fromkeys(relevant)), 0.0
    ideal = sum(_discount(rank) for rank in range(1, min(len(left), k or len(left)) + 1))
    for rank, hit in enumerate(hits, start=1):
        found = next((wanted for wanted in left if matches(wanted, hit)), None)
        if found is not None:
            left.remove(found)
            gain += _discount(rank)
    return Score(min(1.0, gain / ideal))


def _discount(rank: int) -> float:
    return 1 / math.log2(rank + 1)
